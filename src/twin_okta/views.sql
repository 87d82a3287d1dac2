-- What the snapshot means, built on the plain views shown_<table>. Made anew when this file changes.
--
-- A value that Okta did not send, or that was not read, is NULL here too: conditions are 1, 0, or
-- NULL where nobody can say. In these files `x IS NOT 0` reads "so, or perhaps so".

-- --- settings ------------------------------------------------------------------------------------

-- The one row of settings and moments on which queries depend, so that none needs a parameter.
CREATE VIEW setting AS
    SELECT o.edition, o.edition = 'v1' AS is_classic, o.stale_after_days, o.reader_id,
        (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(d.as_of, d.started_at),
                '-' || o.stale_after_days || ' days')
            FROM dataset d WHERE d.name = 'users') AS stale_before,
        'api_tokens' IN (SELECT s.name FROM sound s) AND NOT EXISTS
            (SELECT 1 FROM shown_api_token t WHERE t.user_id IS NULL) AS knows_tokens,
        'custom_roles' IN (SELECT s.name FROM sound s) AS knows_permissions,
        (SELECT d.shown > 0 FROM dataset d WHERE d.name = 'roles') AS knows_roles
    FROM org o;

-- --- what was read, and what has changed since ---------------------------------------------------

-- Since when the log is known without a hole, and up to when.
CREATE VIEW log_reach AS
    SELECT max(since, coalesce((SELECT max(until) FROM log_hole), '')) AS since, read_to
    FROM log_cursor;

-- What the log tells of each subject; '*' is the whole dataset. A failed attempt changes nothing.
CREATE VIEW news AS
    SELECT e.number, e.published, e.event_type, e.actor_id FROM log_event e
    WHERE e.number > (SELECT min(after_event) FROM subject_read) AND e.outcome IS NOT 'FAILURE';
CREATE VIEW told_change AS
    SELECT d.dataset, t.id AS subject, e.number, e.published
    FROM due_event d JOIN news e ON e.event_type = d.event_type
    JOIN target t ON t.event = e.number AND t.type = d.target_type
    WHERE d.target_type <> '' AND t.id IS NOT NULL
    UNION ALL
    SELECT d.dataset, CASE d.otherwise WHEN 'actor' THEN e.actor_id ELSE '*' END, e.number,
        e.published
    FROM due_event d JOIN news e ON e.event_type = d.event_type
    WHERE d.otherwise NOT IN ('nothing', 'sample') AND NOT EXISTS (SELECT 1 FROM target t
        WHERE t.event = e.number AND t.type = d.target_type AND t.id IS NOT NULL);

-- Subjects that have changed since they were read. An entry that had been stored when the subject
-- was read cannot say so, nor one that was published well before. A subject without a reading of
-- its own is as old as the list that it is on.
CREATE VIEW told_due AS
    SELECT c.dataset, c.subject, max(c.published) AS changed FROM told_change c
    LEFT JOIN subject_read r ON r.dataset = c.dataset AND r.subject = c.subject
    LEFT JOIN subject_read l ON l.dataset = c.dataset AND l.subject = '*'
    WHERE c.number > coalesce(r.after_event, l.after_event)
        AND c.published >= coalesce(r.newer_from, l.newer_from)
    GROUP BY 1, 2;

-- Changes of what may hide factors from Okta's listing. Of the type of a policy Okta documents
-- no spelling; one that is not said, of a policy that is not known, may be an enrolment policy's.
CREATE VIEW hiding_change AS
    SELECT e.number, e.published FROM due_event d JOIN log_event e ON e.event_type = d.event_type
    WHERE d.otherwise = 'sample' AND e.outcome IS NOT 'FAILURE' AND NOT EXISTS (SELECT 1
        FROM target t LEFT JOIN json_each(CASE WHEN json_valid(CAST(e.raw AS TEXT))
            THEN CAST(e.raw AS TEXT) ELSE '{}' END, '$.target') j ON j.key = t.position
        WHERE t.event = e.number AND t.type = 'PolicyEntity'
            AND (t.id IN (SELECT p.id FROM shown_policy p)
                OR lower(json_extract(j.value, '$.detailEntry.policyType')) NOT LIKE '%enroll'));

-- Who may have been changed by that: 200 drawn at random, the same whoever asks; everybody, once
-- somebody was found otherwise than before.
CREATE VIEW perhaps_due AS
    SELECT r.dataset, r.subject, max(c.published) AS changed FROM hiding_change c
    CROSS JOIN subject_read r  -- of such changes there are few, and mostly none
    WHERE r.dataset = 'factors' AND r.subject <> '*' AND c.number > r.after_event AND c.published >= r.newer_from
        AND (r.subject IN (SELECT s.subject FROM subject_read s
                WHERE s.dataset = 'factors' AND s.subject <> '*' ORDER BY s.spread LIMIT 200)
            OR EXISTS (SELECT 1 FROM drift d WHERE d.dataset = 'factors'
                AND d.found_at >= c.published
                AND julianday(d.since) - julianday(c.published) <= 60 / 86400.0))
    GROUP BY 1, 2;
CREATE VIEW due AS
    SELECT a.dataset, a.subject, max(a.changed) AS changed
    FROM (SELECT * FROM told_due UNION ALL SELECT * FROM perhaps_due) a GROUP BY 1, 2;

-- What was found otherwise than it was known, and the log has not told of even since.
CREATE VIEW drifted AS
    SELECT d.dataset, d.subject, d.since, d.found_at, d.appeared, d.went FROM drift d
    WHERE NOT EXISTS (SELECT 1 FROM log_event e JOIN due_event u ON u.event_type = e.event_type
            AND u.dataset = d.dataset
        LEFT JOIN target t ON t.event = e.number AND t.type = u.target_type
        WHERE e.published BETWEEN d.since AND d.found_at
            AND (t.id = d.subject OR d.subject = '*' OR t.id IS NULL AND u.otherwise <> 'nothing')
            AND (u.otherwise <> 'sample' OR e.number IN (SELECT h.number FROM hiding_change h)));

CREATE VIEW shown_factor_read AS
    SELECT subject AS user_id, outcome, in_order, read_at, sync, failure FROM subject_read
    WHERE dataset = 'factors';
CREATE VIEW shown_app_read AS
    SELECT subject AS app_id, CASE failure WHEN '' THEN outcome ELSE 'unreadable' END AS outcome
    FROM subject_read WHERE dataset = 'assignments' AND subject <> '*';

-- Of when the factors are that were read of those who can sign in.
CREATE VIEW factor_sweep AS
    SELECT min(p.read_at) AS oldest, max(p.read_at) AS newest, count(DISTINCT p.sync) AS syncs,
        count(*) FILTER (WHERE p.failure <> '') AS failed
    FROM population p WHERE p.read_at IS NOT NULL;

-- Datasets of which everything was understood, and nothing is doubted.
CREATE VIEW sound AS
    SELECT d.name FROM dataset d
    WHERE d.shown > 0 AND d.unreadable = 0 AND d.doubt = '' AND (d.name = 'factors' OR NOT EXISTS
        (SELECT 1 FROM subject_read r WHERE r.dataset = d.name AND r.failure <> ''));

-- How far each dataset can be believed; `as_of` is its oldest reading. Users whose factors changed
-- since are undecided one by one, in `population`.
CREATE VIEW standing AS
    SELECT d.name, d.name IN (SELECT s.name FROM sound s) AND (d.name = 'factors'
            OR d.name NOT IN (SELECT u.dataset FROM due u UNION SELECT u.dataset FROM unread u))
            AS complete,
        d.shown > 0 AS read_once,
        coalesce(CASE d.name WHEN 'factors' THEN (SELECT s.oldest FROM factor_sweep s)
                ELSE min(d.as_of, o.read_at) END, d.as_of, o.read_at, d.started_at) AS as_of,
        d.state, coalesce(nullif(d.doubt, ''), d.reason) AS reason
    FROM dataset d LEFT JOIN (SELECT r.dataset, min(r.read_at) AS read_at FROM subject_read r
        WHERE r.subject <> '*' AND r.outcome = 'read' GROUP BY r.dataset) o ON o.dataset = d.name;

-- --- factors -------------------------------------------------------------------------------------

-- Whether sign-in may use an authenticator: it is active, and not kept for recovery.
CREATE VIEW listed_authenticator AS
    SELECT a.id, a.key, CASE
            WHEN a.status NOT IN ('ACTIVE', '') OR a.allowed_for NOT IN ('any', 'sso') THEN 0
            WHEN a.status = '' THEN NULL
            WHEN a.allowed_for IS NULL AND a.key IN
                (SELECT f.key FROM factor_authenticator f WHERE f.has_purpose) THEN NULL
            ELSE 1 END AS usable
    FROM shown_authenticator a;

-- Whether sign-in may use factors of a type, by the authenticators behind it. Where those were not
-- read, Okta's listing of the factor says that its authenticator is active, and not for what it is.
CREATE VIEW factor_use AS
    SELECT f.type, f.provider, CASE
            WHEN (SELECT s.is_classic FROM setting s) OR max(a.usable) THEN 1
            WHEN count(a.id) = 0 THEN CASE WHEN f.has_purpose THEN NULL ELSE 1 END
            WHEN count(a.usable) < count(a.id) THEN NULL
            ELSE 0 END AS usable
    FROM factor_authenticator f LEFT JOIN listed_authenticator a ON a.key = f.key
    GROUP BY f.type, f.provider;

-- Factors, each with its authenticator, how strong it is, and whether sign-in may use it. One that
-- it may use and whose rank is above 0 is an enrolment.
CREATE VIEW enrolment AS
    SELECT f.user_id, f.id, f.type, f.provider, f.status, f.created, f.authenticator, f.strength,
        f.rank, f.usable
    FROM (SELECT r.user_id, r.id, r.type, r.provider, r.status, r.created,
            coalesce(same.name, r.id) AS authenticator,
            coalesce(t.strength, 'unknown') AS strength,
            CASE WHEN r.type = '' THEN NULL ELSE coalesce(t.rank, 3) END AS rank,
            CASE WHEN r.status NOT IN ('ACTIVE', '') OR (u.type IS NOT NULL AND u.usable = 0) THEN 0
                WHEN coalesce(r.status, '') = '' THEN NULL
                WHEN u.type IS NULL THEN 1
                ELSE u.usable END AS usable
        FROM shown_factor r
        LEFT JOIN factor_strength t ON t.type = r.type
        LEFT JOIN same_authenticator same ON same.type = r.type AND same.provider = r.provider
        LEFT JOIN factor_use u ON u.type = r.type AND u.provider = r.provider) f;

-- Of each user the factors that may be enrolments.
CREATE VIEW enrolled_factor AS
    SELECT e.user_id, e.type, e.strength, e.rank, e.usable
    FROM enrolment e WHERE coalesce(e.status, '') IN ('ACTIVE', '');

-- The types of them, each once.
CREATE VIEW enrolled_type AS
    SELECT e.user_id, e.type, e.strength, e.rank, CASE WHEN max(e.usable) THEN 1
            WHEN count(e.usable) < count(*) THEN NULL ELSE 0 END AS usable
    FROM enrolled_factor e GROUP BY e.user_id, e.type;

-- --- people --------------------------------------------------------------------------------------

-- What a login that is no person's looks like, in small letters.
CREATE VIEW service_login AS
    SELECT lower(n.pattern) AS pattern FROM service_account_name n
    UNION SELECT lower(e.value) FROM org o,
        json_each(CASE WHEN json_valid(o.service_account_names) THEN o.service_account_names END) e;

-- Everybody who can sign in. `drawn` is NULL while a user's factors were not read, else 1 for those
-- drawn at random and 0 for those read first on purpose; who changed since, or could never be read,
-- is no random sample, and `is_unsure`. `failure`: an earlier reading stands. `enrolled` says what
-- `person` tells of a user's factors in the digits of one number, each 2 where nobody can say, so that
-- they are looked at once, and only those of the users whom a query comes to. `seen`: the newest of
-- sign-in and activation (creation where there is none). `service_evidence` shows an account that is
-- no person's.
CREATE VIEW population AS
    SELECT p.id, p.login, p.status, p.provider, p.created, p.activated, p.last_login, p.can_sign_in,
        p.elsewhere, p.drawn, p.is_unsure, p.read_at, p.sync, p.failure,
        CASE WHEN p.is_known THEN p.enrolled ELSE 31402 END AS enrolled,
        p.service_evidence, nullif(max(coalesce(p.last_login, ''),
            coalesce(p.activated, p.created, '')), '') AS seen
    FROM (SELECT q.*, q.drawn IS NOT NULL AND NOT q.is_unsure AS is_known
        FROM (SELECT u.id, u.login, u.status, u.provider, u.created, u.activated, u.last_login,
                CASE WHEN u.status = '' THEN NULL ELSE 1 END AS can_sign_in,
                u.provider IN (SELECT e.type FROM elsewhere_provider e) AS elsewhere,
                1 - r.in_order AS drawn, coalesce(r.outcome <> 'read', 0)
                    OR u.id IN (SELECT d.subject FROM due d WHERE d.dataset = 'factors')
                    AS is_unsure,
                CASE r.outcome WHEN 'read' THEN r.read_at END AS read_at,
                CASE r.outcome WHEN 'read' THEN r.sync END AS sync, r.failure,
                (SELECT CASE WHEN b.at_least >= 1 THEN 1 WHEN b.at_most < 1 THEN 0 ELSE 2 END
                    + 4 * CASE WHEN b.at_least >= 4 THEN 1 WHEN b.at_most < 4 THEN 0 ELSE 2 END
                    + 16 * CASE WHEN b.at_least >= 5 THEN 1 WHEN b.at_most < 5 THEN 0 ELSE 2 END
                    + 64 * CASE WHEN b.at_least > 1 OR b.at_most < 1 THEN 0
                        WHEN b.at_least = 1 AND b.at_most = 1 THEN 1 ELSE 2 END
                    + 256 * CASE WHEN b.at_least > 2 OR b.at_most < 2 OR b.weakest < 2 THEN 0
                        WHEN b.at_least = 2 AND b.at_most = 2 AND b.weakest_perhaps >= 2 THEN 1
                        ELSE 2 END
                    + 1024 * CASE WHEN b.at_least >= 1 OR b.has_email_perhaps IS NOT 1 THEN 0
                        WHEN b.at_most < 1 AND b.has_email THEN 1 ELSE 2 END
                    + 4096 * CASE WHEN b.at_least <> b.at_most THEN 7 ELSE b.at_least END
                    FROM (SELECT
                        coalesce(max(CASE WHEN f.usable AND f.rank > 0 THEN f.rank ELSE 0 END), 0)
                            AS at_least,
                        coalesce(max(CASE WHEN (f.usable AND f.rank > 0) IS 0 THEN 0
                            ELSE coalesce(f.rank, 5) END), 0) AS at_most,
                        min(CASE WHEN f.usable AND f.rank > 0 THEN f.rank END) AS weakest,
                        min(CASE WHEN (f.usable AND f.rank > 0) IS NOT 0 THEN coalesce(f.rank, 1) END)
                            AS weakest_perhaps,
                        max(CASE WHEN f.usable THEN f.strength = 'email' END) AS has_email,
                        max(CASE WHEN f.usable IS NOT 0 THEN f.strength = 'email' END)
                            AS has_email_perhaps
                        FROM enrolled_factor f WHERE f.user_id = u.id) b) AS enrolled,
                CASE WHEN lower(u.user_type) IN (SELECT t.name FROM service_account_type t)
                    THEN 'user type ' || u.user_type
                    ELSE (WITH patterns AS MATERIALIZED (SELECT pattern FROM service_login)
                        SELECT 'login like ' || s.pattern FROM patterns s
                        WHERE lower(u.login) GLOB s.pattern LIMIT 1) END AS service_evidence
            FROM shown_user u LEFT JOIN shown_factor_read r ON r.user_id = u.id
            WHERE (u.status IN (SELECT i.status FROM sign_in_status i) OR u.status = '')
                AND coalesce(r.outcome, '') <> 'gone') q) p;

-- The same in the words of the figures. `in_coverage`: can sign in, and not elsewhere.
CREATE VIEW person AS
    SELECT p.id, p.login, p.status, p.provider, p.created, p.activated, p.last_login,
        p.can_sign_in, p.elsewhere, p.drawn, p.can_sign_in AND NOT p.elsewhere AS in_coverage,
        nullif(p.enrolled & 3, 2) AS has_mfa, nullif(p.enrolled >> 2 & 3, 2) AS has_strong,
        nullif(p.enrolled >> 4 & 3, 2) AS has_resistant,
        nullif(p.enrolled >> 6 & 3, 2) AS has_weak_only,
        nullif(p.enrolled >> 8 & 3, 2) AS has_elsewhere_only,
        nullif(p.enrolled >> 10 & 3, 2) AS has_email_only,
        CASE WHEN p.drawn IS NULL THEN 'not read yet' WHEN p.is_unsure THEN 'undecided'
            ELSE CASE p.enrolled >> 12 WHEN 0 THEN 'none' WHEN 1 THEN 'weak' WHEN 2 THEN 'elsewhere'
                WHEN 3 THEN 'unknown' WHEN 4 THEN 'strong' WHEN 5 THEN 'phishing-resistant'
                ELSE 'undecided' END END AS strength,
        CASE WHEN p.service_evidence IS NOT NULL THEN 1 WHEN p.login = '' THEN NULL ELSE 0 END
            AS is_service_account, p.service_evidence, p.seen,
        (SELECT t.last_used FROM token_use t WHERE t.user_id = p.id) AS token_used,
        CASE WHEN p.seen >= (SELECT s.stale_before FROM setting s) THEN 0
            WHEN p.seen IS NULL THEN NULL
            WHEN NOT EXISTS (SELECT 1 FROM token_use t WHERE t.user_id = p.id) THEN 1
            ELSE (SELECT max(t.last_used) < (SELECT s.stale_before FROM setting s)
                FROM token_use t WHERE t.user_id = p.id)
        END AS is_stale,
        CASE WHEN p.drawn IS NULL THEN 'not read yet'
            WHEN p.is_unsure THEN 'they changed since they were read, or could not be read'
            WHEN p.can_sign_in IS NULL THEN 'their status was not sent'
            WHEN p.elsewhere IS NULL THEN 'their credential provider was not sent'
            WHEN p.enrolled >> 12 = 7
                THEN 'whether sign-in may use their factors is not known'
            WHEN p.login = '' THEN 'their login was not sent' END AS why,
        (SELECT group_concat(DISTINCT e.type) FROM enrolment e
            WHERE e.user_id = p.id AND e.status = 'ACTIVE') AS factors,
        (SELECT count(DISTINCT e.authenticator) FROM enrolment e
            WHERE e.user_id = p.id AND e.status = 'ACTIVE') AS authenticators
    FROM population p;

-- --- privilege -----------------------------------------------------------------------------------

-- Users to whom the log says that an admin role was granted, and not that all were revoked since.
CREATE VIEW granted_in_log AS
    SELECT t.id AS user_id,
        max(CASE e.event_type WHEN 'user.account.privilege.grant' THEN e.published END) AS granted
    FROM log_event e JOIN target t ON t.event = e.number AND t.type = 'User' AND t.id IS NOT NULL
    WHERE e.event_type IN ('user.account.privilege.grant', 'user.account.privilege.revoke')
        AND coalesce(e.outcome, 'SUCCESS') = 'SUCCESS'
    GROUP BY t.id
    HAVING granted > coalesce(max(CASE e.event_type
        WHEN 'user.account.privilege.revoke' THEN e.published END), '');

-- Permissions of custom roles, each with its tier.
CREATE VIEW permission_held AS
    SELECT p.role_id, p.permission, coalesce((SELECT min(t.tier) FROM permission_tier t
        WHERE p.permission GLOB t.pattern), 1) AS tier
    FROM shown_role_permission p;

-- Roles that somebody or something holds, each with its tier; NULL where it is not known, as where
-- not every permission of a custom role could be read, of which any may weigh more.
CREATE VIEW role_held AS
    SELECT r.id, r.holder_kind, r.holder_id, r.type, r.role, r.via, r.is_held, r.custom_role_id,
        r.resource_set_id,
        coalesce((SELECT t.tier FROM role_tier t WHERE t.type = r.type),
            (SELECT CASE WHEN s.knows_permissions OR min(p.tier) = 0 THEN min(p.tier) END
                FROM permission_held p, setting s WHERE p.role_id = r.custom_role_id)) AS tier
    FROM (SELECT h.id, h.holder_kind, h.holder_id, coalesce(h.label, h.type) AS role, h.type,
            h.custom_role_id, h.resource_set_id, CASE h.assignment_type WHEN 'GROUP' THEN 'group' ELSE 'direct' END
            AS via, CASE WHEN h.status = '' THEN NULL ELSE h.status <> 'INACTIVE' END AS is_held
        FROM shown_role h
        UNION ALL SELECT c.id, 'app', c.app_id, coalesce(c.label, c.type), c.type, c.custom_role_id,
            c.resource_set_id, 'direct', CASE WHEN c.status = '' THEN NULL ELSE c.status <> 'INACTIVE' END
        FROM shown_client_role c) r
    WHERE r.is_held IS NOT 0;

-- Roles that somebody or something holds.
CREATE VIEW any_role AS
    SELECT r.type, r.custom_role_id, r.resource_set_id FROM shown_role r
    UNION SELECT c.type, c.custom_role_id, c.resource_set_id FROM shown_client_role c;

-- Names of groups that the settings call privileged, folded.
CREATE VIEW privileged_name AS
    SELECT e.value AS name FROM org o,
        json_each(CASE WHEN json_valid(o.privileged_groups) THEN o.privileged_groups END) e;

-- Every way in which somebody is privileged, one row each. Who is in a group that the settings call
-- privileged needs no role, and so has no tier.
CREATE VIEW privilege AS
    SELECT r.holder_id AS user_id, r.role, r.via, r.tier, r.tier IS NOT NULL AS tier_is_known,
        r.is_held
        FROM role_held r WHERE r.holder_kind = 'user'
    UNION
    SELECT m.user_id, r.role, 'group ' || coalesce(g.name, g.id), r.tier, r.tier IS NOT NULL,
        r.is_held
        FROM role_held r JOIN shown_group g ON g.id = r.holder_id
        JOIN shown_group_member m ON m.group_id = g.id WHERE r.holder_kind = 'group'
    UNION
    SELECT m.user_id, 'member of an admin group', 'group ' || coalesce(g.name, g.id), NULL,
        (SELECT s.knows_roles FROM setting s), 1
        FROM shown_group g JOIN shown_group_member m ON m.group_id = g.id WHERE g.has_admin_role
    UNION
    SELECT m.user_id, 'member of a privileged group', 'group ' || g.name, NULL, 1, 1
        FROM shown_group g JOIN shown_group_member m ON m.group_id = g.id
        WHERE coalesce(g.folded_name, lower(g.name)) IN (SELECT n.name FROM privileged_name n)
    UNION  -- only while nobody may read the roles themselves
    SELECT l.user_id, 'granted a role', 'log ' || l.granted, NULL, 0, 1 FROM granted_in_log l
        WHERE NOT (SELECT s.knows_roles FROM setting s);

-- Of whom tokens matter, when one was last used: owners, and where tokens may not be read, whoever
-- is known as an administrator. NULL where it is not known of one.
CREATE VIEW token_use AS
    SELECT t.user_id, CASE WHEN count(t.last_used) = count(*) THEN max(t.last_used) END AS last_used
    FROM shown_api_token t WHERE t.user_id IS NOT NULL GROUP BY t.user_id
    UNION ALL SELECT DISTINCT a.user_id, NULL FROM privilege a
    WHERE NOT (SELECT s.knows_tokens FROM setting s);

-- People whom another list names, and who are no more: the log tells, or they were asked for since
-- all users were listed.
CREATE VIEW gone_user AS
    SELECT r.subject AS id FROM subject_read r JOIN subject_read l
        ON l.dataset = 'users' AND l.subject = '*'
    WHERE r.dataset = 'users' AND r.outcome = 'gone' AND r.read_at >= l.read_at
    UNION
    SELECT t.id FROM log_event e JOIN target t ON t.event = e.number AND t.type = 'User'
    WHERE e.event_type = 'user.lifecycle.delete.completed' AND e.outcome IS NOT 'FAILURE'
        AND t.id IS NOT NULL;

-- Who is in which group, as far as that was read. A group may have become privileged since, and no
-- entry says that whoever is deleted leaves their groups.
CREATE VIEW known_member AS
    SELECT m.group_id, m.user_id FROM shown_group_member m
        WHERE m.user_id NOT IN (SELECT u.id FROM gone_user u)
    UNION ALL SELECT m.group_id, m.user_id FROM shown_member m WHERE NOT EXISTS
        (SELECT 1 FROM shown_group_member p WHERE p.group_id = m.group_id)
        AND m.user_id NOT IN (SELECT u.id FROM gone_user u);

-- Everybody who is privileged, by the strongest of their roles. A holder whom the list of users
-- lacks is nobody who could be looked at.
CREATE VIEW privileged_user AS
    SELECT a.user_id AS id, u.login, u.status, a.roles, a.via,
        CASE WHEN a.tier_is_known THEN a.tier END AS tier, a.tier_is_known,
        a.user_id = (SELECT s.reader_id FROM setting s) AS is_reader,
        CASE WHEN u.id IS NULL OR NOT a.is_held THEN NULL ELSE 1 END AS counts,
        CASE WHEN u.id IS NULL THEN 'they hold a role, and the list of users lacks them'
            WHEN NOT a.is_held THEN 'the status of their role was not sent' END AS why
    FROM (SELECT p.user_id, group_concat(DISTINCT p.role) AS roles,
            group_concat(DISTINCT p.via) AS via, min(p.tier) AS tier,
            min(p.tier_is_known) OR coalesce(min(p.tier) = 0, 0) AS tier_is_known,
            max(coalesce(p.is_held, 0)) AS is_held
        FROM privilege p GROUP BY p.user_id) a
    LEFT JOIN shown_user u ON u.id = a.user_id
    WHERE u.id IS NOT NULL OR a.user_id NOT IN (SELECT g.id FROM gone_user g);

-- Groups of which nobody can say whether their members are privileged, and names in the settings
-- that no group has.
CREATE VIEW undecided_privilege AS
    SELECT g.id, g.name AS login, 'whether these groups hold an admin role was not sent' AS why
        FROM shown_group g WHERE g.has_admin_role IS NULL
    UNION ALL
    SELECT g.id, g.name, 'the name of these groups was not sent'
        FROM shown_group g WHERE g.name IS NULL AND EXISTS (SELECT 1 FROM privileged_name)
    UNION ALL
    SELECT 'group ' || n.name, n.name, 'no group has this name of the settings: ' || n.name
        FROM privileged_name n WHERE n.name NOT IN
            (SELECT coalesce(g.folded_name, lower(g.name)) FROM shown_group g
                WHERE g.name IS NOT NULL);

-- --- applications and what opens them ------------------------------------------------------------

-- Applications, each in the one class that it belongs to.
CREATE VIEW known_app AS
    SELECT a.id, a.name, a.label, a.status, a.sign_on_mode, a.application_type, a.policy_id,
        a.features, a.created, CASE WHEN a.name IS NOT NULL THEN o.name IS NOT NULL END AS is_oktas_own,
        CASE WHEN a.status = '' THEN NULL ELSE a.status = 'ACTIVE' END AS is_active,
        CASE WHEN a.name IS NULL THEN NULL WHEN o.name IS NOT NULL THEN 'oktas_own'
            WHEN a.application_type = 'service' AND a.sign_on_mode = 'OPENID_CONNECT' THEN 'machine'
            WHEN EXISTS (SELECT 1 FROM directory_app d WHERE a.name GLOB d.pattern)
                THEN 'directory'
            WHEN a.sign_on_mode = '' THEN NULL
            ELSE coalesce(c.class, 'other') END AS class
    FROM shown_app a LEFT JOIN sign_on_class c ON c.mode = a.sign_on_mode
    LEFT JOIN own_app o ON o.name = a.name;

CREATE VIEW sso_app AS
    SELECT a.id, a.name, a.label, a.sign_on_mode, a.class, a.policy_id FROM known_app a
    WHERE a.is_active AND a.class IN ('federated', 'password');

-- Applications with who is assigned and when they were last used; NULL where that was not read.
CREATE VIEW application AS
    SELECT a.id, a.name, a.label, a.status, a.sign_on_mode, a.class, a.is_active, a.policy_id,
        CASE WHEN r.outcome = 'read' THEN
            (SELECT count(*) FROM shown_assignment s WHERE s.app_id = a.id) END AS assigned_users,
        CASE WHEN r.outcome = 'read' THEN (SELECT count(*) FROM shown_assignment s
            WHERE s.app_id = a.id AND s.scope = 'USER') END AS assigned_directly,
        CASE WHEN r.outcome = 'read' THEN (SELECT count(*) FROM shown_assignment s
            WHERE s.app_id = a.id AND s.scope = 'GROUP') END AS assigned_through_groups,
        CASE WHEN r.outcome = 'read' THEN
            (SELECT count(*) FROM shown_app_group s WHERE s.app_id = a.id) END AS assigned_groups,
        u.last_used, CASE WHEN w.outcome = 'read' THEN u.last_used IS NOT NULL END AS is_used,
        (SELECT p.name FROM shown_policy p WHERE p.id = a.policy_id) AS policy,
        a.features AS provisioning
    FROM known_app a LEFT JOIN shown_app_read r ON r.app_id = a.id
    LEFT JOIN shown_app_use u ON u.app_id = a.id
    LEFT JOIN subject_read w ON w.dataset = 'app_use' AND w.subject = a.id;

-- Rules of active policies that somebody can meet: those up to the first for everybody.
CREATE VIEW reachable_rule AS
    SELECT r.policy_id, r.id, r.name, r.priority, r.access, r.requires_factor, r.primary_factor,
        r.means, r.idle_minutes, r.lifetime_minutes, p.name AS policy_name, p.type AS policy_type,
        CASE WHEN r.status = '' OR p.status = '' OR r.priority IS NULL THEN NULL ELSE 1 END
            AS is_active
    FROM shown_policy_rule r JOIN shown_policy p ON p.id = r.policy_id
    WHERE p.status IN ('ACTIVE', '') AND r.status IN ('ACTIVE', '') AND NOT EXISTS (
        SELECT 1 FROM shown_policy_rule e WHERE e.policy_id = r.policy_id
            AND e.status = 'ACTIVE' AND e.for_everybody AND e.priority < r.priority);

-- Rules of the global session policies.
CREATE VIEW session_rule AS
    SELECT r.id, r.policy_name || ': ' || r.name AS label, r.idle_minutes, r.lifetime_minutes,
        r.is_active AND r.access = 'ALLOW' AS lets_in,
        r.is_active AND r.access = 'ALLOW' AND NOT r.requires_factor AS skips_mfa,
        r.is_active AND r.access = 'ALLOW' AND NOT r.requires_factor
            AND r.primary_factor = 'PASSWORD_IDP_ANY_FACTOR' AS asks_for_anything
    FROM reachable_rule r WHERE r.policy_type = 'OKTA_SIGN_ON';

-- What begins a session: a password alone, any factor alone. NULL where it cannot be told, as where
-- no session rule is known: an org is never without.
CREATE VIEW session_door AS
    SELECT CASE WHEN max(s.skips_mfa) THEN 1 WHEN count(s.skips_mfa) < count(*) OR count(*) = 0
            THEN NULL ELSE 0 END AS by_password,
        CASE WHEN max(s.asks_for_anything) THEN 1
            WHEN count(s.asks_for_anything) < count(*) OR count(*) = 0 THEN NULL ELSE 0 END
            AS by_anything
    FROM session_rule s;

-- What each reachable rule of an application's policy lets in, session and rule taken together.
CREATE VIEW app_door AS
    SELECT a.id AS app_id, r.policy_name AS policy, r.name AS rule, r.priority, r.means,
        r.is_active AND r.access = 'ALLOW' AND d.by_password
            AND CASE WHEN json_valid(r.means) THEN EXISTS
                (SELECT 1 FROM json_each(r.means) m WHERE m.value = 'password') END
            AS by_password,
        r.is_active AND r.access = 'ALLOW' AND d.by_anything
            AND CASE WHEN json_valid(r.means) THEN EXISTS (SELECT 1 FROM json_each(r.means) m
                WHERE m.value IN ('email', 'phone', 'security_question')) END AS by_weak_factor
    FROM known_app a LEFT JOIN reachable_rule r ON r.policy_id = a.policy_id
    LEFT JOIN session_door d;

-- Applications with what alone opens them, by the first rule that is content with it.
CREATE VIEW opened_app AS
    SELECT a.id, a.name, a.label, a.sign_on_mode, a.class, a.is_active,
        CASE WHEN max(d.by_password) THEN 1 WHEN count(d.by_password) < count(*) THEN NULL
            ELSE 0 END AS by_password,
        CASE WHEN max(d.by_weak_factor) THEN 1 WHEN count(d.by_weak_factor) < count(*) THEN NULL
            ELSE 0 END AS by_weak_factor,
        (SELECT f.policy || ': ' || f.rule FROM app_door f WHERE f.app_id = a.id
            AND (f.by_password OR f.by_weak_factor) ORDER BY f.priority LIMIT 1) AS rule
    FROM known_app a JOIN app_door d ON d.app_id = a.id GROUP BY a.id;

-- --- what has changed ----------------------------------------------------------------------------

-- What everything is called to which something else belongs, and what was, by what it was last called.
CREATE VIEW thing_name AS
    SELECT 'users' AS kind, u.id, u.login AS name FROM shown_user u
    UNION ALL SELECT 'groups', g.id, g.name FROM shown_group g
    UNION ALL SELECT 'apps', a.id, coalesce(a.label, a.name) FROM shown_app a
    UNION ALL SELECT 'policies', p.id, p.name FROM shown_policy p
    UNION ALL SELECT 'devices', d.id, d.name FROM shown_device d
    UNION ALL SELECT c.kind, c.subject, c.label FROM change c WHERE c.change = 'went';

-- Subjects of which nobody has tried to read what hangs on them.
CREATE VIEW never_read AS
    SELECT w.dataset, w.subject FROM wanted_subject w WHERE NOT EXISTS (SELECT 1 FROM subject_read r
        WHERE r.dataset = w.dataset AND r.subject = w.subject)
    UNION ALL
    SELECT 'factors', u.id FROM shown_user u JOIN sign_in_status i ON i.status = u.status
    WHERE NOT EXISTS (SELECT 1 FROM subject_read r
        WHERE r.dataset = 'factors' AND r.subject = u.id);
