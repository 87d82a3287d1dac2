"""Roles, tokens, policies and zones change, and entries tell of it."""

from typing import Any

import pytest

from okta_sandbox.definitions import figures
from okta_sandbox.times import iso
from okta_sandbox.truth import truth
from tests.sandbox.calling import Caller
from tests.sandbox.changing import LATER_S, Changing

ADD, REMOVE = "application.user_membership.add", "application.user_membership.remove"


@pytest.fixture
def changing() -> Changing:
    return Changing()


def test_a_role_is_given_to_a_group_and_taken_from_it(changing: Changing) -> None:
    group = changing.org.groups.base[6]
    members = {user["id"] for user in changing.caller.all(f"/api/v1/groups/{group.id}/users")}
    changing.act.grant_group_role(group, "ORG_ADMIN")
    roles = changing.caller.get(f"/api/v1/groups/{group.id}/roles").json()
    assert [role["type"] for role in roles] == ["ORG_ADMIN"]
    assert members <= truth(changing.org).privileged
    assert members <= figures(changing.org)["admins_tier_0"]
    changing.act.revoke_group_roles(group)
    assert changing.caller.get(f"/api/v1/groups/{group.id}/roles").json() == []
    assert not members <= truth(changing.org).privileged
    for kind in ("grant", "revoke"):
        assert changing.told(f"group.privilege.{kind}") == [{"UserGroup": group.id}]


def test_a_custom_role_may_do_more_and_less(changing: Changing) -> None:
    role = changing.org.admins.custom_role("Access reviewer")
    assert role
    holder = next(
        user
        for user in changing.org.admins.holders()
        if [grant.label for grant in changing.org.admins.direct(user)] == [role.label]
    )
    id_ = changing.org.people.ids.encode(holder)
    assert id_ in figures(changing.org)["admins_tier_2"]
    changing.act.set_permissions(role.label, "okta.users.manage", "okta.groups.read")
    body = changing.caller.get(f"/api/v1/iam/roles/{role.id}/permissions").json()
    labels = [permission["label"] for permission in body["permissions"]]
    assert labels == ["okta.users.manage", "okta.groups.read"]
    assert id_ in figures(changing.org)["admins_tier_1"]
    assert changing.logged() == [
        ("iam.role.permissions.add", role.id),
        ("iam.role.permissions.delete", role.id),
    ]


def test_an_api_token_is_made_and_revoked_and_goes_with_its_owner(changing: Changing) -> None:
    def listed() -> list[str]:
        return [token["name"] for token in changing.caller.get("/api/v1/api-tokens").json()]

    before = listed()
    token = changing.act.add_token("new", changing.user)
    assert listed() == [*before, "new"]
    changing.act.revoke_token(token)
    other = changing.org.security.tokens[-1]
    changing.act.deactivate_user(other.owner)
    assert listed() == before[:-1]
    assert [e for e in changing.types() if "token" in e] == [
        "system.api_token.create",
        "system.api_token.revoke",
        "system.api_token.revoke",
    ]
    refused = Caller(
        changing.caller.sandbox, changing.caller.clock, {"authorization": f"SSWS {other.secret}"}
    ).get("/api/v1/users")
    assert refused.status_code == 401


def test_a_rule_changes_and_is_switched_off(changing: Changing) -> None:
    policy = changing.org.security.session_policies[-1]
    office, default = policy.rules
    path = f"/api/v1/policies/{policy.id}/rules"
    assert truth(changing.org).rules_without_mfa == {office.id}
    changing.act.change_rule(policy, default, require_factor=False)
    changing.act.deactivate_rule(policy, office)
    listed = {rule["id"]: rule for rule in changing.caller.get(path).json()}
    assert listed[office.id]["status"] == "INACTIVE"
    assert listed[default.id]["actions"]["signon"]["requireFactor"] is False
    assert {rule["lastUpdated"] for rule in listed.values()} == {iso(LATER_S)}
    assert truth(changing.org).rules_without_mfa == {default.id}
    assert changing.told("policy.rule.update") == [
        {"PolicyEntity": policy.id, "PolicyRule": default.id}
    ]


def test_rules_and_policies_come_and_go(changing: Changing) -> None:
    policy = changing.org.security.session_policies[-1]
    path = f"/api/v1/policies/{policy.id}/rules"
    spec = {"require_factor": True, "idle_minutes": 10, "lifetime_minutes": 60}
    rule = changing.act.add_rule(policy, name="First", **spec)
    first = changing.caller.get(path).json()[0]
    assert (first["id"], first["priority"]) == (rule.id, 1)
    changing.act.delete_rule(policy, rule)
    assert rule.id not in {r["id"] for r in changing.caller.get(path).json()}
    made = changing.act.add_policy("OKTA_SIGN_ON", "Night", {"name": "Always", **spec})
    policies = changing.caller.get("/api/v1/policies?type=OKTA_SIGN_ON").json()
    assert [p["id"] for p in policies][-2:] == [made.id, policy.id]
    assert [p["priority"] for p in policies] == [1, 2, 3, 4]
    changing.act.deactivate_policy(made)
    assert changing.caller.get(f"/api/v1/policies/{made.id}").json()["status"] == "INACTIVE"
    assert changing.types() == [
        "policy.rule.add",
        "policy.rule.delete",
        "policy.lifecycle.create",
        "policy.rule.add",
        "policy.lifecycle.deactivate",
    ]


def test_a_new_policy_leaves_the_applications_under_theirs(changing: Changing) -> None:
    def links() -> dict[str, str]:
        apps = changing.caller.all("/api/v1/apps", limit=200)
        return {app["id"]: app["_links"]["accessPolicy"]["href"] for app in apps}

    before = links()
    changing.act.add_policy("ACCESS_POLICY", "New", {"name": "Catch-all Rule", "factors": "1FA"})
    assert links() == before


def test_zones_change(changing: Changing) -> None:
    def listed() -> dict[str, tuple[str, Any]]:
        zones = changing.caller.get("/api/v1/zones").json()
        return {zone["name"]: (zone["status"], zone.get("gateways")) for zone in zones}

    before = listed()
    changing.act.change_zone("office", "192.0.2.0/25")
    changing.act.add_zone("lab", "198.51.100.0/24")
    changing.act.deactivate_zone("lab")
    assert listed()["office"] == ("ACTIVE", [{"type": "CIDR", "value": "192.0.2.0/25"}])
    assert listed()["lab"][0] == "INACTIVE"
    changing.act.delete_zone("lab")
    assert set(listed()) == set(before)
    assert changing.types() == [
        "zone.update", "zone.create", "zone.deactivate", "zone.delete",
    ]  # fmt: skip
