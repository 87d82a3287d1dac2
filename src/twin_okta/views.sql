-- What the snapshot shows: of each dataset the generation read to its end, or the one being read
-- while there is no other. Made anew each time the snapshot is opened.

CREATE VIEW shown AS
    SELECT name, CASE WHEN shown > 0 THEN shown ELSE reading END AS generation FROM dataset;

CREATE VIEW shown_user AS SELECT user.* FROM user
    WHERE generation = (SELECT generation FROM shown WHERE name = 'users');
CREATE VIEW shown_factor AS SELECT factor.* FROM factor
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
        coalesce(sign_on_class.class, 'other') AS class, own_app.name IS NOT NULL AS is_oktas_own
    FROM app LEFT JOIN sign_on_class ON sign_on_class.mode = app.sign_on_mode
    LEFT JOIN own_app ON own_app.name = app.name
    WHERE generation = (SELECT generation FROM shown WHERE name = 'apps');
CREATE VIEW shown_app_read AS SELECT app_read.* FROM app_read
    WHERE generation = (SELECT generation FROM shown WHERE name = 'assignments');
CREATE VIEW shown_assignment AS SELECT assignment.* FROM assignment
    WHERE generation = (SELECT generation FROM shown WHERE name = 'assignments');

-- The population of every coverage figure, each with the rank of the best enrolled factor:
-- 0 none, 1 weak, 2 unknown, 3 strong, 4 phishing-resistant; NULL while not read.
CREATE VIEW can_sign_in AS
    SELECT u.id, u.login, u.status, u.created, u.last_login, r.in_order,
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
        WHERE lower(g.name) IN (SELECT lower(value) FROM org, json_each(org.privileged_groups));

CREATE VIEW privileged_user AS
    SELECT u.id, u.login, u.status,
        (SELECT group_concat(DISTINCT p.role) FROM privilege p WHERE p.user_id = u.id) AS roles
    FROM shown_user u WHERE u.id IN (SELECT user_id FROM privilege);

CREATE VIEW sso_app AS SELECT id, name, label, sign_on_mode, class FROM shown_app
    WHERE status = 'ACTIVE' AND NOT is_oktas_own;
