CREATE TABLE IF NOT EXISTS record (dataset TEXT, id TEXT, body TEXT, PRIMARY KEY (dataset, id));
CREATE TABLE IF NOT EXISTS dataset (name TEXT PRIMARY KEY, as_of TEXT);
