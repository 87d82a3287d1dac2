"""The factors of every user who can sign in: one call each, there is no bulk endpoint."""

from typing import Any

from twin_okta.api.json_path import at
from twin_okta.api.models import Factor
from twin_okta.rules import load
from twin_okta.snapshot import Record
from twin_okta.sync.lists import Listing


def _row(factor: Factor) -> Record:
    return {
        "id": factor.id,
        "type": factor.factor_type,
        "provider": factor.provider,
        "vendor": factor.vendor_name,
        "status": factor.status,
        "created": factor.created,
        "last_updated": factor.last_updated,
    }


def _can_sign_in(user: Any) -> bool:
    return at(user, "status") in load("statuses")["can_sign_in"]


FACTORS = Listing(
    path="/api/v1/users/{user_id}/factors",
    parent="/api/v1/users/{user_id}",
    lives=_can_sign_in,
    model=Factor,
    table="factor",
    row=_row,
)
