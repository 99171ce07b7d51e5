-- Version 15: two ways of making a house file may come to the same bytes: a film whose letter says another length, one
-- that fills the wall anyway, two walls of one format. The file is one; each way is known by itself.

create table clip_recipes (
  original_sha256 blob    not null,               -- what was made into a house file
  recipe_sha256   blob    not null,               -- how
  channel         text    not null,               -- for which channel
  clip_sha256     blob    not null references clips, -- what came of it
  primary key (original_sha256, recipe_sha256, channel)
) strict, without rowid;
insert or replace into clip_recipes
  select original_sha256, recipe_sha256, channel, sha256 from clips order by made_at_ms;
