-- Version 2: a gap keeps a count, a digest and the query that lists its subjects, never a copy of
-- them, and an event's own entry stays in the connector's snapshot. A fact says how it is shown, and
-- its definition has a version.

ALTER TABLE gap ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE gap ADD COLUMN query TEXT NOT NULL DEFAULT '';
ALTER TABLE gap ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE gap DROP COLUMN subjects;

ALTER TABLE event DROP COLUMN raw;

ALTER TABLE fact ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE fact ADD COLUMN section TEXT NOT NULL DEFAULT '';
ALTER TABLE fact ADD COLUMN short TEXT NOT NULL DEFAULT '';
ALTER TABLE fact ADD COLUMN headline INTEGER;
ALTER TABLE fact ADD COLUMN detail INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fact ADD COLUMN definition_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE fact ADD COLUMN place INTEGER NOT NULL DEFAULT 0;

CREATE TABLE reading (  -- each figure as it was at each time its data was read, by each definition
    source TEXT NOT NULL, key TEXT NOT NULL, as_of TEXT NOT NULL,
    definition_version INTEGER NOT NULL, value TEXT NOT NULL, confidence TEXT NOT NULL,
    PRIMARY KEY (source, key, as_of, definition_version)
) WITHOUT ROWID;
INSERT INTO reading SELECT source, key, as_of, 1, value, confidence FROM fact_history;
DROP TABLE fact_history;

-- Words that no version of the contract knows would end every command that meets them.
DELETE FROM fact WHERE confidence NOT IN
    ('verified', 'observed', 'declared', 'uncertain', 'contradicted');
DELETE FROM reading WHERE confidence NOT IN
    ('verified', 'observed', 'declared', 'uncertain', 'contradicted');
DELETE FROM gap WHERE severity NOT IN ('critical', 'high', 'medium', 'low', 'info');
DELETE FROM sync WHERE status NOT IN ('complete', 'partial', 'failed');
