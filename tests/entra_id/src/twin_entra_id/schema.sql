CREATE TABLE IF NOT EXISTS record (dataset TEXT, id TEXT, body TEXT, PRIMARY KEY (dataset, id));
CREATE TABLE IF NOT EXISTS dataset (name TEXT PRIMARY KEY, as_of TEXT);
CREATE VIEW IF NOT EXISTS users AS
    SELECT id, json_extract(body, '$.userPrincipalName') AS login,
        json_extract(body, '$.userPrincipalName') AS email,
        CASE json_extract(body, '$.accountEnabled') WHEN 1 THEN 'ACTIVE' ELSE 'DISABLED' END AS status
    FROM record WHERE dataset = 'users';
CREATE VIEW IF NOT EXISTS apps AS
    SELECT id, json_extract(body, '$.displayName') AS label FROM record WHERE dataset = 'apps';
