-- The snapshot: what was read from Okta, how complete, and where to go on.
--
-- Every row of a list dataset belongs to a generation. A sync writes a new generation beside the
-- one that is shown; only when the dataset has been read to its end does it become the shown one
-- and the old rows go, in one transaction. So a sync that dies changes nothing that was known.

CREATE TABLE dataset (
    name        TEXT PRIMARY KEY,
    shown       INTEGER NOT NULL DEFAULT 0,  -- generation read to its end; 0 while there is none
    reading     INTEGER NOT NULL DEFAULT 0,  -- generation being read; 0 when none is
    started_at  TEXT,                        -- when `reading` began
    as_of       TEXT,                        -- when `shown` was read
    unreadable  INTEGER NOT NULL DEFAULT 0,  -- records of `shown` that were skipped
    state       TEXT,                        -- of the last sync: complete, partial, denied, skipped
    reason      TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

CREATE TABLE unreadable (
    dataset TEXT NOT NULL, generation INTEGER NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL
);

CREATE TABLE user (
    generation INTEGER NOT NULL, id TEXT NOT NULL,
    login TEXT NOT NULL, status TEXT NOT NULL, email TEXT, first_name TEXT, last_name TEXT,
    department TEXT, manager TEXT, provider TEXT, type_id TEXT, realm_id TEXT,
    created TEXT, activated TEXT, status_changed TEXT, last_login TEXT, last_updated TEXT,
    password_changed TEXT,
    PRIMARY KEY (generation, id)
) WITHOUT ROWID;

CREATE TABLE factor_read (  -- one row for each user whose factors are known
    generation INTEGER NOT NULL, user_id TEXT NOT NULL,
    outcome TEXT NOT NULL,          -- read, or gone when deleted meanwhile
    in_order INTEGER NOT NULL,      -- 1 when read first on purpose, 0 when drawn at random
    read_at TEXT NOT NULL,
    PRIMARY KEY (generation, user_id)
) WITHOUT ROWID;

CREATE TABLE factor (
    generation INTEGER NOT NULL, user_id TEXT NOT NULL, id TEXT NOT NULL,
    type TEXT NOT NULL, provider TEXT, vendor TEXT, status TEXT NOT NULL,
    created TEXT, last_updated TEXT,
    PRIMARY KEY (generation, user_id, id)
) WITHOUT ROWID;

CREATE TABLE okta_group (
    generation INTEGER NOT NULL, id TEXT NOT NULL, name TEXT, type TEXT,
    users_count INTEGER, has_admin_role INTEGER,
    PRIMARY KEY (generation, id)
) WITHOUT ROWID;

CREATE TABLE group_member (
    generation INTEGER NOT NULL, group_id TEXT NOT NULL, user_id TEXT NOT NULL,
    PRIMARY KEY (generation, group_id, user_id)
) WITHOUT ROWID;

CREATE TABLE role (
    generation INTEGER NOT NULL,
    holder_kind TEXT NOT NULL,      -- user or group
    holder_id TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, label TEXT,
    status TEXT NOT NULL, assignment_type TEXT NOT NULL, custom_role_id TEXT, resource_set_id TEXT,
    PRIMARY KEY (generation, holder_kind, holder_id, id, assignment_type)
) WITHOUT ROWID;

CREATE TABLE app (
    generation INTEGER NOT NULL, id TEXT NOT NULL, name TEXT, label TEXT, status TEXT NOT NULL,
    sign_on_mode TEXT, created TEXT, last_updated TEXT,
    PRIMARY KEY (generation, id)
) WITHOUT ROWID;

CREATE TABLE app_read (  -- one row for each app whose users have been read to the end
    generation INTEGER NOT NULL, app_id TEXT NOT NULL, outcome TEXT NOT NULL,  -- read or gone
    PRIMARY KEY (generation, app_id)
) WITHOUT ROWID;

CREATE TABLE assignment (
    generation INTEGER NOT NULL, app_id TEXT NOT NULL, user_id TEXT NOT NULL,
    scope TEXT,                     -- USER when assigned directly, GROUP when through a group
    status TEXT,
    PRIMARY KEY (generation, app_id, user_id)
) WITHOUT ROWID;

CREATE TABLE log_event (
    uuid TEXT PRIMARY KEY, published TEXT NOT NULL, event_type TEXT NOT NULL, raw BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX log_event_published ON log_event (published);

CREATE TABLE log_cursor (  -- stored in the same transaction as the events that it covers
    only INTEGER PRIMARY KEY CHECK (only = 1),
    next_url TEXT NOT NULL,
    filter TEXT NOT NULL,           -- the rules decide what is asked for; other rules, other cursor
    since TEXT NOT NULL,            -- how far back the events reach
    read_to TEXT NOT NULL           -- when the cursor was stored
);

CREATE TABLE org (  -- who was read, and the settings that its figures depend on
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT, name TEXT,
    privileged_groups TEXT NOT NULL,  -- JSON list of names
    stale_after_days INTEGER NOT NULL
);

-- Rules, loaded from twin_okta/rules each time the snapshot is opened, so that a query can use them.
CREATE TABLE factor_strength (
    type TEXT PRIMARY KEY, strength TEXT NOT NULL, rank INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE sign_on_class (mode TEXT PRIMARY KEY, class TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE own_app (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE sign_in_status (status TEXT PRIMARY KEY) WITHOUT ROWID;
