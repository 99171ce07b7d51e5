-- Siaran's database, version 1; migrations/ has what later versions added, and a new home passes through all of them.
-- Instants are milliseconds since 1970-01-01T00:00:00Z (`_at_ms`); spans are half-open.
-- Hashes are the 32 bytes of a SHA-256. Rows that record an act are never updated or deleted; triggers see to it.

-- An office that sends requests.
create table offices (
  id              integer primary key,            -- OpdId
  name            text    not null unique,        -- as it stands on its letterhead
  opd_group       text    not null,               -- opd | vertical | village | own: shares go first between groups
  weight          integer not null check (weight between 1 and 1000), -- share within the group
  quota_bytes     integer not null check (quota_bytes >= 0),          -- most bytes of originals that it may keep here
  created_at_ms   integer not null,               -- when it was entered
  closed_at_ms    integer                         -- when it stopped sending; null while it may
) strict;

-- A human being who signs in.
create table people (
  id              integer primary key,            -- PersonId
  name            text    not null,               -- with academic titles, as letters print it
  email           text    not null unique,        -- what signs in; lower case
  office_id       integer references offices,     -- the office for which he or she sends requests
  password_hash   text,                           -- argon2id in PHC form; null until the invitation is used
  created_at_ms   integer not null,               -- when entered
  disabled_at_ms  integer                         -- when shut out; null while welcome
) strict;

-- Who holds which position, in which form, from when to when. A role is held by an appointment in force.
create table appointments (
  id              integer primary key,            -- AppointmentId
  person_id       integer not null references people,  -- who
  role            text    not null,               -- office | registry | verifier | head … (domain::people::Role)
  form            text    not null,               -- definitif | plh | plt
  from_at_ms      integer not null,               -- first instant in force
  until_at_ms     integer,                        -- first instant no longer in force; null: open
  given_by        integer references people       -- who appointed; null: the installation itself
) strict;
create index appointments_of on appointments (person_id);

-- One-time links: an invitation, or a new password. Only the hash of the token is here.
create table invites (
  token_hash      blob    primary key,            -- SHA-256 of the token
  person_id       integer not null references people,  -- whom it lets in
  created_at_ms   integer not null,               -- when it was made
  expires_at_ms   integer not null,               -- first instant at which it is void
  used_at_ms      integer,                        -- when it was used; null while it may be
  created_by      integer references people       -- who asked for it; null: the installation itself
) strict, without rowid;

-- Signed-in browsers. Only the hash of the cookie is here.
create table sessions (
  token_hash      blob    primary key,            -- SHA-256 of the cookie's token
  person_id       integer not null references people,  -- who
  created_at_ms   integer not null,               -- when signed in
  seen_at_ms      integer not null,               -- last use, to the minute
  expires_at_ms   integer not null,               -- end whatever the use
  ip              text    not null,               -- address that signed in, for the person's own list
  user_agent      text    not null,               -- browser that signed in, shortened
  revoked_at_ms   integer,                        -- when ended; null while alive
  revoked_why     text                            -- signed_out | password_changed | by_admin
) strict, without rowid;
create index sessions_of on sessions (person_id);

-- Definitions of public services, pinned: a case ends by the text with which it began.
create table standards (
  sha256          blob    primary key,            -- hash of the text
  service         text    not null,               -- ds.videotron
  version         integer not null,               -- the definition's own number
  body            text    not null,               -- the sop/1 file
  loaded_at_ms    integer not null                -- when first used
) strict, without rowid;

-- One request going through a service standard.
create table cases (
  id              integer primary key,            -- CaseId
  standard_sha256 blob    not null references standards,  -- the pinned definition
  office_id       integer not null references offices,    -- the applicant's office
  applicant_id    integer not null references people,     -- who filed it
  agenda_number   text    unique,                 -- number in the register; null before registration
  step            text    not null,               -- where it stands: a step, or an end
  version         integer not null,               -- moves so far; compared and swapped by each act
  opened_at_ms    integer not null,               -- when filed
  step_at_ms      integer not null,               -- since when it stands where it stands
  ended_at_ms     integer,                        -- when it reached an end; null while open
  outcome         text                            -- fulfilled | rejected | withdrawn | … of the end; null while open
) strict;
create index cases_of on cases (office_id);
create index cases_open on cases (step) where ended_at_ms is null;

-- Each act that moved a case.
create table case_moves (
  case_id         integer not null references cases,  -- which case
  version         integer not null,               -- its version after the move, 1, 2, 3 …
  from_step       text    not null,               -- the step that was done
  to_step         text    not null,               -- the step or end that followed
  choice          text    not null,               -- key of the edge taken
  kind            text    not null,               -- next | return | reject | end | lapse | …
  person_id       integer references people,      -- who acted; null: the installation itself
  actor           text    not null,               -- in which position: ds.kadis
  form            text    not null,               -- held how: definitif | plh | plt
  reason          text,                           -- why, where the edge wants a reason
  reason_salt     blob,                           -- salt of the reason's hash in the audit trail
  at_ms           integer not null,               -- when
  primary key (case_id, version)
) strict, without rowid;

-- A request to air one file, with its letter. A resubmission is a new row: approvals bind what was seen.
create table submissions (
  id              integer primary key,            -- SubmissionId
  case_id         integer not null references cases,   -- the request it belongs to
  revision        integer not null,               -- 1, 2, 3 … within the case; the highest counts
  filed_by        integer not null references people,  -- who uploaded
  channel         text    not null,               -- ChannelId on which it should air
  title           text    not null,               -- the clip's title
  letter_number   text    not null,               -- the office's own number; may be empty
  letter_date     text    not null,               -- YYYY-MM-DD
  description     text    not null,               -- what the clip shows
  play_s          integer not null check (play_s > 0),        -- seconds per play
  plays_per_day   integer not null check (plays_per_day > 0), -- plays a day that are asked for
  days            integer not null check (days > 0),          -- days of airing that are asked for
  first_day       text    not null,               -- BroadcastDate from which
  last_day        text    not null,               -- BroadcastDate to which, included
  preferred_from  text,                           -- local time of day; null: any
  preferred_to    text,                           -- local time of day; null: any
  declarations    text    not null,               -- requirement ids that were declared, sorted, one space between
  original_sha256 blob    not null,               -- hash of the uploaded file: media/inbox/<sha256>
  original_bytes  integer not null,               -- its size
  original_name   text    not null,               -- what the office called it, for people; never a path
  filed_at_ms     integer not null,               -- when
  unique (case_id, revision)
) strict;
create index submissions_original on submissions (original_sha256);

-- What acceptance said of an uploaded file for a channel.
create table inspections (
  submission_id   integer primary key references submissions,  -- of which submission
  verdict         text    not null,               -- accept | conform | refuse
  duration_ms     integer not null,               -- what really decoded
  has_sound       integer not null,               -- 1 if there is anything to hear
  reasons         text    not null,               -- JSON: code, severity, limit, value, at_ms, text_id, text_en
  inspected_at_ms integer not null                -- when
) strict;

-- A verifier's checklist, bound to the submission it was filled in for.
create table verifications (
  submission_id   integer not null references submissions,  -- what was looked at
  case_version    integer not null,               -- the case's version after the act
  points          text    not null,               -- JSON: point → true (holds) or false
  person_id       integer not null references people,  -- who looked
  at_ms           integer not null,               -- when
  primary key (submission_id, case_version)
) strict, without rowid;

-- The head of agency's word. Binds content, recipe, period and channel; anything else needs a new one.
create table approvals (
  id              integer primary key,            -- ApprovalId
  case_id         integer not null references cases,           -- for which request
  submission_id   integer not null unique references submissions, -- one approval for what was seen
  number          text    not null unique,        -- number of the letter
  verify_code     text    not null unique,        -- 128 random bits in hex, printed on the letter
  original_sha256 blob    not null,               -- the office's file
  recipe_sha256   blob    not null,               -- how the house file is derived from it
  channel         text    not null,               -- ChannelId
  valid_from_ms   integer not null,               -- first instant at which it may air
  valid_until_ms  integer not null,               -- first instant at which it may no longer
  approved_by     integer not null references people,  -- who
  form            text    not null,               -- definitif | plh | plt
  approved_at_ms  integer not null,               -- when
  revoked_at_ms   integer,                        -- when withdrawn; null while in force
  revoked_by      integer references people,      -- who withdrew it
  revoked_reason  text                            -- why
) strict;

-- A conformed file: media/house/<sha256>.mp4.
create table clips (
  sha256          blob    primary key,            -- hash of the house file
  original_sha256 blob    not null,               -- what it was made from
  recipe_sha256   blob    not null,               -- how
  channel         text    not null,               -- for which channel's house format
  frames          integer not null check (frames > 0), -- at the channel's rate
  still           integer not null,               -- 1 if its picture stands by nature: a freeze is no incident
  has_sound       integer not null,               -- 1 if there is anything to hear
  bytes           integer not null,               -- size of the house file
  integrated_lufs real,                           -- loudness of the house file; null: silent
  made_at_ms      integer not null                -- when
) strict, without rowid;

-- A title that can be planned.
create table assets (
  id              integer primary key,            -- AssetId
  title           text    not null,               -- for people
  office_id       integer not null references offices, -- whose
  kind            text    not null,               -- spot | filler
  channel         text    not null,               -- where it may air
  approval_id     integer not null unique references approvals, -- by whose word
  clip_sha256     blob    not null references clips,    -- what airs
  made_at_ms      integer not null                -- when it became playable
) strict;

-- Work that must survive a kill: taken with a lease, given back when the lease runs out.
create table jobs (
  id              integer primary key,            -- JobId
  kind            text    not null,               -- inspect | conform | preview
  submission_id   integer not null references submissions, -- on what
  state           text    not null,               -- waiting | done | failed
  attempts        integer not null,               -- times taken
  lease_until_ms  integer,                        -- taken until; null: free
  queued_at_ms    integer not null,               -- when asked for
  finished_at_ms  integer,                        -- when done or given up; null before
  trouble         text,                           -- why the last attempt failed
  unique (kind, submission_id)
) strict;
create index jobs_waiting on jobs (queued_at_ms) where state = 'waiting';

-- Room kept for an upload that is under way; swept when its file is nobody's any more.
create table uploads (
  name            text    primary key,            -- temporary file in media/inbox/
  office_id       integer not null references offices, -- whose quota
  reserved_bytes  integer not null,               -- how much
  started_at_ms   integer not null                -- when
) strict, without rowid;

-- Published revisions of broadcast days. The file is the truth; this row says who and when.
create table playlists (
  channel         text    not null,               -- ChannelId
  date            text    not null,               -- BroadcastDate, YYYY-MM-DD
  revision        integer not null check (revision > 0), -- 1, 2, 3 …
  parent          integer,                        -- the revision that it replaced; null: the first
  file_sha256     blob    not null,               -- of playlists/<channel>/<date>.r<n>.json
  published_by    integer references people,      -- who; null: the installation itself
  published_at_ms integer not null,               -- when
  primary key (channel, date, revision)
) strict, without rowid;

-- What was really on air, imported from players' journals.
create table as_run (
  channel         text    not null,               -- ChannelId
  seq             integer not null check (seq > 0), -- for the life of the channel
  run             text    not null,               -- the player's run
  item            text,                           -- ItemId planned; null: none
  kind            text    not null,               -- clip | fill | slate | live | emergency | none
  clip_sha256     blob,                           -- bytes on air; null: none
  planned_start_ns integer,                       -- nanoseconds since 1970; null: unplanned
  start_ns        integer not null,               -- first instant on air, nanoseconds since 1970
  end_ns          integer not null,               -- first instant off air, nanoseconds since 1970
  frames          integer not null,               -- frames shown
  held_frames     integer not null,               -- of them, repeats of the one before
  outcome         text    not null,               -- complete | cut | failed | joined | off_air | closed
  why             text,                           -- where the outcome needs a word
  hash            blob    not null,               -- the journal row's own hash
  imported_at_ms  integer not null,               -- when
  primary key (channel, seq)
) strict, without rowid;
create index as_run_time on as_run (channel, start_ns);

-- The monitoring team's conclusion on the airing of a request; the newest counts, the others are kept.
create table conclusions (
  id              integer primary key,            -- order of writing
  case_id         integer not null references cases,   -- on which request
  person_id       integer not null references people,  -- who wrote it
  body            text    not null,               -- in the team's words
  at_ms           integer not null                -- when
) strict;
create index conclusions_of on conclusions (case_id);

-- Something a person must know; never deleted.
create table incidents (
  id              integer primary key,            -- IncidentId
  channel         text,                           -- ChannelId; null: the whole installation
  kind            text    not null,               -- black | freeze | silence | lateness | lost | clock | item_failed | no_plan | ordered
  level           text    not null,               -- warning | critical
  opened_at_ms    integer not null,               -- when it began
  closed_at_ms    integer,                        -- when it ended; null while open
  closed_by       integer references people,      -- who closed it; null: recovery
  text_id         text    not null,               -- what happened and what to do, Indonesian
  text_en         text    not null                -- the same, English
) strict;
create index incidents_open on incidents (channel) where closed_at_ms is null;

-- Announcements waiting to be delivered, and those that were.
create table outbox (
  id              integer primary key,            -- order of writing
  way             text    not null,               -- page | mail
  person_id       integer references people,      -- to whom; null: to the office or role
  office_id       integer references offices,     -- to everyone of an office; null: not
  role            text,                           -- to whoever holds a role; null: not
  case_id         integer references cases,       -- about which request; null: none
  subject_id      text    not null,               -- heading, Indonesian
  subject_en      text    not null,               -- heading, English
  body_id         text    not null,               -- text, Indonesian
  body_en         text    not null,               -- text, English
  queued_at_ms    integer not null,               -- when written
  attempts        integer not null default 0,     -- deliveries tried
  delivered_at_ms integer,                        -- when delivered or read; null before
  trouble         text                            -- why the last attempt failed
) strict;
create index outbox_waiting on outbox (queued_at_ms) where delivered_at_ms is null;

-- Numbers taken in the transaction that uses them: gapless per series.
create table counters (
  series          text    primary key,            -- agenda/2026, persetujuan/2026 …
  last            integer not null                -- the number taken last
) strict, without rowid;

-- The audit trail: append-only, hash-chained. Ids and salted hashes, never personal data.
create table audit (
  seq             integer primary key,            -- 1, 2, 3 … without a gap
  body            text    not null,               -- RFC 8785 JSON of the event, with seq and time
  hash            blob    not null,               -- SHA-256 of the hash before in hex, newline, body
  case_id         integer generated always as (json_extract(body, '$.case')) virtual  -- for a case's own history
) strict;
create index audit_case on audit (case_id) where case_id is not null;

-- The newest row of the trail, so that a cut tail is seen.
create table audit_head (
  one             integer primary key check (one = 1), -- there is one head
  seq             integer not null,               -- its row
  hash            blob    not null                -- its hash
) strict;
insert into audit_head values (1, 0, zeroblob(32));

create trigger audit_is_not_updated before update on audit begin select raise(abort, 'the audit trail is append-only'); end;
create trigger audit_is_not_deleted before delete on audit begin select raise(abort, 'the audit trail is append-only'); end;
create trigger audit_head_stays before delete on audit_head begin select raise(abort, 'the audit trail is append-only'); end;
create trigger case_moves_are_not_deleted before delete on case_moves begin select raise(abort, 'moves of a case are kept'); end;
create trigger playlists_are_not_updated before update on playlists begin select raise(abort, 'a published revision is never edited'); end;
create trigger playlists_are_not_deleted before delete on playlists begin select raise(abort, 'a published revision is never edited'); end;
create trigger as_run_is_not_updated before update on as_run begin select raise(abort, 'as-run rows are kept as imported'); end;
create trigger as_run_is_not_deleted before delete on as_run begin select raise(abort, 'as-run rows are kept as imported'); end;
create trigger incidents_are_not_deleted before delete on incidents begin select raise(abort, 'incidents are never deleted'); end;
