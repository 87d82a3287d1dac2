-- Syncing again costs what changed: every list and every subject knows when it was read.
--
-- Rows that hang on a subject are replaced with it: their generation is 1. That of what is listed
-- whole is still the list's.

DELETE FROM group_member WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'groups');
UPDATE group_member SET generation = 1;
DELETE FROM role WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'roles');
UPDATE role SET generation = 1;
DELETE FROM role_permission WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'custom_roles');
UPDATE role_permission SET generation = 1;
DELETE FROM set_resource WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'custom_roles');
UPDATE set_resource SET generation = 1;
DELETE FROM assignment WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'assignments');
UPDATE assignment SET generation = 1;
DELETE FROM app_group WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'assignments');
UPDATE app_group SET generation = 1;
DELETE FROM client_role WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'service_apps');
UPDATE client_role SET generation = 1;
DELETE FROM policy_rule WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'policies');
UPDATE policy_rule SET generation = 1;
DELETE FROM app_use WHERE generation <>
    (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'app_use');
UPDATE app_use SET generation = 1;
DROP INDEX factor_of_type;
CREATE TABLE factor_of_user (
    generation INTEGER NOT NULL, user_id TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
    provider TEXT, vendor TEXT, status TEXT, created TEXT, last_updated TEXT,
    PRIMARY KEY (generation, user_id, id, type)
) WITHOUT ROWID;
INSERT INTO factor_of_user SELECT 1, user_id, id, type, provider, vendor, status, created,
    last_updated FROM factor;
DROP TABLE factor;
ALTER TABLE factor_of_user RENAME TO factor;
CREATE INDEX factor_of_type ON factor (generation, user_id, type, provider, status);

CREATE TABLE assignee (  -- people who hold an admin role
    generation INTEGER NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (generation, user_id)
) WITHOUT ROWID;
INSERT INTO assignee SELECT DISTINCT
        (SELECT CASE WHEN shown > 0 THEN shown ELSE reading END FROM dataset WHERE name = 'roles'),
        holder_id FROM role WHERE holder_kind = 'user';

ALTER TABLE subject_read ADD COLUMN spread REAL NOT NULL DEFAULT 0.5;  -- from 0 to 1, drawn at random

-- The subject '*' stands for the whole list of a dataset, and for all of its subjects.
INSERT OR IGNORE INTO subject_read SELECT name, '*', 'read', as_of, as_of, 0, 1, 0, '', 0.5
    FROM dataset WHERE shown > 0 AND as_of IS NOT NULL AND name NOT IN ('factors', 'logs');
INSERT OR IGNORE INTO subject_read SELECT 'assignments', a.app_id, a.outcome, d.as_of, d.as_of, 0, 1, 0,
        '', 0.5
    FROM app_read a JOIN dataset d ON d.name = 'assignments' AND d.as_of IS NOT NULL
    WHERE a.generation = d.shown;
INSERT OR IGNORE INTO subject_read SELECT 'app_use', a.app_id, 'read', d.as_of, d.as_of, 0, 1, 0, '', 0.5
    FROM app_use a JOIN dataset d ON d.name = 'app_use' AND d.shown > 0 AND d.as_of IS NOT NULL;
INSERT OR IGNORE INTO subject_read SELECT 'groups', m.group_id, 'read', d.as_of, d.as_of, 0, 1, 0, '', 0.5
    FROM (SELECT DISTINCT group_id FROM group_member) m
    JOIN dataset d ON d.name = 'groups' AND d.shown > 0 AND d.as_of IS NOT NULL;
INSERT OR IGNORE INTO subject_read SELECT 'roles', r.holder_id, 'read', d.as_of, d.as_of, 0, 1, 0, '', 0.5
    FROM (SELECT DISTINCT holder_id FROM role) r
    JOIN dataset d ON d.name = 'roles' AND d.shown > 0 AND d.as_of IS NOT NULL;
INSERT OR IGNORE INTO subject_read SELECT 'policies', p.id, 'read', d.as_of, d.as_of, 0, 1, 0, '', 0.5
    FROM policy p JOIN dataset d ON d.name = 'policies' AND d.shown = p.generation
    WHERE d.as_of IS NOT NULL;
DROP TABLE app_read;
UPDATE dataset SET shown = min(shown, 1), reading = 0
    WHERE name IN ('custom_roles', 'assignments', 'service_apps', 'app_use');
DELETE FROM unreadable WHERE dataset IN
    ('roles', 'custom_roles', 'assignments', 'service_apps', 'app_use');

CREATE TABLE list_cursor (  -- where to go on with what was not read to its end
    dataset TEXT NOT NULL, subject TEXT NOT NULL, list TEXT NOT NULL,
    next_url TEXT,                   -- NULL when this list of the subject was read to its end
    read_at TEXT NOT NULL, newer_from TEXT NOT NULL, after_event INTEGER NOT NULL,
    PRIMARY KEY (dataset, subject, list)
) WITHOUT ROWID;

CREATE TABLE pair_event (event_type TEXT PRIMARY KEY) WITHOUT ROWID;  -- of a person and an application
CREATE TABLE rate_limit (bucket TEXT PRIMARY KEY, a_minute INTEGER NOT NULL) WITHOUT ROWID;

ALTER TABLE okta_group ADD COLUMN membership_updated TEXT;

-- What reading again by age found otherwise than it was known, and no entry of the log tells of.
CREATE TABLE drift (
    dataset TEXT NOT NULL, subject TEXT NOT NULL, since TEXT NOT NULL, found_at TEXT NOT NULL,
    appeared INTEGER NOT NULL, went INTEGER NOT NULL,
    PRIMARY KEY (dataset, subject, found_at)
) WITHOUT ROWID;
