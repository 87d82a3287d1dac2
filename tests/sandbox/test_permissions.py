"""What each credential may read, and how a denial is told."""

import pytest

from tests.sandbox.calling import Caller, a_caller

DATASETS = {
    "users": "/api/v1/users",
    "factors": "/api/v1/users/me/factors",
    "groups": "/api/v1/groups",
    "apps": "/api/v1/apps",
    "roles": "/api/v1/iam/assignees/users",
    "logs": "/api/v1/logs",
    "org": "/api/v1/org",
    "tokens": "/api/v1/api-tokens",
    "devices": "/api/v1/devices",
}


@pytest.mark.parametrize(
    ("token", "denied"),
    [
        ("super_admin", set()),
        ("read_only_admin", {"roles", "tokens"}),
        ("custom_role", {"logs", "org", "tokens", "devices"}),
        ("help_desk", {"apps", "roles", "logs", "org", "tokens", "devices"}),
        ("no_logs", {"logs", "tokens", "devices"}),
    ],
)
def test_each_kind_of_administrator_sees_what_its_role_allows(token: str, denied: set[str]) -> None:
    caller = a_caller(token=token)
    statuses = {name: caller.get(path).status_code for name, path in DATASETS.items()}
    assert {name for name, status in statuses.items() if status == 403} == denied
    assert all(status in (200, 403) for status in statuses.values())


def test_a_denial_is_e0000006_without_a_challenge() -> None:
    response = a_caller(token="read_only_admin").get("/api/v1/iam/roles")
    assert response.json()["errorCode"] == "E0000006"
    assert "www-authenticate" not in response.headers


def test_a_help_desk_administrator_sees_the_people_of_some_groups_only() -> None:
    caller = a_caller(token="help_desk", groups=24)
    org = caller.sandbox.org
    groups = [org.groups.named("Customer Support"), org.groups.named("Contractors")]
    visible = {user for group in groups if group for _, user in org.groups.members(group)}
    found = caller.all("/api/v1/users", limit=40)
    assert {user["id"] for user in found} == {org.people.ids.encode(user) for user in visible}
    assert {group["profile"]["name"] for group in caller.all("/api/v1/groups")} == {
        "Customer Support",
        "Contractors",
    }
    hidden = next(user for user in range(120) if user not in visible)
    assert caller.get(f"/api/v1/users/{org.people.ids.encode(hidden)}").status_code == 403
    assert caller.get(f"/api/v1/groups/{org.groups.all[0].id}/users").status_code == 403


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("SSWS wrong", "E0000011"),
        ("Bearer wrong", "E0000011"),
        ("Basic dXNlcjp3b3Jk", "E0000011"),
        ("", "E0000005"),
    ],
)
def test_a_credential_that_does_not_work_is_401(header: str, code: str) -> None:
    caller = a_caller()
    caller.headers = {"authorization": header} if header else {}
    response = caller.get("/api/v1/users")
    assert (response.status_code, response.json()["errorCode"]) == (401, code)


def test_a_revoked_token_stops_working() -> None:
    caller = a_caller()
    assert caller.get("/api/v1/users/me").status_code == 200
    caller.sandbox.credentials.revoke(caller.sandbox.token())
    assert caller.get("/api/v1/users/me").status_code == 401


def test_me_is_the_administrator_the_token_belongs_to() -> None:
    for token in ("super_admin", "read_only_admin", "custom_role", "help_desk", "no_logs"):
        caller = a_caller(token=token)
        me = caller.get("/api/v1/users/me").json()
        owner = next(t.owner for t in caller.sandbox.org.security.tokens if t.name == token)
        assert me["id"] == caller.sandbox.org.people.ids.encode(owner)


def test_the_engine_is_told_to_anybody() -> None:
    for edition, pipeline in (("identity-engine", "idx"), ("classic", "v1")):
        caller = a_caller(edition=edition)
        caller.headers = {}
        assert caller.get("/.well-known/okta-organization").json()["pipeline"] == pipeline


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/nowhere", 404, "E0000008"),
        ("/api/v1/users/00uNobody/factors", 404, "E0000007"),
        ("/api/v1/users/nobody@example.com", 404, "E0000007"),
        ("/api/v1/groups/00gNothing", 404, "E0000007"),
        ("/api/v1/apps/0oaNothing/users", 404, "E0000007"),
        ("/api/v1/iam/roles/cr0Nothing/permissions", 404, "E0000007"),
    ],
)
def test_what_is_not_there_is_told_in_oktas_words(path: str, status: int, code: str) -> None:
    response = a_caller().get(path)
    assert (response.status_code, response.json()["errorCode"]) == (status, code)
    assert response.json()["errorId"].startswith("oae")


def test_another_method_is_405() -> None:
    caller = a_caller()
    assert caller.post("/api/v1/users", {"a": "b"}).json()["errorCode"] == "E0000022"


def test_the_permissions_of_a_custom_role_are_listed_by_id_and_by_label() -> None:
    caller: Caller = a_caller()
    role = caller.get("/api/v1/iam/roles").json()["roles"][0]
    by_id = caller.get(f"/api/v1/iam/roles/{role['id']}/permissions").json()
    by_label = caller.get(f"/api/v1/iam/roles/{role['label']}/permissions").json()
    assert by_id == by_label
    assert {p["label"] for p in by_id["permissions"]} >= {"okta.users.read", "okta.iam.read"}


def test_each_tokens_share_is_listed_for_one_type_of_principal() -> None:
    caller = a_caller()
    refused = caller.get("/api/v1/principal-rate-limits")
    assert (refused.status_code, refused.json()["errorCode"]) == (400, "E0000001")
    listed = caller.get(
        "/api/v1/principal-rate-limits", filter='principalType eq "SSWS_TOKEN"'
    ).json()
    assert {entry["defaultPercentage"] for entry in listed} == {50}
