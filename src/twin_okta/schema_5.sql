-- Of a log entry all that an event shows is a column, made when it is stored. What is long stands
-- last, so that the rest is found without reading through it.

CREATE TABLE log_entry (
    number INTEGER PRIMARY KEY,      -- in the order in which they were stored, never given twice
    uuid TEXT NOT NULL UNIQUE, published TEXT NOT NULL, event_type TEXT NOT NULL, outcome TEXT,
    reason TEXT, actor_id TEXT, actor_name TEXT, source_ip TEXT, country TEXT, raw BLOB NOT NULL
);
INSERT INTO log_entry
    SELECT number, uuid, published, event_type, outcome,
        CASE json_type(entry, '$.outcome.reason') WHEN 'text'
            THEN json_extract(entry, '$.outcome.reason') END,
        actor_id,
        coalesce(
            CASE json_type(entry, '$.actor.alternateId') WHEN 'text'
                THEN nullif(json_extract(entry, '$.actor.alternateId'), '') END,
            CASE json_type(entry, '$.actor.displayName') WHEN 'text'
                THEN nullif(json_extract(entry, '$.actor.displayName'), '') END,
            nullif(actor_id, '')),
        CASE json_type(entry, '$.client.ipAddress') WHEN 'text'
            THEN json_extract(entry, '$.client.ipAddress') END,
        CASE json_type(entry, '$.client.geographicalContext.country') WHEN 'text'
            THEN json_extract(entry, '$.client.geographicalContext.country') END,
        raw
    FROM (SELECT *, CASE WHEN json_valid(CAST(raw AS TEXT)) THEN CAST(raw AS TEXT)
        ELSE '{}' END AS entry FROM log_event)
    ORDER BY number;
DROP TABLE log_event;
ALTER TABLE log_entry RENAME TO log_event;
CREATE INDEX log_event_published ON log_event (published);
CREATE INDEX log_event_type ON log_event (event_type);
