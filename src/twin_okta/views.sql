-- What the snapshot shows: of each dataset the generation read to its end, or the one being read
-- while there is no other. Made anew each time the snapshot is opened.

CREATE VIEW shown AS
    SELECT name, CASE WHEN shown > 0 THEN shown ELSE reading END AS generation FROM dataset;

CREATE VIEW shown_user AS SELECT user.* FROM user
    WHERE generation = (SELECT generation FROM shown WHERE name = 'users');
CREATE VIEW shown_factor AS SELECT factor.*,
        coalesce(same_authenticator.name, factor.id) AS authenticator
    FROM factor LEFT JOIN same_authenticator
        ON same_authenticator.type = factor.type AND same_authenticator.provider = factor.provider
    WHERE generation = (SELECT generation FROM shown WHERE name = 'factors');
CREATE VIEW shown_factor_read AS SELECT factor_read.* FROM factor_read
    WHERE generation = (SELECT generation FROM shown WHERE name = 'factors');
CREATE VIEW shown_group AS SELECT okta_group.* FROM okta_group
    WHERE generation = (SELECT generation FROM shown WHERE name = 'groups');
CREATE VIEW shown_group_member AS SELECT group_member.* FROM group_member
    WHERE generation = (SELECT generation FROM shown WHERE name = 'groups');
CREATE VIEW shown_role AS SELECT role.* FROM role
    WHERE generation = (SELECT generation FROM shown WHERE name = 'roles');
CREATE VIEW shown_app AS SELECT app.*,
        CASE WHEN app.application_type = 'service' AND app.sign_on_mode = 'OPENID_CONNECT' THEN 'machine'
            ELSE coalesce(sign_on_class.class, 'other') END AS class, own_app.name IS NOT NULL AS is_oktas_own
    FROM app LEFT JOIN sign_on_class ON sign_on_class.mode = app.sign_on_mode
    LEFT JOIN own_app ON own_app.name = app.name
    WHERE generation = (SELECT generation FROM shown WHERE name = 'apps');
CREATE VIEW shown_app_read AS SELECT app_read.* FROM app_read
    WHERE generation = (SELECT generation FROM shown WHERE name = 'assignments');
CREATE VIEW shown_assignment AS SELECT assignment.* FROM assignment
    WHERE generation = (SELECT generation FROM shown WHERE name = 'assignments');

CREATE VIEW shown_app_group AS SELECT app_group.* FROM app_group
    WHERE generation = (SELECT generation FROM shown WHERE name = 'assignments');
CREATE VIEW shown_app_use AS SELECT app_use.* FROM app_use
    WHERE generation = (SELECT generation FROM shown WHERE name = 'app_use');
CREATE VIEW shown_client_role AS SELECT client_role.* FROM client_role
    WHERE generation = (SELECT generation FROM shown WHERE name = 'service_apps');
CREATE VIEW shown_role_permission AS SELECT role_permission.* FROM role_permission
    WHERE generation = (SELECT generation FROM shown WHERE name = 'custom_roles');
CREATE VIEW shown_set_resource AS SELECT set_resource.* FROM set_resource
    WHERE generation = (SELECT generation FROM shown WHERE name = 'custom_roles');
CREATE VIEW shown_api_token AS SELECT api_token.* FROM api_token
    WHERE generation = (SELECT generation FROM shown WHERE name = 'api_tokens');
CREATE VIEW shown_policy AS SELECT policy.* FROM policy
    WHERE generation = (SELECT generation FROM shown WHERE name = 'policies');
CREATE VIEW shown_policy_rule AS SELECT policy_rule.* FROM policy_rule
    WHERE generation = (SELECT generation FROM shown WHERE name = 'policies');
CREATE VIEW shown_authenticator AS SELECT authenticator.* FROM authenticator
    WHERE generation = (SELECT generation FROM shown WHERE name = 'authenticators');
CREATE VIEW shown_zone AS SELECT zone.* FROM zone
    WHERE generation = (SELECT generation FROM shown WHERE name = 'zones');
CREATE VIEW shown_threat_insight AS SELECT threat_insight.* FROM threat_insight
    WHERE generation = (SELECT generation FROM shown WHERE name = 'threat_insight');

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

-- Users to whom the log says that an admin role was granted, and not that all were revoked since.
CREATE VIEW granted_in_log AS
    SELECT json_extract(t.value, '$.id') AS user_id, max(e.published) AS granted
    FROM log_event e, json_each(CAST(e.raw AS TEXT), '$.target') t
    WHERE e.event_type = 'user.account.privilege.grant'
        AND json_extract(t.value, '$.type') = 'User'
        AND NOT EXISTS (
            SELECT 1 FROM log_event l, json_each(CAST(l.raw AS TEXT), '$.target') w
            WHERE l.event_type = 'user.account.privilege.revoke' AND l.published > e.published
                AND json_extract(w.value, '$.id') = json_extract(t.value, '$.id'))
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

CREATE VIEW sso_app AS SELECT id, name, label, sign_on_mode, class, policy_id FROM shown_app
    WHERE status = 'ACTIVE' AND NOT is_oktas_own;

CREATE VIEW password_alone_app AS
    SELECT a.id, a.label, a.sign_on_mode, r.policy_name AS policy, r.name AS rule
    FROM sso_app a JOIN reachable_rule r ON r.policy_id = a.policy_id
    WHERE a.class <> 'machine' AND r.password_alone
    GROUP BY a.id HAVING r.priority = min(r.priority);
