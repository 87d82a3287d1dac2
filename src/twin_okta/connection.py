"""A connection to the org: from the settings and the host's secrets to a client that can read."""

from collections.abc import Mapping
from typing import Any

import httpx
from attrs import evolve, frozen

from twin_host.contract import Context
from twin_okta.api import BadCredential, OktaClient, OktaError
from twin_okta.api.auth import ApiToken
from twin_okta.api.clock import OktaClock
from twin_okta.api.json_path import at
from twin_okta.api.keys import SigningKey, UnusableKey
from twin_okta.api.oauth import ServiceApp
from twin_okta.api.pacing import Pacer
from twin_okta.api.spoken import KnownSecrets
from twin_okta.config import ConfigError, OktaConfig, read_key_file
from twin_okta.datasets import Dataset, scopes_of


def connect(
    config: OktaConfig,
    context: Context,
    datasets: Mapping[str, Dataset],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> OktaClient:
    """A client that may read these datasets, as far as Okta lets it; nothing is sent yet.

    `transport` is the seam for tests. Raises ConfigError with a sentence when a secret is missing
    or unusable.
    """
    clock, secrets = OktaClock(lambda: context.clock().timestamp()), KnownSecrets()
    return OktaClient(
        config.base_url,
        _credential(config, context, datasets, clock, secrets),
        Pacer(config.rate_share),
        transport,
        clock,
        secrets,
    )


async def optional(client: OktaClient, path: str) -> Any:
    """What is good to know but proves nothing: None when it may not be read."""
    try:
        return (await client.get(path)).json
    except BadCredential:
        raise
    except OktaError:
        return None


@frozen
class WhoAnswers:
    """The org behind an address: its id, and which of Okta's two engines runs it; each "" when it
    cannot be told."""

    id: str
    edition: str


async def who_answers(client: OktaClient) -> WhoAnswers:
    """Ask what needs no permission (Okta's API reference, "Org setting", well-known metadata)."""
    found = await optional(client, "/.well-known/okta-organization")
    its_id, edition = at(found, "id"), at(found, "pipeline")
    return WhoAnswers(
        its_id if isinstance(its_id, str) else "", edition if isinstance(edition, str) else ""
    )


def _credential(
    config: OktaConfig,
    context: Context,
    datasets: Mapping[str, Dataset],
    clock: OktaClock,
    secrets: KnownSecrets,
) -> httpx.Auth:
    if config.auth == "oauth":
        return ServiceApp(
            base_url=config.base_url,
            client_id=config.client_id,
            key=_signing_key(config, context),
            scopes=scopes_of(datasets),
            clock=clock,
            secrets=secrets,
            dpop=config.dpop,
        )
    token = context.secrets.get("token")
    if not token:
        raise ConfigError("There is no API token: configure the connector.")
    return ApiToken(token)


def _signing_key(config: OktaConfig, context: Context) -> SigningKey:
    secret = context.secrets.get("private_key")
    if secret:
        text = secret.reveal()
    elif config.private_key_file:
        text = read_key_file(config.private_key_file)
    else:
        raise ConfigError("There is no private key: configure the connector.")
    try:
        key = SigningKey.parse(text)
    except UnusableKey as wrong:
        raise ConfigError(str(wrong)) from None
    return evolve(key, key_id=config.key_id or key.key_id)
