-- The twin: what the connectors say, and what people declared.

CREATE TABLE fact (
    source TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, confidence TEXT NOT NULL,
    as_of TEXT NOT NULL, evidence TEXT NOT NULL,
    PRIMARY KEY (source, key)
) WITHOUT ROWID;

CREATE TABLE fact_history (  -- each figure as it was at each time its data was read
    source TEXT NOT NULL, key TEXT NOT NULL, as_of TEXT NOT NULL, value TEXT NOT NULL,
    confidence TEXT NOT NULL,
    PRIMARY KEY (source, key, as_of)
) WITHOUT ROWID;

CREATE TABLE declared (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, declared_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE gap (
    source TEXT NOT NULL, id TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL,
    nist TEXT NOT NULL, remedy TEXT NOT NULL, count INTEGER NOT NULL, subjects TEXT NOT NULL,
    as_of TEXT NOT NULL, complete INTEGER NOT NULL,
    opened_at TEXT NOT NULL, changed_at TEXT NOT NULL, closed_at TEXT,
    PRIMARY KEY (source, id)
) WITHOUT ROWID;

CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL, id TEXT NOT NULL, time TEXT NOT NULL, event_type TEXT NOT NULL,
    severity TEXT NOT NULL, category TEXT NOT NULL, title TEXT NOT NULL, outcome TEXT NOT NULL,
    reason TEXT NOT NULL, actor TEXT NOT NULL, targets TEXT NOT NULL, source_ip TEXT NOT NULL,
    country TEXT NOT NULL, mitre TEXT NOT NULL, raw TEXT NOT NULL,
    UNIQUE (source, id)
);
CREATE INDEX event_time ON event (time);

CREATE TABLE sync (
    number INTEGER PRIMARY KEY, source TEXT NOT NULL, ended_at TEXT NOT NULL,
    status TEXT NOT NULL, report TEXT NOT NULL
);

CREATE VIRTUAL TABLE search_knowledge USING fts5 (
    kind UNINDEXED, source UNINDEXED, reference UNINDEXED, title, body,
    tokenize = 'porter unicode61'
);
CREATE VIRTUAL TABLE search_event USING fts5 (
    title, actor, targets, source_ip, event_type,
    content = 'event', content_rowid = 'number', tokenize = 'porter unicode61'
);
CREATE TRIGGER event_added AFTER INSERT ON event BEGIN
    INSERT INTO search_event (rowid, title, actor, targets, source_ip, event_type)
    VALUES (new.number, new.title, new.actor, new.targets, new.source_ip, new.event_type);
END;
