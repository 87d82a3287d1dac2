"""Policies and their rules, authenticators, zones, ThreatInsight, roles of service apps."""

from typing import Any

from okta_sandbox.api.answers import Answer, not_found, validation_failed
from okta_sandbox.api.calls import Call
from okta_sandbox.api.records.role import client_grant_json
from okta_sandbox.org.records import Policy, Rule
from okta_sandbox.times import iso

Json = dict[str, Any]

_KINDS = ("OKTA_SIGN_ON", "ACCESS_POLICY", "MFA_ENROLL", "PASSWORD", "PROFILE_ENROLLMENT")


def list_policies(call: Call) -> Answer:
    """GET /policies?type=: a Classic org has no authentication policies to list."""
    kind = call.query.get("type", "")
    if kind not in _KINDS or (kind == "ACCESS_POLICY" and call.org.edition == "classic"):
        raise validation_failed("type", f"type: '{kind}' is not a policy type of this org.")
    found = [p for p in _all(call) if p.type == kind]
    return Answer.json([_policy_json(call, policy) for policy in found])


def get_policy(call: Call) -> Answer:
    """GET /policies/{id}."""
    return Answer.json(_policy_json(call, _policy(call)))


def list_rules(call: Call) -> Answer:
    """GET /policies/{id}/rules."""
    policy = _policy(call)
    rules = enumerate(policy.rules, 1)
    return Answer.json([_rule_json(call, policy, rule, place) for place, rule in rules])


def list_authenticators(call: Call) -> Answer:
    """GET /authenticators, which a Classic org has none of."""
    return Answer.json([_authenticator_json(call, row) for row in call.org.security.authenticators])


def _authenticator_json(call: Call, row: Json) -> Json:
    security = call.org.security
    id_ = security.id("aut", row["key"])
    record: Json = {
        "type": row["type"],
        "id": id_,
        "key": row["key"],
        "status": row.get("status", "ACTIVE"),
        "name": row["name"],
        "created": iso(security.created_s),
        "lastUpdated": iso(row.get("updated_s", security.created_s)),
        "_links": {"self": {"href": f"{call.base}/api/v1/authenticators/{id_}"}},
    }
    if "allowed_for" in row:
        record["settings"] = {"allowedFor": row["allowed_for"]}
    return record


def list_zones(call: Call) -> Answer:
    """GET /zones."""
    security, api = call.org.security, f"{call.base}/api/v1/zones"
    zones: list[Json] = []
    for row in security.zones:
        id_ = security.id("nzo", row["number"])
        zone: Json = {
            "type": row["type"],
            "id": id_,
            "name": row["name"],
            "status": row.get("status", "ACTIVE"),
            "usage": row["usage"],
            "created": iso(security.created_s),
            "lastUpdated": iso(row.get("updated_s", security.created_s)),
            "system": row.get("system", False),
            "_links": {"self": {"href": f"{api}/{id_}"}},
        }
        if row["type"] == "IP":
            gateways = [{"type": "CIDR", "value": value} for value in row.get("gateways", ())]
            zone |= {"gateways": gateways or None, "proxies": None}
        zones.append(zone)
    return Answer.json(zones)


def get_threat_configuration(call: Call) -> Answer:
    """GET /threats/configuration."""
    security = call.org.security
    return Answer.json(
        {
            "action": security.threat_action,
            "excludeZones": [],
            "created": iso(security.created_s),
            "lastUpdated": iso(security.created_s),
            "_links": {"self": {"href": f"{call.base}/api/v1/threats/configuration"}},
        }
    )


def list_client_roles(call: Call) -> Answer:
    """GET /oauth2/v1/clients/{clientId}/roles."""
    app = call.org.apps.find(call.arguments[0])
    if app is None or app.mode != "OPENID_CONNECT":
        raise not_found(call.arguments[0], "Client")
    grants = call.org.security.machine_roles(app)
    return Answer.json([client_grant_json(grant, app, call.base) for grant in grants])


def list_resource_sets(call: Call) -> Answer:
    """GET /iam/resource-sets."""
    base, security = f"{call.base}/api/v1/iam/resource-sets", call.org.security
    sets = [
        {
            "id": id_,
            "label": label,
            "description": label,
            "created": iso(security.created_s),
            "lastUpdated": iso(security.created_s),
            "_links": {
                "self": {"href": f"{base}/{id_}"},
                "resources": {"href": f"{base}/{id_}/resources"},
                "bindings": {"href": f"{base}/{id_}/bindings"},
            },
        }
        for id_, label in security.resource_sets().items()
    ]
    return Answer.json({"resource-sets": sets, "_links": {}})


def list_resources(call: Call) -> Answer:
    """GET /iam/resource-sets/{id}/resources."""
    org, id_ = call.org, call.arguments[0]
    if id_ not in org.security.resource_sets():
        raise not_found(id_, "ResourceSet")
    itself = f"{call.base}/api/v1/iam/resource-sets/{id_}"
    resources = [
        {
            "id": org.security.id("ire", id_, place),
            "orn": orn,
            "created": iso(org.security.created_s),
            "lastUpdated": iso(org.security.created_s),
            "_links": {"resource": {"href": f"{itself}/resources"}},
        }
        for place, orn in enumerate(org.security.resources(org.id))
    ]
    return Answer.json({"resources": resources, "_links": {"self": {"href": itself}}})


def _all(call: Call) -> tuple[Policy, ...]:
    return call.org.security.session_policies + call.org.security.access_policies


def _policy(call: Call) -> Policy:
    policy = call.org.security.policy(call.arguments[0])
    if policy is None:
        raise not_found(call.arguments[0], "Policy")
    return policy


def _policy_json(call: Call, policy: Policy) -> Json:
    itself = f"{call.base}/api/v1/policies/{policy.id}"
    groups = call.org.security.groups_of(policy)
    ids = [each.id for each in _all(call) if each.type == policy.type]
    return {
        "id": policy.id,
        "status": policy.spec.get("status", "ACTIVE"),
        "name": policy.spec["name"],
        "description": policy.spec["name"],
        "priority": 1 + ids.index(policy.id),
        "system": policy.spec.get("system", False),
        "conditions": {"people": {"groups": {"include": groups}}} if groups else None,
        "created": iso(call.org.security.created_s),
        "lastUpdated": iso(policy.updated_s),
        "type": policy.type,
        "_links": {"self": {"href": itself}, "rules": {"href": f"{itself}/rules"}},
    }


def _rule_json(call: Call, policy: Policy, rule: Rule, place: int) -> Json:
    spec, session = rule.spec, policy.type == "OKTA_SIGN_ON"
    itself = f"{call.base}/api/v1/policies/{policy.id}/rules/{rule.id}"
    return {
        "id": rule.id,
        "status": spec.get("status", "ACTIVE"),
        "name": spec["name"],
        "priority": place,
        "system": spec.get("system", False),
        "conditions": _conditions(call, spec, session=session),
        "actions": _session_action(spec) if session else _access_action(spec),
        "created": iso(call.org.security.created_s),
        "lastUpdated": iso(rule.updated_s),
        "type": "SIGN_ON" if session else "ACCESS_POLICY",
        "_links": {"self": {"href": itself}},
    }


def _conditions(call: Call, spec: Json, *, session: bool) -> Json | None:
    everybody: Json = {
        "people": {"users": {"exclude": []}},
        "network": {"connection": "ANYWHERE"},
        "authContext": {"authType": "ANY"},
    }
    if "conditions" not in spec:
        return everybody if session else None
    network: Json = dict(spec["conditions"]["network"])
    numbers = {zone["name"]: zone["number"] for zone in call.org.security.zones}
    network["include"] = [call.org.security.id("nzo", numbers[name]) for name in network["include"]]
    return (everybody if session else {}) | {"network": network}


def _session_action(spec: Json) -> Json:
    signon: Json = {
        "access": spec.get("access", "ALLOW"),
        "requireFactor": spec["require_factor"],
        "primaryFactor": "PASSWORD_IDP",
        "rememberDeviceByDefault": False,
        "session": {
            "usePersistentCookie": spec.get("persistent", False),
            "maxSessionIdleMinutes": spec["idle_minutes"],
            "maxSessionLifetimeMinutes": spec["lifetime_minutes"],
        },
    }
    if spec["require_factor"]:
        signon |= {"factorPromptMode": "SESSION", "factorLifetime": 15}
    return {"signon": signon}


def _access_action(spec: Json) -> Json:
    access = spec.get("access", "ALLOW")
    action: Json = {"access": access}
    if access == "ALLOW":
        action["verificationMethod"] = {
            "factorMode": spec["factors"],
            "type": "ASSURANCE",
            "reauthenticateIn": "PT2H",
            "constraints": spec.get("constraints", []),
        }
    return {"appSignOn": action}
