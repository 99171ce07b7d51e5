-- Version 8: what the scheduling team decides for days to come, and what each office was given of its share.

-- Rules that every plan of a channel keeps; the highest version counts. Without a row siaran.toml's hold.
create table planning_rules (
  channel         text    not null,               -- ChannelId
  version         integer not null check (version > 0), -- 1, 2, 3 …
  body            text    not null,               -- JSON: distances in seconds, shares, fixed events
  person_id       integer not null references people,  -- who saved them
  at_ms           integer not null,               -- when
  primary key (channel, version)
) strict, without rowid;

-- What is decided about one request; the highest version counts. Without a row the usual holds.
create table request_rules (
  case_id         integer not null references cases,   -- of which request
  version         integer not null check (version > 0), -- 1, 2, 3 …
  class           integer not null check (class between 0 and 3), -- how urgent; 0 highest
  minimum         integer not null check (minimum >= 0), -- plays a day that are promised
  separation_s    integer,                        -- between the starts of two plays; null: the channel's
  days            text    not null,               -- mon tue …: days of the week, one space between
  tags            text    not null,               -- what it shows, one space between
  person_id       integer not null references people,  -- who saved them
  at_ms           integer not null,               -- when
  primary key (case_id, version)
) strict, without rowid;

-- Days on which not everything that is approved may air.
create table day_modes (
  id              integer primary key,            -- its number
  channel         text    not null,               -- ChannelId
  mode            text    not null,               -- mourning | election_silence | ramadan | exam_quiet | disaster
  first_day       text    not null,               -- BroadcastDate
  last_day        text    not null,               -- BroadcastDate, included
  set_by          integer not null references people,  -- who ordered it
  set_at_ms       integer not null,               -- when
  ended_by        integer references people,      -- who took it back; null while in force
  ended_at_ms     integer                         -- when
) strict;

-- What a published revision gives each office that asked, and what the day's fair level would. The highest revision of
-- a day counts.
create table airtime (
  channel         text    not null,               -- ChannelId
  date            text    not null,               -- BroadcastDate
  revision        integer not null,               -- of that day's playlist
  office_id       integer not null references offices,  -- whose
  given_ms        integer not null,               -- airtime in the revision
  fair_ms         integer not null,               -- airtime at the fair level
  primary key (channel, date, revision, office_id)
) strict, without rowid;

create trigger planning_rules_are_kept before delete on planning_rules begin select raise(abort, 'rules are kept'); end;
create trigger request_rules_are_kept before delete on request_rules begin select raise(abort, 'rules are kept'); end;
create trigger day_modes_are_kept before delete on day_modes begin select raise(abort, 'day modes are kept'); end;
