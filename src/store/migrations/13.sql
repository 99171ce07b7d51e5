-- Version 13: the same clip for a new period.

-- Which requests ask again for the clip of an earlier one.
create table repeats (
  case_id         integer primary key references cases,  -- the request that asks again
  earlier_id      integer not null references cases      -- the request whose clip was approved
) strict;
