"""Okta over HTTP: credentials, pacing, retries, paging and models. Knows nothing of any twin."""

from twin_okta.api.client import OktaClient, Page, Traffic
from twin_okta.api.errors import (
    BadCredential,
    BudgetSpent,
    Denied,
    NotFound,
    NotOkta,
    OktaError,
    Refused,
    ServerTrouble,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)

__all__ = [
    "BadCredential",
    "BudgetSpent",
    "Denied",
    "NotFound",
    "NotOkta",
    "OktaClient",
    "OktaError",
    "Page",
    "Refused",
    "ServerTrouble",
    "Throttled",
    "Traffic",
    "Unreachable",
    "UnreadableAnswer",
]
