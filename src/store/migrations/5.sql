-- Version 5: how a clip's picture is brought to the wall's shape, where somebody chose.

alter table submissions add column framing text;  -- fit | fill | stretch; null: as the channel usually does
