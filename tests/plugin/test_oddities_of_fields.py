"""Every field of every record that is read, with values that it should not have.

A value that tells nothing (another kind of JSON, a number beyond all numbers) makes nothing else
untrue: what rests on it is unknown. A text that Okta does not send is taken as it is, and breaks
nothing.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any, get_args

import attrs
import pytest
from attrs import frozen

from okta_sandbox.api import tricks
from tests.plugin.test_oddities import ENDPOINTS, Endpoint, check_others, some
from tests.support.oddities import lost, odd_org, read, unnamed, wrongly_verified
from twin_host.contract import DatasetState
from twin_okta.api import models
from twin_okta.api.structure import _okta_name
from twin_okta.datasets import DATASETS

MODELS = {
    "/api/v1/users": models.User,
    "/api/v1/users/*/factors": models.Factor,
    "/api/v1/groups": models.Group,
    "/api/v1/groups/*/users": models.Member,
    "/api/v1/iam/assignees/users": models.RoleAssignee,
    "/api/v1/users/*/roles": models.Role,
    "/api/v1/groups/*/roles": models.Role,
    "/oauth2/v1/clients/*/roles": models.Role,
    "/api/v1/iam/roles/*/permissions": models.Permission,
    "/api/v1/iam/resource-sets/*/resources": models.Resource,
    "/api/v1/api-tokens": models.ApiToken,
    "/api/v1/apps": models.App,
    "/api/v1/apps/*/users": models.AppUser,
    "/api/v1/apps/*/groups": models.AppGroup,
    "/api/v1/policies": models.Policy,
    "/api/v1/policies/*/rules": models.PolicyRule,
    "/api/v1/authenticators": models.Authenticator,
    "/api/v1/devices": models.Device,
    "/api/v1/zones": models.Zone,
    "/api/v1/threats/configuration": models.ThreatInsight,
}
HANGS_ON = ("app_read", "device_user")
"""Tables whose rows go with a record of another."""
OF_ANY_SHAPE = {
    "/api/v1/policies/*/rules": [
        "conditions.people", "conditions.people.users.exclude", "conditions.network",
        "conditions.network.connection", "actions.signon", "actions.signon.access",
        "actions.signon.requireFactor", "actions.signon.primaryFactor", "actions.signon.session",
        "actions.signon.session.maxSessionIdleMinutes",
        "actions.signon.session.maxSessionLifetimeMinutes",
        "actions.signon.session.usePersistentCookie", "actions.appSignOn",
        "actions.appSignOn.access", "actions.appSignOn.verificationMethod",
        "actions.appSignOn.verificationMethod.type",
        "actions.appSignOn.verificationMethod.factorMode",
        "actions.appSignOn.verificationMethod.reauthenticateIn",
        "actions.appSignOn.verificationMethod.constraints",
        "actions.appSignOn.verificationMethod.constraints.knowledge",
        "actions.appSignOn.verificationMethod.constraints.knowledge.types",
        "actions.appSignOn.verificationMethod.constraints.possession",
        "actions.appSignOn.verificationMethod.constraints.possession.deviceBound",
    ],
    "/api/v1/logs": [
        "uuid", "published", "eventType", "severity", "displayMessage", "actor", "actor.id",
        "actor.type", "actor.alternateId", "actor.displayName", "client", "client.ipAddress",
        "client.userAgent", "client.geographicalContext", "outcome", "outcome.result",
        "outcome.reason", "target", "target.id", "target.type", "target.displayName",
        "target.alternateId", "transaction", "debugContext", "debugContext.debugData",
        "authenticationContext", "securityContext", "request", "request.ipChain",
    ],
}  # fmt: skip
"""Parts of records that have no model."""

TELLING_NOTHING = [
    7, {}, [], True, 2**70, -(2**70), 1.5, {"a": {"b": 1}}, ["text"], [None], [[]], [7], 1e300,
]  # fmt: skip
TEXTS = [
    "", "L\ud83d", "\x00\x07\x1b[2J\u202e\x9b", "../x", "x" * 100_000, "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z", "2026-02-30T00:00:00Z", "' OR 1=1 --", "<script>", "{}", " ", "7",
    "\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{LATIN SMALL LETTER DOTLESS I}",
]  # fmt: skip

LEFT_OUT = object()

MAY_BE_LEFT_OUT = {
    "/api/v1/users": {
        "activated", "lastLogin", "statusChanged", "passwordChanged", "profile.userType",
    },
    "/api/v1/apps": {"settings", "settings.oauthClient", "settings.oauthClient.application_type"},
    "/api/v1/api-tokens": {"expiresAt", "lastUpdated"},
    "/api/v1/policies/*/rules": {
        "conditions", "conditions.people", "conditions.network", "conditions.network.connection",
        "conditions.people.users.exclude", "actions.appSignOn.verificationMethod.constraints",
        "actions.appSignOn.verificationMethod.constraints.knowledge",
        "actions.appSignOn.verificationMethod.constraints.knowledge.types",
        "actions.appSignOn.verificationMethod.constraints.possession",
        "actions.appSignOn.verificationMethod.constraints.possession.deviceBound",
        "actions.signon.session",
    },
}  # fmt: skip
"""Where nothing is a value of its own: never, or nobody left out."""


def fields_of(model: type[Any], before: str = "") -> Iterator[str]:
    for field in attrs.fields(model):
        name = before + _okta_name(field.name)
        yield name
        kinds = [k for k in (field.type, *get_args(field.type)) if attrs.has(k)]  # pyright: ignore
        for kind in kinds:
            yield from fields_of(kind, name + ".")


def fields(endpoint: Endpoint) -> list[str]:
    model = MODELS.get(endpoint.path)
    return [*(fields_of(model) if model else ()), *OF_ANY_SHAPE.get(endpoint.path, ())]


CASES = [(endpoint, field) for endpoint in ENDPOINTS for field in fields(endpoint)]


@frozen
class Spoilt:
    """Every so many-th record gets the next of the values; `spoilt` tells which those were."""

    field: str
    values: list[Any]
    every: int
    turn: Any = attrs.field(factory=count)
    spoilt: list[int] = attrs.field(factory=list)

    def __call__(self, request: Any, answer: Any) -> Any:
        return tricks.records(self._changed)(request, answer)

    def _changed(self, found: list[Any]) -> list[Any]:
        for record, number in zip(found, self.turn, strict=False):
            if number % self.every == 0:
                put(
                    record,
                    self.field.split("."),
                    self.values[number // self.every % len(self.values)],
                )
                self.spoilt.append(number)
        return found


def put(holder: Any, way: list[str], value: Any) -> None:
    """Put a value where a way through objects and lists leads."""
    if isinstance(holder, list):
        for each in holder:
            put(each, way, value)
    elif isinstance(holder, dict) and len(way) == 1 and value is LEFT_OUT:
        holder.pop(way[0], None)
    elif isinstance(holder, dict) and len(way) == 1:
        holder[way[0]] = value
    elif isinstance(holder, dict):
        put(holder.get(way[0]), way[1:], value)


def spoil(endpoint: Endpoint, trick: Any) -> Any:
    org = odd_org()
    org.sandbox.faults.play(trick, endpoint.path, query=endpoint.query)
    return read(org)


@pytest.mark.parametrize(("endpoint", "field"), some(CASES))
def test_a_value_that_tells_nothing_makes_nothing_untrue(endpoint, field):
    trick = Spoilt(field, TELLING_NOTHING, every=2)

    left = spoil(endpoint, trick)

    assert trick.spoilt
    assert wrongly_verified(left) == []
    assert unnamed(left) == []
    check_others(left, *endpoint.datasets)
    tables = [table for name in endpoint.datasets for table in DATASETS[name].tables]
    if endpoint.path not in ("/api/v1/groups", "/api/v1/policies", "/api/v1/iam/assignees/users"):
        gone = lost(left)
        assert sum(len(gone[it]) for it in tables if it not in HANGS_ON) <= len(trick.spoilt)


@pytest.mark.parametrize(("endpoint", "field"), some(CASES))
def test_a_field_that_is_missing_makes_nothing_untrue(endpoint, field):
    left = spoil(endpoint, Spoilt(field, [None, LEFT_OUT], every=2))

    may_be = field in MAY_BE_LEFT_OUT.get(endpoint.path, ())
    assert wrongly_verified(left, said_otherwise=endpoint.datasets if may_be else set()) == []
    assert unnamed(left) == []
    check_others(left, *endpoint.datasets)


@pytest.mark.parametrize(("endpoint", "field"), some(CASES))
def test_a_text_that_okta_never_sends_breaks_nothing(endpoint, field):
    left = spoil(endpoint, Spoilt(field, TEXTS, every=1))

    assert wrongly_verified(left, said_otherwise=endpoint.datasets) == []
    assert unnamed(left) == []
    check_others(left, *endpoint.datasets)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_a_record_that_comes_twice_is_there_once(endpoint):
    left = spoil(endpoint, tricks.records(lambda found: found + found[::-1]))

    assert wrongly_verified(left) == []
    assert not any(lost(left).values())


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
def test_ids_that_differ_in_case_are_two(endpoint):
    def doubled(found: list[Any]) -> list[Any]:
        names = ("id", "label", "orn", "uuid")
        return found + [
            {k: v.swapcase() if k in names and isinstance(v, str) else v for k, v in each.items()}
            for each in found
        ]

    left = spoil(endpoint, tricks.records(doubled))

    assert wrongly_verified(left, said_otherwise=endpoint.datasets) == []
    assert left.report.datasets["threat_insight"].state == DatasetState.COMPLETE
    assert unnamed(left) == []
