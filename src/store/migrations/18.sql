-- Version 18: a receipt is given once per form, and what a citizen wrote can be erased from the sessions' log.

-- The form on which a receipt was asked for: what is sent twice on one is given once.
alter table receipts add column form text;
create unique index receipts_form on receipts (person_id, form) where form is not null;

-- Words of people can be erased; what happened, to what and when stays as it was told.
drop trigger booking_log_is_not_updated;
create trigger booking_log_is_not_updated before update on booking_log
when not (new.note = '(dihapus)' and new.booking_id = old.booking_id and new.seq = old.seq and new.kind = old.kind
          and new.person_id is old.person_id and new.at_ms = old.at_ms)
begin select raise(abort, 'a session log is append-only'); end;
