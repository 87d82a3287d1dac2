-- Version 6: every thing of every list by its names, to be found by a word or a part of one.
--
-- `folded` holds its names without regard to case, each once, a line each; the first is the label.

CREATE TABLE thing (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, label TEXT NOT NULL,
    folded_label TEXT NOT NULL, folded TEXT NOT NULL,
    UNIQUE (source, kind, id)
);
CREATE INDEX thing_id ON thing (id);
CREATE INDEX thing_label ON thing (folded_label);

-- Which rows hold three letters, and not where: a word is looked for in those that hold all of it.
CREATE VIRTUAL TABLE search_thing USING fts5 (
    folded, content = 'thing', content_rowid = 'number', tokenize = 'trigram', detail = none,
    columnsize = 0
);
CREATE TRIGGER thing_added AFTER INSERT ON thing BEGIN
    INSERT INTO search_thing (rowid, folded) VALUES (new.number, new.folded);
END;
CREATE TRIGGER thing_removed AFTER DELETE ON thing BEGIN
    INSERT INTO search_thing (search_thing, rowid, folded)
    VALUES ('delete', old.number, old.folded);
END;
