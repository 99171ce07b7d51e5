-- Version 11: sessions in a studio, asked for by letter, and what the agency writes about them.

-- A request for a talkshow or a podcast. A corrected letter is a new row; the newest of a case counts. The person to be
-- called stands here alone, where it can be corrected and erased.
create table session_requests (
  id              integer primary key,            -- SessionRequestId
  case_id         integer not null references cases,   -- the request it belongs to
  revision        integer not null,               -- 1, 2, 3 … within the case; the highest counts
  filed_by        integer not null references people,  -- who entered it
  institution     text    not null,               -- who will sit in the studio
  topic           text    not null,               -- what it is about
  purpose         text    not null,               -- what it is for
  material        text    not null,               -- what is brought along: script, music, guests
  contact         text    not null,               -- whom to call
  duration_min    integer not null check (duration_min > 0), -- length of the session
  wanted_at_ms    integer not null,               -- when it should begin
  letter_number   text    not null,               -- the letter's own number; may be empty
  letter_date     text    not null,               -- YYYY-MM-DD
  form            text,                           -- the form on which it was sent; null: none
  filed_at_ms     integer not null,               -- when
  unique (case_id, revision)
) strict;
create index session_requests_form on session_requests (filed_by, form) where form is not null;

-- Numbered papers about a session: approval, schedule with guide, signed schedule. What is written stays.
create table papers (
  id              integer primary key,            -- PaperId
  case_id         integer not null references cases,   -- about which request
  document        text    not null,               -- which document of the standard
  request_id      integer not null references session_requests, -- the letter that it answers
  case_version    integer not null,               -- the case's version after the move by which it was issued
  number          text    not null unique,        -- from its series
  verify_code     text    unique,                 -- 128 random bits in hex, printed on it; null: it has none
  issued_by       integer not null references people,  -- who
  actor           text    not null,               -- in which position: ds.kadis
  form            text    not null,               -- held how: definitif | plh | plt
  issued_at_ms    integer not null,               -- when
  session_from_ms integer,                        -- first instant of the session that it announces; null: none yet
  session_until_ms integer,                       -- first instant after it
  unique (case_id, document, case_version)
) strict;
create trigger papers_are_not_updated before update on papers begin select raise(abort, 'an issued paper is never edited'); end;
create trigger papers_are_not_deleted before delete on papers begin select raise(abort, 'an issued paper is never edited'); end;

-- The move with whose act this one was done, where one person holds several rungs: one word for all of them.
alter table case_moves add column with_version integer;
