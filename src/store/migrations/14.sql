-- Version 14: why an office weighs what it weighs.

-- Weights that offices were given after they were entered; the newest is the office's own.
create table office_weights (
  id              integer primary key,            -- in the order in which they were given
  office_id       integer not null references offices,  -- whose
  weight          integer not null check (weight between 1 and 1000), -- share within its group
  reason          text    not null,               -- why, for people
  person_id       integer not null references people,  -- who gave it
  at_ms           integer not null                -- when
) strict;
create index office_weights_office on office_weights (office_id);

create trigger office_weights_are_kept before delete on office_weights begin select raise(abort, 'weights are kept'); end;
