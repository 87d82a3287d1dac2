-- When each subject was read, and what the log says of it since.

CREATE TABLE subject_read (  -- one row for each subject that was asked for
    dataset TEXT NOT NULL, subject TEXT NOT NULL,
    outcome TEXT NOT NULL,           -- read; gone when it is no more; unreadable; denied
    read_at TEXT NOT NULL,           -- by Okta's clock, when the request was sent
    newer_from TEXT NOT NULL,        -- an entry published from here on may be newer than that
    after_event INTEGER NOT NULL,    -- the last entry that had been stored by then
    in_order INTEGER NOT NULL,       -- 1 when read first on purpose, 0 when drawn at random
    sync INTEGER NOT NULL,           -- which sync read it
    failure TEXT NOT NULL,           -- why it could not be read the last time; empty when it could
    PRIMARY KEY (dataset, subject)
) WITHOUT ROWID;
CREATE INDEX subject_read_after ON subject_read (after_event);

-- Factors are replaced one user at a time, so they have no generation.
CREATE TABLE factor_by_user (
    user_id TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, provider TEXT, vendor TEXT,
    status TEXT, created TEXT, last_updated TEXT,
    PRIMARY KEY (user_id, id, type)
) WITHOUT ROWID;
INSERT OR IGNORE INTO factor_by_user SELECT user_id, id, type, provider, vendor, status, created,
    last_updated FROM factor
    WHERE generation = (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset
        WHERE name = 'factors');
INSERT INTO subject_read SELECT 'factors', user_id, outcome, read_at, read_at, 0, in_order, 0, ''
    FROM factor_read
    WHERE generation = (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset
        WHERE name = 'factors');
DROP TABLE factor;
ALTER TABLE factor_by_user RENAME TO factor;
DROP TABLE factor_read;

CREATE TABLE log_entry (
    number INTEGER PRIMARY KEY,      -- in the order in which they were stored
    uuid TEXT NOT NULL UNIQUE, published TEXT NOT NULL, event_type TEXT NOT NULL, outcome TEXT,
    actor_id TEXT, raw BLOB NOT NULL
);
INSERT INTO log_entry (uuid, published, event_type, outcome, actor_id, raw)
    SELECT uuid, published, event_type,
        CASE WHEN json_valid(CAST(raw AS TEXT))
            THEN json_extract(CAST(raw AS TEXT), '$.outcome.result') END,
        CASE WHEN json_valid(CAST(raw AS TEXT))
            THEN json_extract(CAST(raw AS TEXT), '$.actor.id') END, raw
    FROM log_event ORDER BY published, uuid;
DROP TABLE log_event;
ALTER TABLE log_entry RENAME TO log_event;
CREATE INDEX log_event_published ON log_event (published);
CREATE INDEX log_event_type ON log_event (event_type);

CREATE TABLE target (
    event INTEGER NOT NULL, position INTEGER NOT NULL, type TEXT, id TEXT, name TEXT, label TEXT,
    PRIMARY KEY (event, position)
) WITHOUT ROWID;
CREATE INDEX target_id ON target (id) WHERE id IS NOT NULL;
INSERT INTO target SELECT e.number, t.key, json_extract(t.value, '$.type'),
        json_extract(t.value, '$.id'), json_extract(t.value, '$.alternateId'),
        json_extract(t.value, '$.displayName')
    FROM log_event e, json_each(CASE WHEN json_valid(CAST(e.raw AS TEXT))
        THEN CAST(e.raw AS TEXT) ELSE '{}' END, '$.target') t WHERE t.type = 'object';

CREATE TABLE log_hole (  -- a time whose entries were never read
    since TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (since, until)
) WITHOUT ROWID;

ALTER TABLE dataset ADD COLUMN doubt TEXT NOT NULL DEFAULT '';  -- why what is shown may be wrong
ALTER TABLE dataset ADD COLUMN doubted_at TEXT;       -- since when
ALTER TABLE dataset ADD COLUMN count_before INTEGER;  -- rows of the generation shown before this one
ALTER TABLE org ADD COLUMN okta_id TEXT;
ALTER TABLE org ADD COLUMN syncs INTEGER NOT NULL DEFAULT 0;  -- how many were begun
ALTER TABLE org ADD COLUMN origin TEXT;

CREATE TABLE due_event (
    dataset TEXT NOT NULL, event_type TEXT NOT NULL, target_type TEXT NOT NULL,
    otherwise TEXT NOT NULL,         -- actor, whole, sample or nothing
    PRIMARY KEY (event_type, dataset, target_type)
) WITHOUT ROWID;

-- What definitions need to know: purposes of authenticators, what a rule is content with, tiers.

ALTER TABLE okta_group ADD COLUMN folded_name TEXT;    -- to compare without regard to case
ALTER TABLE authenticator ADD COLUMN allowed_for TEXT; -- any, sso, recovery or none, where it has a purpose
ALTER TABLE policy_rule ADD COLUMN means TEXT;         -- of app sign-on rules: JSON list of what alone satisfies it
ALTER TABLE policy_rule ADD COLUMN primary_factor TEXT; -- of session rules
ALTER TABLE policy_rule DROP COLUMN password_alone;
ALTER TABLE org ADD COLUMN reader_id TEXT;             -- the user or service app that reads

CREATE INDEX factor_of_type ON factor (user_id, type, provider, status);

CREATE TABLE factor_authenticator (
    type TEXT NOT NULL, provider TEXT NOT NULL, key TEXT NOT NULL, has_purpose INTEGER NOT NULL,
    PRIMARY KEY (type, provider, key)
) WITHOUT ROWID;
CREATE TABLE elsewhere_provider (type TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE role_tier (type TEXT PRIMARY KEY, tier INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE permission_tier (pattern TEXT PRIMARY KEY, tier INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE directory_app (pattern TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE device (
    generation INTEGER NOT NULL, id TEXT NOT NULL, name TEXT, platform TEXT, status TEXT NOT NULL,
    registered INTEGER, disk_encryption TEXT,
    in_use INTEGER,                  -- it is active, and somebody uses it
    managed INTEGER,                 -- for all of its users
    PRIMARY KEY (generation, id)
) WITHOUT ROWID;
CREATE TABLE device_user (
    generation INTEGER NOT NULL, device_id TEXT NOT NULL, user_id TEXT NOT NULL,
    managed INTEGER,                 -- for this user
    PRIMARY KEY (generation, device_id, user_id)
) WITHOUT ROWID;
