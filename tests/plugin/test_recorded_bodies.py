"""Every body that real orgs sent is understood, with no field guessed."""

from collections import Counter

import httpx
import pytest

from tests.support import recordings
from twin_okta.api.errors import error_body
from twin_okta.api.headers import rate_headers
from twin_okta.api.models import (
    ApiToken,
    App,
    AppUser,
    Authenticator,
    Factor,
    Group,
    Policy,
    PolicyRule,
    Role,
    User,
    Zone,
)
from twin_okta.api.spoken import KnownSecrets
from twin_okta.api.structure import structure

pytestmark = recordings.present

MODELS = {
    "user": User,
    "factor": Factor,
    "role": Role,
    "group": Group,
    "app": App,
    "app user": AppUser,
    "API token": ApiToken,
    "policy": Policy,
    "policy rule": PolicyRule,
    "authenticator": Authenticator,
    "zone": Zone,
}


@pytest.mark.parametrize("kind", MODELS)
def test_every_recorded_body_becomes_a_model(kind):
    records = [record for _, record in recordings.bodies(kind)]

    good, bad = structure(records, MODELS[kind])

    assert records
    assert bad == []
    assert [model.id for model in good] == [record["id"] for record in records]


def test_the_fields_of_recorded_users_are_taken_over_as_they_are():
    for _, record in recordings.bodies("user"):
        (user,), _ = structure([record], User)

        assert user.status == record["status"]
        assert user.profile.login == record["profile"]["login"]
        assert user.last_login == record["lastLogin"]
        assert user.credentials.provider.type == record["credentials"]["provider"]["type"]


def test_the_fields_of_recorded_apps_and_factors_are_taken_over_as_they_are():
    for _, record in recordings.bodies("app"):
        (app,), _ = structure([record], App)
        assert (app.label, app.sign_on_mode, app.status) == (
            record["label"],
            record["signOnMode"],
            record["status"],
        )
    for _, record in recordings.bodies("factor"):
        (factor,), _ = structure([record], Factor)
        assert (factor.factor_type, factor.status) == (record["factorType"], record["status"])


def test_recorded_rate_limit_headers_are_read():
    seen = Counter()
    for exchange in recordings.exchanges():
        headers = httpx_headers(exchange)
        if "x-rate-limit-limit" in headers:
            found = rate_headers(headers)
            assert found is not None
            assert found.limit == int(headers["x-rate-limit-limit"])
            seen["read"] += 1

    assert seen["read"] > 500


def test_recorded_errors_have_a_code():
    failed = [e for e in recordings.exchanges() if e.status >= 400 and "errorCode" in e.body]

    assert failed
    for exchange in failed:
        code, summary = error_body(exchange.body.encode(), KnownSecrets())
        assert code.startswith("E00")
        assert summary


def test_recorded_next_links_are_found_beside_the_self_link():
    found = []
    for exchange in recordings.exchanges():
        response = httpx.Response(exchange.status, headers=httpx_headers(exchange))
        if any('rel="next"' in line for line in exchange.headers.get("link", [])):
            found.append(response.links["next"]["url"])

    assert found
    assert all("/api/v1/" in url and "after=" in url for url in found)


def httpx_headers(exchange):
    pairs = [(name, value) for name, values in exchange.headers.items() for value in values]
    return httpx.Headers(pairs)
