"""The DPoP exchange that Okta's SDK recorded with a real org, played to our client."""

import asyncio
import base64
import json

import httpx
import pytest

from tests.support import recordings
from twin_okta.api.clock import OktaClock
from twin_okta.api.keys import SigningKey
from twin_okta.api.oauth import ServiceApp

pytestmark = recordings.present
FILES = ("test_dpop_api_request", "test_dpop_multiple_requests", "test_dpop_nonce_update")


def exchanges_of(name):
    return [e for e in recordings.exchanges() if name in e.file]


def decoded(jwt):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in jwt.split(".")[:2]]


@pytest.mark.parametrize("name", FILES)
def test_the_recorded_exchange_is_followed_to_its_token(name):
    recorded = exchanges_of(name)
    tokens = iter([e for e in recorded if e.path == "/oauth2/v1/token"])
    data = [e for e in recorded if e.path != "/oauth2/v1/token"]
    seen = []

    def answer(request):
        seen.append(request)
        exchange = next(tokens) if request.url.path == "/oauth2/v1/token" else data[0]
        headers = [
            (k, v) for k, vs in exchange.headers.items() for v in vs
            if k not in ("transfer-encoding", "content-encoding", "date")
        ]  # fmt: skip
        return httpx.Response(exchange.status, headers=headers, content=exchange.body.encode())

    app = ServiceApp(
        "https://test.okta.com", "0oa1", SigningKey.generate(), ["okta.users.read"], OktaClock()
    )

    async def ask():
        async with httpx.AsyncClient(auth=app, transport=httpx.MockTransport(answer)) as client:
            return await client.get("https://test.okta.com/api/v1/users?limit=1")

    response = asyncio.run(ask())

    assert response.status_code == 200
    paths = [request.url.path for request in seen]
    assert paths[-1] == "/api/v1/users"
    proofs = [decoded(request.headers["dpop"]) for request in seen if "dpop" in request.headers]
    last_token_request = proofs[-2][1]
    assert last_token_request["nonce"] == "sanitized_dpop_nonce"
    header, claims = proofs[-1]
    assert header["typ"] == "dpop+jwt"
    assert "d" not in header["jwk"]
    assert claims["htu"] == "https://test.okta.com/api/v1/users"  # without the query
    assert claims["htm"] == "GET"
    assert claims["ath"]
    assert seen[-1].headers["authorization"].startswith("DPoP ")
    assert len({claims["jti"] for _, claims in proofs}) == len(proofs)
