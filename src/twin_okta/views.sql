-- What the snapshot means, built on the plain views shown_<table>. Made anew when this file changes.

-- Factors, each with the authenticator that it belongs to.
CREATE VIEW enrolment AS SELECT f.*, coalesce(s.name, f.id) AS authenticator
    FROM shown_factor f LEFT JOIN same_authenticator s ON s.type = f.type AND s.provider = f.provider;

-- Applications, each with what its sign-on mode means.
CREATE VIEW known_app AS SELECT a.*,
        CASE WHEN a.application_type = 'service' AND a.sign_on_mode = 'OPENID_CONNECT' THEN 'machine'
            ELSE coalesce(c.class, 'other') END AS class, o.name IS NOT NULL AS is_oktas_own
    FROM shown_app a LEFT JOIN sign_on_class c ON c.mode = a.sign_on_mode
    LEFT JOIN own_app o ON o.name = a.name;

-- Accounts that are no person's, with what shows it.
CREATE VIEW service_account AS
    SELECT u.id, CASE
        WHEN lower(u.user_type) IN (SELECT name FROM service_account_type)
            THEN 'user type ' || u.user_type
        ELSE (SELECT 'login like ' || p.pattern FROM (
                SELECT pattern FROM service_account_name
                UNION ALL SELECT value FROM org, json_each(org.service_account_names)) p
            WHERE lower(u.login) GLOB lower(p.pattern) LIMIT 1) END AS evidence
    FROM shown_user u WHERE evidence IS NOT NULL;

-- Active rules of active policies that somebody can meet: those up to the first for everybody.
CREATE VIEW reachable_rule AS
    SELECT r.*, p.name AS policy_name, p.type AS policy_type
    FROM shown_policy_rule r JOIN shown_policy p ON p.id = r.policy_id
    WHERE p.status = 'ACTIVE' AND r.status = 'ACTIVE' AND NOT EXISTS (
        SELECT 1 FROM shown_policy_rule e WHERE e.policy_id = r.policy_id
            AND e.status = 'ACTIVE' AND e.for_everybody AND e.priority < r.priority);

-- Since when the log is known without a hole, and up to when.
CREATE VIEW log_reach AS
    SELECT max(since, coalesce((SELECT max(until) FROM log_hole), '')) AS since, read_to
    FROM log_cursor;

-- Subjects that the log says have changed since they were read. An entry that had been stored when
-- the subject was read cannot be one, nor one that was published well before; a failed attempt
-- changes nothing.
CREATE VIEW news AS
    SELECT e.number, e.published, e.event_type, e.actor_id FROM log_event e
    WHERE e.number > (SELECT min(after_event) FROM subject_read) AND e.outcome IS NOT 'FAILURE';
CREATE VIEW due AS
    SELECT r.dataset, r.subject, max(e.published) AS changed
    FROM news e JOIN due_event d ON d.event_type = e.event_type AND d.target_type <> ''
    JOIN target t ON t.event = e.number AND t.type = d.target_type
    JOIN subject_read r ON r.dataset = d.dataset AND r.subject = t.id
    WHERE e.number > r.after_event AND e.published >= r.newer_from
    GROUP BY 1, 2
    UNION
    SELECT r.dataset, r.subject, max(e.published)
    FROM news e JOIN due_event d ON d.event_type = e.event_type AND d.otherwise = 'actor'
    JOIN subject_read r ON r.dataset = d.dataset AND r.subject = e.actor_id
    WHERE e.number > r.after_event AND e.published >= r.newer_from AND NOT EXISTS (
        SELECT 1 FROM target t WHERE t.event = e.number AND t.type = d.target_type)
    GROUP BY 1, 2;

CREATE VIEW shown_factor_read AS
    SELECT subject AS user_id, outcome, in_order, read_at FROM subject_read
    WHERE dataset = 'factors';

-- Users to whom the log says that an admin role was granted, and not that all were revoked since.
CREATE VIEW granted_in_log AS
    SELECT t.id AS user_id, max(e.published) AS granted
    FROM log_event e JOIN target t ON t.event = e.number AND t.type = 'User' AND t.id IS NOT NULL
    WHERE e.event_type = 'user.account.privilege.grant' AND e.outcome IS NOT 'FAILURE'
        AND NOT EXISTS (
            SELECT 1 FROM log_event l JOIN target w ON w.event = l.number AND w.id = t.id
            WHERE l.event_type = 'user.account.privilege.revoke' AND l.published > e.published
                AND l.outcome IS NOT 'FAILURE')
    GROUP BY 1;

-- The population of every coverage figure, each with the rank of the best enrolled factor:
-- 0 none, 1 weak, 2 unknown, 3 strong, 4 phishing-resistant; NULL while not read.
CREATE VIEW can_sign_in AS
    SELECT u.id, u.login, u.status, u.created, u.last_login, r.in_order,
        u.id IN (SELECT id FROM service_account) AS is_service_account,
        CASE WHEN r.outcome = 'read' THEN coalesce(
            (SELECT max(coalesce(s.rank, 2)) FROM shown_factor f
             LEFT JOIN factor_strength s ON s.type = f.type
             WHERE f.user_id = u.id AND f.status = 'ACTIVE'), 0) END AS rank
    FROM shown_user u
    JOIN sign_in_status USING (status)
    LEFT JOIN shown_factor_read r ON r.user_id = u.id
    WHERE coalesce(r.outcome, '') <> 'gone';

-- Every way in which somebody is privileged, one row each.
CREATE VIEW privilege AS
    SELECT holder_id AS user_id, coalesce(label, type) AS role, 'direct' AS via
        FROM shown_role WHERE holder_kind = 'user' AND assignment_type <> 'GROUP'
            AND status <> 'INACTIVE'
    UNION
    SELECT holder_id, coalesce(label, type), 'group'
        FROM shown_role WHERE holder_kind = 'user' AND assignment_type = 'GROUP'
            AND status <> 'INACTIVE'
    UNION
    SELECT m.user_id, coalesce(r.label, r.type), 'group ' || coalesce(g.name, g.id)
        FROM shown_role r JOIN shown_group_member m ON m.group_id = r.holder_id
        JOIN shown_group g ON g.id = r.holder_id
        WHERE r.holder_kind = 'group' AND r.status <> 'INACTIVE'
    UNION
    SELECT m.user_id, 'member of an admin group', 'group ' || coalesce(g.name, g.id)
        FROM shown_group g JOIN shown_group_member m ON m.group_id = g.id WHERE g.has_admin_role
    UNION
    SELECT m.user_id, 'member of a privileged group', 'group ' || g.name
        FROM shown_group g JOIN shown_group_member m ON m.group_id = g.id
        WHERE lower(g.name) IN (SELECT lower(value) FROM org, json_each(org.privileged_groups))
    UNION  -- only while nobody may read the roles themselves
    SELECT user_id, 'granted a role', 'log ' || granted FROM granted_in_log
        WHERE NOT (SELECT shown FROM dataset WHERE name = 'roles');

CREATE VIEW privileged_user AS
    SELECT u.id, u.login, u.status,
        (SELECT group_concat(DISTINCT p.role) FROM privilege p WHERE p.user_id = u.id) AS roles
    FROM shown_user u WHERE u.id IN (SELECT user_id FROM privilege);

CREATE VIEW sso_app AS SELECT id, name, label, sign_on_mode, class, policy_id FROM known_app
    WHERE status = 'ACTIVE' AND NOT is_oktas_own;

CREATE VIEW password_alone_app AS
    SELECT a.id, a.label, a.sign_on_mode, r.policy_name AS policy, r.name AS rule
    FROM sso_app a JOIN reachable_rule r ON r.policy_id = a.policy_id
    WHERE a.class <> 'machine' AND r.password_alone
    GROUP BY a.id HAVING r.priority = min(r.priority);

-- How far the factor sweep has come among those who can sign in, and of when it is.
CREATE VIEW factor_sweep AS
    SELECT count(*) AS people, count(*) FILTER (WHERE c.rank IS NULL) AS unread,
        count(*) FILTER (WHERE r.failure <> ''
            OR c.id IN (SELECT subject FROM due WHERE dataset = 'factors')) AS due,
        min(r.read_at) AS oldest, max(r.read_at) AS newest, count(DISTINCT r.sync) AS syncs
    FROM can_sign_in c LEFT JOIN subject_read r ON r.dataset = 'factors' AND r.subject = c.id;
