"""From the settings and the host's secrets to what signs each request."""

from collections.abc import Mapping

import httpx
from attrs import evolve

from twin_host.contract import Context
from twin_okta.api.auth import ApiToken
from twin_okta.api.keys import SigningKey, UnusableKey
from twin_okta.api.oauth import ServiceApp
from twin_okta.config import ConfigError, OktaConfig, read_key_file
from twin_okta.datasets import Dataset, scopes_of


def credential(config: OktaConfig, context: Context, datasets: Mapping[str, Dataset]) -> httpx.Auth:
    """What authenticates requests that read these datasets.

    Raises ConfigError with a sentence when a secret is missing or unusable.
    """
    if config.auth == "oauth":
        return ServiceApp(
            base_url=config.base_url,
            client_id=config.client_id,
            key=_signing_key(config, context),
            scopes=scopes_of(datasets),
            epoch_s=lambda: context.clock().timestamp(),
            dpop=config.dpop,
        )
    token = context.secrets.get("token")
    if not token:
        raise ConfigError("There is no API token: set OKTA_API_TOKEN or configure the connector.")
    return ApiToken(token)


def _signing_key(config: OktaConfig, context: Context) -> SigningKey:
    secret = context.secrets.get("private_key")
    if secret:
        text = secret.reveal()
    elif config.private_key_file:
        text = read_key_file(config.private_key_file)
    else:
        raise ConfigError("There is no private key: set OKTA_PRIVATE_KEY or configure one.")
    try:
        key = SigningKey.parse(text)
    except UnusableKey as wrong:
        raise ConfigError(str(wrong)) from None
    return evolve(key, key_id=config.key_id or key.key_id)
