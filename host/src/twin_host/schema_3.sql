-- Version 3: one product account (an org, a tenant) of each connector is shown. What is kept of the
-- others is set aside, and comes back when its own turn comes: the same columns, and whose they are.

CREATE TABLE org (  -- whose everything of a source is that stands in the other tables
    source TEXT PRIMARY KEY, id TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE aside_fact (
    org TEXT NOT NULL, source TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    confidence TEXT NOT NULL, as_of TEXT NOT NULL, evidence TEXT NOT NULL, title TEXT NOT NULL,
    section TEXT NOT NULL, short TEXT NOT NULL, headline INTEGER, detail INTEGER NOT NULL,
    definition_version INTEGER NOT NULL, place INTEGER NOT NULL
);
CREATE TABLE aside_reading (
    org TEXT NOT NULL, source TEXT NOT NULL, key TEXT NOT NULL, as_of TEXT NOT NULL,
    definition_version INTEGER NOT NULL, value TEXT NOT NULL, confidence TEXT NOT NULL
);
CREATE TABLE aside_gap (
    org TEXT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL, severity TEXT NOT NULL,
    title TEXT NOT NULL, nist TEXT NOT NULL, remedy TEXT NOT NULL, count INTEGER NOT NULL,
    as_of TEXT NOT NULL, complete INTEGER NOT NULL, opened_at TEXT NOT NULL,
    changed_at TEXT NOT NULL, closed_at TEXT, kind TEXT NOT NULL, query TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE TABLE aside_event (
    org TEXT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL, time TEXT NOT NULL,
    event_type TEXT NOT NULL, severity TEXT NOT NULL, category TEXT NOT NULL, title TEXT NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, targets TEXT NOT NULL,
    source_ip TEXT NOT NULL, country TEXT NOT NULL, mitre TEXT NOT NULL
);
CREATE TABLE aside_sync (
    org TEXT NOT NULL, source TEXT NOT NULL, ended_at TEXT NOT NULL, status TEXT NOT NULL,
    report TEXT NOT NULL
);

CREATE TRIGGER event_removed AFTER DELETE ON event BEGIN
    INSERT INTO search_event
        (search_event, rowid, title, actor, targets, source_ip, event_type)
    VALUES ('delete', old.number, old.title, old.actor, old.targets, old.source_ip, old.event_type);
END;
