-- Version 16: days that publish themselves.

-- A stretch of days that the scheduling team approved in advance; at most one of a channel is open.
create table horizons (
  id              integer primary key,            -- its number
  channel         text    not null,               -- ChannelId
  first_day       text    not null,               -- BroadcastDate
  last_day        text    not null,               -- BroadcastDate, included; it may become sooner
  approved_by     integer not null references people,  -- who approved it
  approved_at_ms  integer not null,               -- when
  warned_for      text,                           -- BroadcastDate: the day off that it does not reach, told last
  ended_by        integer references people,      -- who withdrew or replaced it; null while it holds
  ended_at_ms     integer                         -- when
) strict;
create unique index horizons_open on horizons (channel) where ended_at_ms is null;
create trigger horizons_are_kept before delete on horizons begin select raise(abort, 'horizons are kept'); end;

-- The version of a draft that its owner marked as ready to be published without anybody at work.
alter table drafts add column ready_version integer;
