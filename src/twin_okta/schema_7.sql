-- How many there were stays known until a fall was judged by it, however many syncs that takes.

ALTER TABLE dataset ADD COLUMN counted_at TEXT;  -- of when count_before is
UPDATE dataset SET count_before = NULL;
