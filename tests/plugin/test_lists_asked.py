"""Every list says the truth of the org, column by column, and keeps what it promises."""

import pytest

from tests.support.small_snapshot import SmallSnapshot
from tests.support.virtual_org import virtual_org
from twin_host.contract import ColumnType
from twin_okta.posture.lists import lists
from twin_okta.posture.standing import Standings
from twin_okta.snapshot import Snapshot

CONTRACT = {
    "users": "id login email status department provider last_login created",
    "factors": "id user_id type provider status strength",
    "groups": "id name type users_count",
    "members": "group_id user_id",
    "roles": "holder_kind holder_id type label via tier",
    "apps": "id label sign_on_mode class status assigned_users",
    "assignments": "app_id user_id scope",
    "events": "id time event_type severity actor source_ip",
    "tokens": "id",
    "policies": "id",
    "rules": "id",
}
"""What other programs rely on: never renamed, never taken away."""


@pytest.fixture(scope="module", params=["identity-engine", "classic"])
def org(request, tmp_path_factory):
    org = virtual_org(
        users=300,
        apps=30,
        seed=9,
        edition=request.param,
        variety=True,
        state_dir=tmp_path_factory.mktemp("s"),
    )
    org.sync(hours_back=168)
    org.lists = {found.kind: found for found in org.enrich().lists}
    return org


@pytest.fixture
def rows(org):
    def of(kind, where="1", **values):
        with Snapshot.to_read(org.state_dir) as snapshot:
            return snapshot.records(f"SELECT * FROM {kind} WHERE {where}", values)

    return of


def test_each_list_has_the_columns_that_it_documents_in_their_order(org):
    with Snapshot.to_read(org.state_dir) as snapshot:
        for kind, found in org.lists.items():
            assert snapshot.columns(f"SELECT * FROM {kind}") == tuple(
                column.name for column in found.columns
            ), kind


def test_what_other_programs_rely_on_is_there(org):
    for kind, columns in CONTRACT.items():
        assert set(columns.split()) <= {column.name for column in org.lists[kind].columns}, kind


def test_a_key_is_never_null_and_tells_rows_apart(org, rows):
    for kind, found in org.lists.items():
        keys = [tuple(row[name] for name in found.key) for row in rows(kind)]
        assert None not in {value for key in keys for value in key}, kind
        assert len(set(keys)) == len(keys), kind


def test_booleans_are_one_or_nought_and_times_are_utc(org, rows):
    for kind, found in org.lists.items():
        for row in rows(kind):
            for column in found.columns:
                value = row[column.name]
                if column.type is ColumnType.BOOLEAN:
                    assert value in (0, 1, None), (kind, column.name)
                elif column.type is ColumnType.TIME and value is not None:
                    assert value.endswith("Z"), (kind, column.name)
                    assert value[10] == "T", (kind, column.name)
                elif column.type is ColumnType.NUMBER:
                    assert value is None or isinstance(value, int), (kind, column.name)


def test_ids_lead_to_things(org, rows):
    things = {found.thing: found for found in org.lists.values() if found.thing}
    known = {
        thing: {row[found.key[0]] for row in rows(found.kind)} for thing, found in things.items()
    }
    for kind, found in org.lists.items():
        for column in (it for it in found.columns if it.of or it.of_column):
            for row in rows(kind):
                thing = row[column.of_column] if column.of_column else column.of
                if kind not in ("events", "timeline"):  # the log names those that are no more
                    assert row[column.name] in known[thing] | {None}, (kind, column.name)


def test_people_are_those_of_the_org(org, rows):
    people = org.sandbox.org.people
    found = {row["id"]: row for row in rows("users")}
    assert len(found) == len(list(people.indexes()))
    for index in people.indexes():
        user = people.user(index)
        assert found[user.id]["login"] == user.login
        assert found[user.id]["status"] == user.status


def test_everybody_has_the_factors_and_the_strength_that_the_figures_count(org, rows):
    with Snapshot.to_read(org.state_dir) as snapshot:
        people = snapshot.records("SELECT id, strength FROM person", {})
    listed = {row["id"]: row["strength"] for row in rows("users")}
    assert {person["id"]: person["strength"] for person in people}.items() <= listed.items()
    assert all(listed[row["user_id"]] is not None for row in rows("factors"))


def test_administrators_are_the_privileged_with_their_tier(org, rows):
    figure = next(fact for fact in org.facts().values() if fact.key == "privileged_users")
    found = rows("administrators")
    assert len(found) == int(figure.value)
    held = {row["holder_id"] for row in rows("roles", "holder_kind = 'user'")}
    assert {row["id"] for row in found} == held
    for row in found:
        tiers = [role["tier"] for role in rows("roles", "holder_id = :id", id=row["id"])]
        assert row["tier"] == min(tiers)


def test_a_role_through_a_group_names_the_group_once(org, rows):
    for row in rows("roles", "holder_kind = 'user'"):
        assert row["via"] == "direct" or row["via"].startswith("group ")
        if row["via"] != "direct":
            group = rows("groups", "name = :name", name=row["via"].removeprefix("group "))
            assert rows(
                "members",
                "group_id = :group AND user_id = :user",
                group=group[0]["id"],
                user=row["holder_id"],
            )


def test_assignments_add_up_to_what_the_apps_say(org, rows):
    for app in rows("apps", "assigned_users IS NOT NULL"):
        found = rows("assignments", "app_id = :id", id=app["id"])
        assert len(found) == app["assigned_users"]
        direct = [row for row in found if row["scope"] == "USER"]
        assert len(direct) == app["assigned_directly"]


def test_a_rule_says_whom_it_meets_and_what_it_asks(org, rows):
    office = rows("rules", "name = 'In the office' AND policy_type = 'OKTA_SIGN_ON'")[0]
    zone = rows("zones", "id IN (SELECT value ->> 1 FROM shown_policy_rule r,"
                " json_each(r.conditions) WHERE r.id = :rule)", rule=office["id"])  # fmt: skip
    assert office["asks"] == "a password"
    assert not zone or zone[0]["name"] in office["conditions"]
    everybody = rows("rules", "name = 'Default Rule'")[0]
    assert everybody["conditions"] == "everybody, everywhere"
    assert everybody["asks"] == "a second factor"


def test_an_app_shows_its_own_rules_and_the_session_s(org, rows):
    for app in rows("apps"):
        found = rows("app_rules", "app_id = :id", id=app["id"])
        of_session = rows("rules", "policy_type = 'OKTA_SIGN_ON'")
        of_app = rows("rules", "policy_id = :policy", policy=app["policy_id"])
        assert len(found) == len(of_session) + len(of_app)


def test_the_log_is_judged_as_the_events_are(org, rows):
    told = {event.id: (event.severity, event.title) for event in org.enrich().events}
    listed = {row["id"]: (row["severity"], row["title"]) for row in rows("events")}
    assert told
    assert {key: value for key, value in listed.items() if value[0]} == told


def test_the_timeline_has_each_entry_once_for_whoever_it_names(org, rows):
    found = rows("timeline")
    assert len({(row["thing_id"], row["id"]) for row in found}) == len(found)
    for row in found:
        assert (row["part"] == "did") == (row["thing_id"] == row["actor_id"])


# --- what was not read ----------------------------------------------------------------------------


def test_what_was_not_read_is_null_and_told(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    org.person("u1")
    org.execute("DELETE FROM subject_read WHERE dataset = 'factors'")
    org.execute(
        "UPDATE dataset SET shown = 0, state = 'denied', reason = 'No.' WHERE name = 'roles'"
    )

    with Snapshot.to_read(tmp_path) as snapshot:
        (row,) = snapshot.records("SELECT * FROM users", {})
        told = {found.kind: found.notes for found in lists(Standings.of(snapshot))}
    assert (row["factors"], row["strength"], row["factors_read_at"]) == (None, None, None)
    assert "roles: No." in told["roles"]
    assert "roles: No." in told["administrators"]
    assert not told["zones"]
