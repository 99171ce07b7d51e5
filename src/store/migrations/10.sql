-- Version 10: the counter: what was handed over, scans of paper, and what was signed in ink.

-- That something was handed over at the counter.
create table receipts (
  id              integer primary key,            -- order of writing
  case_id         integer not null references cases,   -- for which request
  number          text    not null unique,        -- what is printed: 0001/TT/2026
  bearer          text    not null,               -- who brought it: corrected and erased here alone
  brought         text    not null,               -- what was brought, in the words of whoever took it
  person_id       integer not null references people,  -- who took it
  at_ms           integer not null                -- when
) strict;
create index receipts_of on receipts (case_id);

-- Scans of paper; the files lie in letters/.
create table scans (
  id              integer primary key,            -- order of writing
  case_id         integer not null references cases,   -- to which request it belongs
  kind            text    not null,               -- letter | signed | other
  sha256          blob    not null,               -- hash of the file, which is its name
  bytes           integer not null check (bytes > 0), -- its size
  name            text    not null,               -- what whoever sent it calls the file
  person_id       integer not null references people,  -- who added it
  at_ms           integer not null                -- when
) strict;
create index scans_of on scans (case_id);

-- Steps that were done by signing paper.
create table ink_signatures (
  case_id         integer not null references cases,   -- of which request
  version         integer not null,               -- the case's version after the step
  scan_id         integer not null references scans,   -- what shows the signature
  signed_on       text    not null,               -- the day written beside it
  person_id       integer not null references people,  -- who entered it
  at_ms           integer not null,               -- when it was entered
  primary key (case_id, version),
  foreign key (case_id, version) references case_moves (case_id, version) -- the step
) strict, without rowid;

create trigger scans_are_not_deleted before delete on scans begin select raise(abort, 'letters are never deleted by a machine'); end;
create trigger ink_signatures_are_not_deleted before delete on ink_signatures begin select raise(abort, 'signatures are kept'); end;
create trigger ink_signatures_are_not_updated before update on ink_signatures begin select raise(abort, 'signatures are kept'); end;
