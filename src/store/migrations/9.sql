-- Version 9: what happens to one day.

-- A relay, a lost hour, an emergency, a clip that is withdrawn for the rest of a day or that has to air now. Ended ones
-- hold up to their end; those that had not begun never held.
create table interruptions (
  id              integer primary key,            -- its number
  channel         text    not null,               -- ChannelId
  date            text    not null,               -- BroadcastDate
  kind            text    not null,               -- relay | dark | emergency | withdraw | urgent
  starts_at_ms    integer not null,               -- first instant
  ends_at_ms      integer not null check (ends_at_ms > starts_at_ms), -- first instant after
  title           text    not null,               -- for people; empty where a clip is meant
  source          text,                           -- address of a relay's live source
  submission_id   integer references submissions, -- the clip that is withdrawn or urgent
  plays           integer check (plays > 0),      -- of the urgent clip
  reason          text    not null,               -- why, for people
  over_revision   integer,                        -- the revision that stood when it was ordered; null: none
  set_by          integer not null references people,  -- who ordered it
  set_at_ms       integer not null,               -- when
  ended_by        integer references people,      -- who ended it; null while in force
  ended_at_ms     integer                         -- when
) strict;
create index interruptions_day on interruptions (channel, date);

create trigger interruptions_are_kept before delete on interruptions begin select raise(abort, 'interruptions are kept'); end;
