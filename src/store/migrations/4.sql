-- Version 4: what an inspection found along a clip, small pictures of it, and what it looks like.

-- What was found along an uploaded file.
create table timelines (
  submission_id   integer primary key references submissions,  -- of which submission
  duration_ms     integer not null,               -- what really decoded
  marks           text    not null,               -- JSON: [[kind, start_ms, end_ms], …]
  curve_start_ms  integer not null,               -- when the first value of loudness begins
  curve_step_ms   integer not null,               -- between two values; 0: no sound
  curve           text    not null,               -- JSON: momentary loudness in tenths of LUFS
  likeness        blob    not null                -- 16 bytes for each second: what it looks like
) strict;

-- Small pictures of it: our own JPEGs.
create table stills (
  submission_id   integer not null references submissions,  -- of which submission
  at_ms           integer not null,               -- when it is shown
  jpeg            blob    not null,               -- the picture
  primary key (submission_id, at_ms)
) strict;

-- Earlier submissions of other requests with the same file or the same pictures.
create table alikes (
  submission_id   integer not null references submissions,  -- what was inspected
  earlier_id      integer not null references submissions,  -- what it is like
  same_file       integer not null,               -- 1 if byte for byte
  percent         integer not null check (percent between 0 and 100), -- of their pictures
  primary key (submission_id, earlier_id)
) strict, without rowid;
