-- Version 4: up to where each source has told its events, in its own words, so that they are not told
-- and compared again each time. It goes aside with them.

CREATE TABLE bookmark (source TEXT PRIMARY KEY, bookmark TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE aside_bookmark (
    org TEXT NOT NULL, source TEXT NOT NULL, bookmark TEXT NOT NULL
);
