-- What the twin can be asked: one view for each list, named as the list is. This is the product's
-- public schema: rules/lists.toml says what each column means, and docs/lists.md is made of it.
--
-- A column is NULL where it was not read, or Okta did not send it. Rows are the last that were read,
-- and each says where it matters when that was. A list is flat, so that its first rows cost little:
-- what belongs to one row alone is asked for that row.

-- --- people ---------------------------------------------------------------------------------------

CREATE VIEW users AS
    SELECT u.id, u.login, nullif(trim(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')),
            '') AS name, u.email, nullif(u.status, '') AS status, u.department, u.manager, u.provider,
        u.user_type, u.created, u.activated, u.last_login, u.password_changed, u.last_updated,
        u.id IN (SELECT p.user_id FROM privilege p) AS is_privileged,
        CASE WHEN r.outcome = 'read' THEN coalesce((SELECT group_concat(t.type, ', ')
            FROM (SELECT DISTINCT f.type FROM shown_factor f WHERE f.user_id = u.id
                AND f.status = 'ACTIVE') t), '') END AS factors,
        CASE WHEN r.outcome = 'read' THEN (SELECT CASE
                WHEN max(CASE WHEN e.usable AND e.rank > 0 THEN e.rank ELSE 0 END)
                    < max(CASE WHEN (e.usable AND e.rank > 0) IS 0 THEN 0 ELSE coalesce(e.rank, 5) END)
                    THEN 'undecided'
                ELSE CASE coalesce(max(CASE WHEN e.usable THEN e.rank ELSE 0 END), 0)
                    WHEN 0 THEN 'none' WHEN 1 THEN 'weak' WHEN 2 THEN 'elsewhere'
                    WHEN 4 THEN 'strong' WHEN 5 THEN 'phishing-resistant' ELSE 'unknown' END END
            FROM enrolment e WHERE e.user_id = u.id) END AS strength,
        CASE WHEN r.outcome = 'read' THEN r.read_at END AS factors_read_at
    FROM shown_user u LEFT JOIN subject_read r ON r.dataset = 'factors' AND r.subject = u.id;

CREATE VIEW factors AS
    SELECT f.id, f.user_id, u.login AS user, f.type, f.provider, nullif(f.status, '') AS status,
        (SELECT t.strength FROM factor_strength t WHERE t.type = f.type) AS strength,
        (SELECT e.usable FROM enrolment e WHERE e.user_id = f.user_id AND e.id = f.id
            AND e.type = f.type) AS is_usable,
        f.created, f.last_updated
    FROM shown_factor f LEFT JOIN shown_user u ON u.id = f.user_id;

CREATE VIEW administrators AS
    SELECT a.id, a.login, nullif(a.status, '') AS status, a.tier,
        (SELECT u.strength FROM users u WHERE u.id = a.id) AS strength, replace(a.roles, ',', ', ') AS roles,
        replace(a.via, ',', ', ') AS via,
        (SELECT u.factors FROM users u WHERE u.id = a.id) AS factors,
        (SELECT u.last_login FROM shown_user u WHERE u.id = a.id) AS last_login,
        (SELECT u.provider FROM shown_user u WHERE u.id = a.id) AS provider,
        coalesce(a.is_reader, 0) AS is_reader
    FROM privileged_user a;

CREATE VIEW tokens AS
    SELECT t.id, t.name, t.user_id, u.login AS user, t.client_name, t.created, t.expires,
        t.last_used, t.connection
    FROM shown_api_token t LEFT JOIN shown_user u ON u.id = t.user_id;

-- --- groups and roles -----------------------------------------------------------------------------

CREATE VIEW groups AS
    SELECT g.id, g.name, g.type, g.users_count, g.has_admin_role,
        CASE WHEN (SELECT d.shown FROM dataset d WHERE d.name = 'assignments')
            THEN (SELECT count(*) FROM shown_app_group a WHERE a.group_id = g.id) END AS apps_count,
        (SELECT max(r.read_at) FROM subject_read r WHERE r.dataset IN ('groups', 'members')
            AND r.subject = g.id AND r.outcome = 'read') AS members_read_at
    FROM shown_group g;

CREATE VIEW members AS
    SELECT m.group_id, g.name AS "group", m.user_id, u.login AS user
    FROM known_member m LEFT JOIN shown_group g ON g.id = m.group_id
    LEFT JOIN shown_user u ON u.id = m.user_id;

-- Roles that come through a group stand with each of its members that were read. What Okta says of a
-- member's own role of that kind stands only where no such group is known.
CREATE VIEW role_of_member AS
    SELECT h.id, m.user_id, h.type, h.role, 'group ' || coalesce(g.name, g.id) AS via, h.tier, h.is_held,
        h.custom_role_id, h.resource_set_id
    FROM role_held h JOIN known_member m ON m.group_id = h.holder_id
    JOIN shown_group g ON g.id = h.holder_id WHERE h.holder_kind = 'group';

CREATE VIEW roles AS
    SELECT h.id, h.holder_kind, h.holder_id, CASE h.holder_kind
            WHEN 'user' THEN (SELECT u.login FROM shown_user u WHERE u.id = h.holder_id)
            WHEN 'group' THEN (SELECT g.name FROM shown_group g WHERE g.id = h.holder_id)
            ELSE (SELECT a.label FROM shown_app a WHERE a.id = h.holder_id) END AS holder,
        h.type, h.role AS label, h.via, h.tier, h.is_held, h.custom_role_id AS role_id,
        h.resource_set_id
    FROM role_held h
    WHERE h.holder_kind <> 'user' OR h.via <> 'group' OR NOT EXISTS (SELECT 1 FROM role_of_member m
        WHERE m.user_id = h.holder_id AND m.type = h.type AND m.custom_role_id IS h.custom_role_id)
    UNION ALL
    SELECT m.id, 'user', m.user_id, (SELECT u.login FROM shown_user u WHERE u.id = m.user_id), m.type,
        m.role, m.via, m.tier, m.is_held, m.custom_role_id, m.resource_set_id
    FROM role_of_member m;

CREATE VIEW role_permissions AS
    SELECT p.role_id, (SELECT r.label FROM shown_role r WHERE r.custom_role_id = p.role_id) AS role,
        p.permission, p.tier
    FROM permission_held p;

-- --- applications ---------------------------------------------------------------------------------

CREATE VIEW apps AS
    SELECT a.id, coalesce(a.label, a.name) AS label, a.name, nullif(a.status, '') AS status,
        nullif(a.sign_on_mode, '') AS sign_on_mode, a.class, a.assigned_users, a.assigned_directly,
        a.assigned_through_groups, a.assigned_groups, a.last_used, a.is_used, a.policy_id, a.policy,
        (SELECT o.by_password FROM opened_app o WHERE o.id = a.id) AS opened_by_password,
        (SELECT k.created FROM shown_app k WHERE k.id = a.id) AS created
    FROM application a;

CREATE VIEW assignments AS
    SELECT a.app_id, p.label AS app, a.user_id, u.login AS user, a.scope, a.status,
        CASE a.scope WHEN 'GROUP' THEN (SELECT group_concat(g.name, ', ') FROM shown_app_group x
            JOIN shown_group g ON g.id = x.group_id WHERE x.app_id = a.app_id
                AND (g.type = 'BUILT_IN' OR EXISTS (SELECT 1 FROM known_member m
                    WHERE m.group_id = x.group_id AND m.user_id = a.user_id))) END AS through,
        (SELECT max(e.published) FROM log_event e JOIN target t ON t.event = e.number
            WHERE e.actor_id = a.user_id AND e.event_type = 'user.authentication.sso'
                AND t.id = a.app_id AND e.outcome = 'SUCCESS') AS last_used
    FROM shown_assignment a LEFT JOIN shown_app p ON p.id = a.app_id
    LEFT JOIN shown_user u ON u.id = a.user_id;

CREATE VIEW app_groups AS
    SELECT x.app_id, p.label AS app, x.group_id, g.name AS "group", g.users_count
    FROM shown_app_group x LEFT JOIN shown_app p ON p.id = x.app_id
    LEFT JOIN shown_group g ON g.id = x.group_id;

CREATE VIEW service_apps AS
    SELECT a.id, coalesce(a.label, a.name) AS label, nullif(a.status, '') AS status, a.created,
        (SELECT group_concat(h.role, ', ') FROM role_held h
            WHERE h.holder_kind = 'app' AND h.holder_id = a.id) AS roles,
        (SELECT min(h.tier) FROM role_held h
            WHERE h.holder_kind = 'app' AND h.holder_id = a.id) AS tier,
        a.id = (SELECT s.reader_id FROM setting s) AS is_reader
    FROM known_app a WHERE a.class = 'machine';

-- --- what guards sign-in --------------------------------------------------------------------------

CREATE VIEW policies AS
    SELECT p.id, p.name, p.type, nullif(p.status, '') AS status, p.priority,
        CASE WHEN EXISTS (SELECT 1 FROM subject_read s WHERE s.dataset = 'policies'
                AND s.subject = p.id AND s.outcome = 'read')
            THEN (SELECT count(*) FROM shown_policy_rule r WHERE r.policy_id = p.id) END
            AS rules_count,
        CASE WHEN p.type = 'ACCESS_POLICY' AND (SELECT d.shown FROM dataset d WHERE d.name = 'apps')
            THEN (SELECT count(*) FROM shown_app a WHERE a.policy_id = p.id) END AS apps_count
    FROM shown_policy p;

-- Each value of a rule's conditions and demands in words, ids by the names of what they are.
CREATE VIEW rule_term AS
    SELECT r.policy_id, r.id AS rule_id, t.part, t.place, CASE t.left_out WHEN 1 THEN 'not ' ELSE '' END
        || ltrim(t.about || ' ') || coalesce(
            (SELECT g.name FROM shown_group g WHERE g.id = t.value),
            (SELECT z.name FROM shown_zone z WHERE z.id = t.value),
            (SELECT u.login FROM shown_user u WHERE u.id = t.value),
            (SELECT a.label FROM shown_app a WHERE a.id = t.value), t.value) AS words
    FROM shown_policy_rule r JOIN (
        SELECT c.policy_id, c.id, 'condition' AS part, j.key AS place, j.value ->> 0 AS about,
            j.value ->> 1 AS value, j.value ->> 2 AS left_out
            FROM shown_policy_rule c, json_each(c.conditions) j WHERE j.type = 'array'
        UNION ALL SELECT d.policy_id, d.id, 'demand', j.key, j.value ->> 0, j.value ->> 1, j.value ->> 2
            FROM shown_policy_rule d, json_each(d.demands) j WHERE j.type = 'array'
    ) t ON t.policy_id = r.policy_id AND t.id = r.id;

CREATE VIEW rules AS
    SELECT r.id, r.policy_id, p.name AS policy, p.type AS policy_type, r.name,
        nullif(r.status, '') AS status, r.priority, r.access,
        CASE WHEN r.conditions IS NULL THEN NULL ELSE coalesce((SELECT group_concat(t.words, ', ')
            FROM rule_term t WHERE t.policy_id = r.policy_id AND t.rule_id = r.id
                AND t.part = 'condition'), 'everybody, everywhere') END AS conditions,
        CASE p.type WHEN 'OKTA_SIGN_ON' THEN CASE r.requires_factor
                WHEN 1 THEN 'a second factor' WHEN 0 THEN CASE r.primary_factor
                    WHEN 'PASSWORD_IDP_ANY_FACTOR' THEN 'any factor' ELSE 'a password' END END
            ELSE (SELECT group_concat(t.words, ', ') FROM rule_term t
                WHERE t.policy_id = r.policy_id AND t.rule_id = r.id AND t.part = 'demand')
            END AS asks,
        CASE WHEN json_valid(r.means) THEN coalesce((SELECT group_concat(m.value, ', ')
            FROM json_each(r.means) m), '') END AS one_factor_enough,
        r.idle_minutes, r.lifetime_minutes, r.persistent AS is_persistent, r.reauthenticate_in,
        r.id IN (SELECT q.id FROM reachable_rule q) AS is_reachable,
        coalesce(r.priority, 999999) AS place
    FROM shown_policy_rule r JOIN shown_policy p ON p.id = r.policy_id;

-- Which rules stand between a person and an application: those of its own policy, and those of the
-- session's.
CREATE VIEW app_rules AS
    SELECT a.id AS app_id, a.label AS app, r.id AS rule_id, r.policy_id, r.policy, r.policy_type,
        r.name AS rule,
        r.status, r.priority, r.access, r.conditions, r.asks, r.one_factor_enough, r.is_reachable,
        r.place
    FROM shown_app a JOIN rules r ON r.policy_id = a.policy_id OR r.policy_type = 'OKTA_SIGN_ON';

CREATE VIEW authenticators AS
    SELECT a.id, a.key, a.name, a.type, nullif(a.status, '') AS status, a.allowed_for
    FROM shown_authenticator a;

CREATE VIEW zones AS
    SELECT z.id, z.name, z.type, z.usage, nullif(z.status, '') AS status FROM shown_zone z;

CREATE VIEW devices AS
    SELECT d.id, d.name, d.platform, nullif(d.status, '') AS status, d.registered AS is_registered,
        d.managed AS is_managed, d.disk_encryption, d.in_use AS is_in_use,
        (SELECT group_concat(u.login, ', ') FROM shown_device_user x JOIN shown_user u
            ON u.id = x.user_id WHERE x.device_id = d.id) AS users
    FROM shown_device d;

CREATE VIEW device_users AS
    SELECT x.device_id, d.name AS device, d.platform, x.user_id, u.login AS user,
        x.managed AS is_managed
    FROM shown_device_user x LEFT JOIN shown_device d ON d.id = x.device_id
    LEFT JOIN shown_user u ON u.id = x.user_id;

-- --- what happened --------------------------------------------------------------------------------

CREATE VIEW events AS
    SELECT e.uuid AS id, e.published AS time, e.event_type, j.severity, j.title, e.outcome, e.reason,
        e.actor_id, e.actor_name AS actor, e.source_ip, e.country,
        (SELECT group_concat(coalesce(nullif(t.name, ''), nullif(t.label, ''), t.id), ', ')
            FROM target t WHERE t.event = e.number) AS targets
    FROM log_event e JOIN judged_event j ON j.number = e.number;

-- The same by whom and what each concerns; who did something to themselves did it.
CREATE VIEW timeline AS
    SELECT w.thing_id, w.part, e.*
    FROM (SELECT a.actor_id AS thing_id, 'did' AS part, a.uuid FROM log_event a
            WHERE a.actor_id IS NOT NULL
        UNION SELECT t.id, 'met', b.uuid FROM target t JOIN log_event b ON b.number = t.event
            WHERE t.id IS NOT NULL AND t.id IS NOT b.actor_id) w
    JOIN events e ON e.id = w.uuid;

-- --- what has changed -----------------------------------------------------------------------------

CREATE VIEW changes AS
    SELECT c.number, c.time, c.severity, c.change, c.kind, c.id, c.label, c."column",
        CAST(c.before AS TEXT) AS before, CAST(c.after AS TEXT) AS after, CASE
            WHEN c.kind IN ('users', 'factors') THEN 'user'
            WHEN c.kind = 'roles' THEN json_extract(c.key, '$[0]')
            WHEN c.kind IN ('groups', 'members') THEN 'group'
            WHEN c.kind IN ('apps', 'assignments', 'app_groups', 'service_app_roles') THEN 'app'
            WHEN c.kind IN ('policies', 'rules') THEN 'policy'
            WHEN c.kind IN ('devices', 'device_users') THEN 'device'
            WHEN c.kind = 'tokens' THEN 'token'
            WHEN c.kind = 'authenticators' THEN 'authenticator'
            WHEN c.kind = 'zones' THEN 'zone' END AS thing,
        nullif(c.subject, '') AS thing_id, c.sync, 8 * c.sync + CASE c.severity
            WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2
            ELSE 1 END AS weight
    FROM change c WHERE NOT c.is_held;
