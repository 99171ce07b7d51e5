-- Version 12: studios are booked, and what happened in a session is told.

-- Reservations of studios.
create table bookings (
  id              integer primary key,            -- BookingId
  studio          text    not null,               -- StudioId
  case_id         integer references cases,       -- the request that it serves; null: booked by staff without one
  title           text    not null,               -- what is talked about
  start_ms        integer not null,               -- when people begin to speak
  end_ms          integer not null check (end_ms > start_ms), -- first instant after
  from_ms         integer not null check (from_ms <= start_ms), -- setting up begins
  until_ms        integer not null check (until_ms >= end_ms), -- first instant after taking down
  equipment       text    not null,               -- EquipmentIds, one space between
  state           text    not null check (state in ('hold', 'confirmed', 'cancelled', 'expired')), -- how far it is
  expires_at_ms   integer check ((expires_at_ms is null) = (state in ('confirmed', 'cancelled'))), -- hold: first instant at which it is free
  booked_by       integer not null references people,  -- who booked it
  version         integer not null check (version > 0), -- whoever changes it names this; 1, 2, 3 …
  form            text                            -- FormId, so that what is sent twice on one form is booked once
) strict;
create index bookings_time on bookings (from_ms);
create index bookings_case on bookings (case_id) where case_id is not null;
create index bookings_holds on bookings (expires_at_ms) where state = 'hold';
create unique index bookings_form on bookings (booked_by, form) where form is not null;

-- One row per resource per booking: room, each operator, each kind of equipment, the channel's live slot.
create table booking_claims (
  booking_id      integer not null references bookings, -- whose
  resource        text    not null,               -- room/… operator/… stock/… live/…
  capacity        integer not null check (capacity > 0), -- how many bookings may hold it at one instant
  from_ms         integer not null,               -- first instant
  until_ms        integer not null check (until_ms > from_ms), -- first instant after
  primary key (booking_id, resource)
) strict, without rowid;
create index booking_claims_resource on booking_claims (resource, from_ms, until_ms);

-- The second line behind the check that the desk makes in the same transaction. Use rises where a claim begins, so that
-- counting there is enough: at the new claim's own beginning, and at those that lie inside it.
create trigger booking_claims_fit before insert on booking_claims begin
  select raise(abort, 'the resource is taken') where exists (
    select 1 from (
      select new.from_ms as at union
      select from_ms from booking_claims
      where resource = new.resource and from_ms > new.from_ms and from_ms < new.until_ms
    ) as moments
    where (select count(*) from booking_claims
           where resource = new.resource and from_ms <= moments.at and moments.at < until_ms) >= new.capacity
  );
end;
create trigger booking_claims_fit_when_changed before update on booking_claims begin
  select raise(abort, 'the resource is taken') where exists (
    select 1 from (
      select new.from_ms as at union
      select from_ms from booking_claims
      where resource = new.resource and booking_id <> old.booking_id and from_ms > new.from_ms and from_ms < new.until_ms
    ) as moments
    where (select count(*) from booking_claims
           where resource = new.resource and booking_id <> old.booking_id
             and from_ms <= moments.at and moments.at < until_ms) >= new.capacity
  );
end;

-- What is told of a booking and its session: who booked, confirmed and moved it, what was ready, when it began and ended.
create table booking_log (
  booking_id      integer not null references bookings, -- of which booking
  seq             integer not null check (seq > 0), -- 1, 2, 3 …
  kind            text    not null,               -- held | confirmed | moved | cancelled | expired | ready | not_ready | material | started | stopped | no_show | note
  item            text    not null,               -- equipment, or what was handed in; '' where none is meant
  note            text    not null,               -- in somebody's words; '' for none
  person_id       integer references people,      -- who entered it; null: the installation
  at_ms           integer not null,               -- when
  primary key (booking_id, seq)
) strict, without rowid;

create trigger bookings_are_not_deleted before delete on bookings begin select raise(abort, 'bookings are kept'); end;
create trigger booking_log_is_not_updated before update on booking_log begin select raise(abort, 'a session log is append-only'); end;
create trigger booking_log_is_not_deleted before delete on booking_log begin select raise(abort, 'a session log is append-only'); end;
