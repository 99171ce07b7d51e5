-- Version 3: originals go when their time to be kept is over; who asks for one is told since when it is gone.

create table disposals (
  original_sha256 blob    primary key,            -- which file, gone from media/inbox
  original_bytes  integer not null,               -- how large it was
  disposed_at_ms  integer not null                -- when
) strict, without rowid;
