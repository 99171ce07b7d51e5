-- Version 6: plans that somebody changes by hand before they are published.

-- One day's plan on somebody's desk. At most one of a channel's day is open.
create table drafts (
  id              integer primary key,            -- for its edits
  channel         text    not null,               -- ChannelId
  date            text    not null,               -- BroadcastDate, YYYY-MM-DD
  version         integer not null,               -- counts changes and undoings; compared and swapped by each
  base            text    not null,               -- JSON: the planner's plays when it began, and the requests it knew
  started_by      integer not null references people,  -- who began it
  started_at_ms   integer not null,               -- when
  changed_by      integer not null references people,  -- who changed it last
  changed_at_ms   integer not null,               -- when
  ended_at_ms     integer,                        -- when it was published or thrown away; null: open
  revision        integer                         -- the revision that it became; null: open, or thrown away
) strict;
create unique index drafts_open on drafts (channel, date) where ended_at_ms is null;
create index drafts_published on drafts (channel, date) where revision is not null;

-- The changes of a draft, in order. The last one can be undone.
create table draft_edits (
  draft_id        integer not null references drafts,  -- of which draft
  seq             integer not null check (seq > 0), -- 1, 2, 3 …
  kind            text    not null,               -- move | remove | add | swap
  submission_id   integer not null references submissions, -- whose play
  start_ns        integer not null,               -- where it stands, nanoseconds since 1970
  to_ns           integer,                        -- move: where it goes; swap: where the other stands
  other_id        integer references submissions, -- swap: whose the other is
  person_id       integer not null references people,  -- who
  at_ms           integer not null,               -- when
  primary key (draft_id, seq)
) strict, without rowid;
