"""What the org says of itself: settings, engine, API tokens, limits of principals."""

from typing import Any

from okta_sandbox.api.answers import Answer, validation_failed
from okta_sandbox.api.calls import Call
from okta_sandbox.filters import Dialect, FilterError, literals_of
from okta_sandbox.org.records import ApiToken
from okta_sandbox.times import DAY_S, iso

Json = dict[str, Any]

_PIPELINES = {"identity-engine": "idx", "classic": "v1"}
_PRINCIPALS = Dialect({"principalType": frozenset({"eq"}), "principalId": frozenset({"eq"})})


def get_well_known(call: Call) -> Answer:
    """GET /.well-known/okta-organization, which needs no credential."""
    return Answer.json(
        {
            "id": call.org.id,
            "pipeline": _PIPELINES[call.org.edition],
            "settings": {"analyticsCollectionEnabled": False},
            "_links": {"organization": {"href": call.base}},
        }
    )


def get_org(call: Call) -> Answer:
    """GET /org."""
    org, base = call.org, f"{call.base}/api/v1/org"
    return Answer.json(
        {
            "id": org.id,
            "subdomain": f"sandbox-{org.seed}",
            "companyName": org.name,
            "status": "ACTIVE",
            "expiresAt": None,
            "created": iso(org.as_of_s - 2300 * DAY_S),
            "lastUpdated": iso(org.as_of_s - 20 * DAY_S),
            "website": "https://www.example.com",
            "phoneNumber": "",
            "endUserSupportHelpURL": "",
            "supportPhoneNumber": "",
            "address1": None,
            "address2": None,
            "city": None,
            "state": None,
            "country": None,
            "postalCode": None,
            "_links": {
                "preferences": {"href": f"{base}/preferences"},
                "contacts": {"href": f"{base}/contacts"},
            },
        }
    )


def list_api_tokens(call: Call) -> Answer:
    """GET /api-tokens: one for each SSWS credential, not paged."""
    base = f"{call.base}/api/v1"
    return Answer.json(
        [
            {
                "id": token.id,
                "name": token.name,
                "userId": call.org.people.ids.encode(token.owner),
                "clientName": "Okta API",
                "tokenWindow": "P30D",
                "network": call.org.security.token_connection(token.name),
                "expiresAt": iso(_used_s(call, token) + 30 * DAY_S),
                "created": iso(token.created_s),
                "lastUpdated": iso(_used_s(call, token)),
                "_links": {
                    "self": {"href": f"{base}/api-tokens/{token.id}"},
                    "user": {"href": f"{base}/users/{call.org.people.ids.encode(token.owner)}"},
                },
            }
            for token in call.org.security.tokens
        ]
    )


def _used_s(call: Call, token: ApiToken) -> float:
    return call.org.security.token_used_s(token.name, call.now_s)


def list_principal_rate_limits(call: Call) -> Answer:
    """GET /principal-rate-limits: which share of the buckets each token may use."""
    try:
        expression = _PRINCIPALS.parse(call.query.get("filter", ""))
    except FilterError:
        expression = None
    if expression is None or "SSWS_TOKEN" not in literals_of(expression, "principalType"):
        raise validation_failed(
            "principalRateLimitMediated",
            # Misspelt so by Okta.
            "The provided filter parameter did not contain the required attrbute filter "
            '"principalType"',
        )
    percent = round(call.settings.token_share * 100)
    return Answer.json(
        [
            {
                "id": "prl" + token.id[3:],
                "orgId": call.org.id,
                "principalId": token.id,
                "principalType": "SSWS_TOKEN",
                "defaultPercentage": percent,
                "defaultConcurrencyPercentage": percent,
                "lastUpdate": iso(call.org.as_of_s),
                "createdDate": iso(call.org.as_of_s),
            }
            for token in call.org.security.tokens
        ]
    )
