-- Version 7: what is sent twice on one form is filed once.

alter table submissions add column form text;     -- FormId, one per form that was shown; null: not sent on one
create unique index submissions_form on submissions (filed_by, form, original_sha256) where form is not null;
