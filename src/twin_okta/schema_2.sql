-- The whole inventory: who else holds power, what guards sign-in, and what the credential sees.

ALTER TABLE user ADD COLUMN user_type TEXT;
ALTER TABLE app ADD COLUMN application_type TEXT;
ALTER TABLE app ADD COLUMN policy_id TEXT;
ALTER TABLE app ADD COLUMN features TEXT NOT NULL DEFAULT '[]';
ALTER TABLE org ADD COLUMN service_account_names TEXT NOT NULL DEFAULT '[]';
ALTER TABLE org ADD COLUMN edition TEXT NOT NULL DEFAULT '';
ALTER TABLE org ADD COLUMN sees_everybody INTEGER;

CREATE TABLE app_group (
    generation INTEGER NOT NULL, app_id TEXT NOT NULL, group_id TEXT NOT NULL,
    PRIMARY KEY (generation, app_id, group_id)
) WITHOUT ROWID;

CREATE TABLE app_use (
    generation INTEGER NOT NULL, app_id TEXT NOT NULL, last_used TEXT,
    PRIMARY KEY (generation, app_id)
) WITHOUT ROWID;

CREATE TABLE client_role (
    generation INTEGER NOT NULL, app_id TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
    label TEXT, status TEXT NOT NULL, custom_role_id TEXT, resource_set_id TEXT,
    PRIMARY KEY (generation, app_id, id)
) WITHOUT ROWID;

CREATE TABLE role_permission (
    generation INTEGER NOT NULL, role_id TEXT NOT NULL, permission TEXT NOT NULL,
    PRIMARY KEY (generation, role_id, permission)
) WITHOUT ROWID;

CREATE TABLE set_resource (
    generation INTEGER NOT NULL, resource_set_id TEXT NOT NULL, resource TEXT NOT NULL,
    PRIMARY KEY (generation, resource_set_id, resource)
) WITHOUT ROWID;

CREATE TABLE api_token (
    generation INTEGER NOT NULL, id TEXT NOT NULL, name TEXT, user_id TEXT, client_name TEXT,
    created TEXT, expires TEXT, last_used TEXT, connection TEXT,
    PRIMARY KEY (generation, id)
) WITHOUT ROWID;

CREATE TABLE policy (
    generation INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, name TEXT,
    status TEXT NOT NULL, priority INTEGER,
    PRIMARY KEY (generation, id)
) WITHOUT ROWID;

CREATE TABLE policy_rule (
    generation INTEGER NOT NULL, policy_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT,
    status TEXT NOT NULL, priority INTEGER,
    for_everybody INTEGER NOT NULL,   -- no rule after it is ever reached
    access TEXT,
    requires_factor INTEGER,          -- of session rules
    password_alone INTEGER,           -- of app sign-on rules: a password satisfies it
    idle_minutes INTEGER, lifetime_minutes INTEGER, persistent INTEGER, reauthenticate_in TEXT,
    PRIMARY KEY (generation, policy_id, id)
) WITHOUT ROWID;

CREATE TABLE authenticator (
    generation INTEGER NOT NULL, id TEXT NOT NULL, key TEXT, name TEXT, type TEXT,
    status TEXT NOT NULL,
    PRIMARY KEY (generation, id)
) WITHOUT ROWID;

CREATE TABLE zone (
    generation INTEGER NOT NULL, id TEXT NOT NULL, name TEXT, type TEXT, usage TEXT,
    status TEXT NOT NULL,
    PRIMARY KEY (generation, id)
) WITHOUT ROWID;

CREATE TABLE threat_insight (
    generation INTEGER NOT NULL, action TEXT NOT NULL, PRIMARY KEY (generation, action)
) WITHOUT ROWID;

CREATE TABLE same_authenticator (
    type TEXT NOT NULL, provider TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (type, provider)
) WITHOUT ROWID;
CREATE TABLE service_account_type (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE service_account_name (pattern TEXT PRIMARY KEY) WITHOUT ROWID;
