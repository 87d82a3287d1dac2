-- What lists are sorted by and looked up by, and the whole of what a rule says.

CREATE INDEX user_login ON user (generation, login);
CREATE INDEX user_department ON user (generation, department);
CREATE INDEX user_last_login ON user (generation, last_login);
CREATE INDEX app_label ON app (generation, label);
CREATE INDEX group_name ON okta_group (generation, name);
CREATE INDEX assignment_user ON assignment (generation, user_id);
CREATE INDEX group_member_user ON group_member (generation, user_id);
CREATE TABLE member (  -- of the groups that make nobody privileged
    generation INTEGER NOT NULL, group_id TEXT NOT NULL, user_id TEXT NOT NULL,
    PRIMARY KEY (generation, group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX member_user ON member (generation, user_id);
CREATE INDEX app_group_group ON app_group (generation, group_id);
CREATE INDEX device_user_user ON device_user (generation, user_id);
CREATE INDEX log_event_actor ON log_event (actor_id) WHERE actor_id IS NOT NULL;

-- How many rows there are for a value of each column of an index, of all, of the first, and so on.
-- Without it SQLite takes a generation for as telling as a person.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('assignment', 'assignment', '1000000 1000000 4000 1'),
    ('assignment', 'assignment_user', '1000000 1000000 10 1'),
    ('group_member', 'group_member', '1000000 1000000 1000 1'),
    ('group_member', 'group_member_user', '1000000 1000000 10 1'),
    ('member', 'member', '1000000 1000000 100 1'),
    ('member', 'member_user', '1000000 1000000 10 1'),
    ('app_group', 'app_group', '10000 10000 10 1'),
    ('app_group', 'app_group_group', '10000 10000 10 1'),
    ('device_user', 'device_user', '100000 100000 1 1'),
    ('device_user', 'device_user_user', '100000 100000 1 1');

-- JSON lists of [about, value] and of [about, value, 1] where those are excepted; an id where Okta has
-- one. NULL in a rule that an older version read.
ALTER TABLE policy_rule ADD COLUMN conditions TEXT;  -- who meets the rule, and where
ALTER TABLE policy_rule ADD COLUMN demands TEXT;     -- what it asks for

-- What appeared, went and became otherwise, kept as it was called when a sync found it.

CREATE TABLE change (
    number INTEGER PRIMARY KEY,      -- in the order in which they were found
    time TEXT NOT NULL,              -- of the reading that found it, by Okta's clock
    sync INTEGER NOT NULL,           -- which sync tells it
    dataset TEXT NOT NULL, kind TEXT NOT NULL,
    key TEXT NOT NULL,               -- JSON list: which row of its table it is
    subject TEXT NOT NULL,           -- the subject that it is, or hangs on
    id TEXT, label TEXT,
    change TEXT NOT NULL,            -- appeared, went or changed
    "column" TEXT,                   -- of what changed
    before, after,                   -- of what went and of what appeared all that is told, as JSON
    severity TEXT NOT NULL,
    is_held INTEGER NOT NULL         -- it is missing, and that is not believed yet; or not known now
);
CREATE INDEX change_of ON change (kind, subject);
CREATE INDEX change_subject ON change (subject);
CREATE INDEX change_held ON change (kind, key) WHERE is_held;

ALTER TABLE dataset ADD COLUMN told_from INTEGER;   -- the first sync that left nothing of it unread
ALTER TABLE dataset ADD COLUMN told_since INTEGER;  -- the last that did
ALTER TABLE subject_read ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;  -- 1: not all was understood

CREATE TABLE new_column (  -- an older version did not read it: nobody knows what it was before
    "table" TEXT NOT NULL, "column" TEXT NOT NULL, PRIMARY KEY ("table", "column")
) WITHOUT ROWID;
