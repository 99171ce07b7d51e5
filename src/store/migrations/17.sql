-- Version 17: words that were given orally.

-- The head's oral word on one submission, which airs on it until its end unless the paper comes. At most one each.
create table oral_approvals (
  id              integer primary key,            -- its number
  case_id         integer not null references cases,   -- for which request
  submission_id   integer not null unique references submissions,  -- for what was filed
  original_sha256 blob    not null,               -- the office's file
  recipe_sha256   blob    not null,               -- how the house file is derived from it
  channel         text    not null,               -- ChannelId: where it may air
  head_id         integer not null references people,  -- who gave it
  form            text    not null,               -- how that person held the position: definitif, plh, plt
  way             text    not null,               -- telephone, in_person, message
  reason          text    not null,               -- why it could not wait
  said_at_ms      integer not null,               -- when it was given
  entered_by      integer not null references people,  -- who wrote it down
  entered_at_ms   integer not null,               -- when: it holds from then on
  until_ms        integer not null check (until_ms > entered_at_ms),  -- first instant at which it does not hold
  ended_how       text check (ended_how in ('confirmed', 'withdrawn', 'expired')),  -- null while it waits for the paper
  ended_at_ms     integer,                        -- when; of an expired one its end
  ended_by        integer references people,      -- who withdrew it
  ended_reason    text,                           -- why
  approval_id     integer references approvals,   -- the paper that confirmed it
  cleared_at_ms   integer,                        -- when the published days were without it, once it ended
  check ((ended_how is null) = (ended_at_ms is null)),  -- an end has an instant
  check ((ended_how is 'confirmed') = (approval_id is not null))  -- only a confirmed one has its paper
) strict;
create trigger oral_approvals_are_kept before delete on oral_approvals begin select raise(abort, 'oral approvals are kept'); end;
create trigger oral_approvals_bind before update of case_id, submission_id, original_sha256, recipe_sha256, channel, head_id,
  form, way, reason, said_at_ms, entered_by, entered_at_ms, until_ms on oral_approvals
  begin select raise(abort, 'what an oral approval binds is never changed'); end;
create trigger oral_approvals_end_once before update of ended_how, ended_at_ms, approval_id on oral_approvals
  when old.ended_how is not null begin select raise(abort, 'an oral approval ends once'); end;
