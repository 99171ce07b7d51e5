-- Version 2: incidents that players note become rows, and a person may close one with a note.

alter table incidents add column key text not null default ''; -- what it is about: an episode that goes on keeps it; '' before version 2
alter table incidents add column closing_note text;            -- what the person who closed it wrote; null: recovery, or open
create index incidents_key on incidents (channel, key);

-- How far each player's incident log has been read.
create table incident_logs (
  channel           text    primary key,          -- ChannelId
  bytes_read        integer not null check (bytes_read >= 0), -- from its beginning
  first_line_sha256 blob    not null              -- of which log: another first line is another log
) strict, without rowid;
