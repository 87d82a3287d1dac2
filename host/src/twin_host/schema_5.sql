-- Version 5: what each connector can be asked, as it says itself. It goes aside with the rest.

CREATE TABLE list (
    source TEXT NOT NULL, kind TEXT NOT NULL, place INTEGER NOT NULL, definition TEXT NOT NULL,
    PRIMARY KEY (source, kind)
) WITHOUT ROWID;
CREATE TABLE aside_list (
    org TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL, place INTEGER NOT NULL,
    definition TEXT NOT NULL
);
