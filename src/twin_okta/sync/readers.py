"""How each dataset is read: its list, what has changed of that, and the lists of its subjects."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from attrs import Factory, frozen

from twin_okta.changes import Difference
from twin_okta.sync.api_tokens import API_TOKENS
from twin_okta.sync.app_use import last_use
from twin_okta.sync.apps import APPS
from twin_okta.sync.assignments import GROUPS as APP_GROUPS
from twin_okta.sync.assignments import USERS as APP_USERS
from twin_okta.sync.authenticators import AUTHENTICATORS
from twin_okta.sync.custom_roles import PERMISSIONS, RESOURCES
from twin_okta.sync.devices import CHANGED_DEVICES, DEVICES
from twin_okta.sync.factors import FACTORS
from twin_okta.sync.groups import CHANGED_GROUPS, GROUPS, MEMBERS, ORDINARY_MEMBERS
from twin_okta.sync.lists import Listing, read_whole
from twin_okta.sync.merge import Since
from twin_okta.sync.policies import RULES, read_policies
from twin_okta.sync.roles import ASSIGNEES, ROLES
from twin_okta.sync.run import Run
from twin_okta.sync.service_apps import ROLES as CLIENT_ROLES
from twin_okta.sync.threat_insight import read_threat_insight
from twin_okta.sync.users import CHANGED_USERS, read_users
from twin_okta.sync.zones import ZONES

OfEach = Mapping[str, Sequence[Listing[Any]]]


@frozen(kw_only=True)
class Reader:
    """How one dataset is read. `whole` reads and shows its list; `since` asks for what has changed
    of that; `of_each` are the lists of a subject, by the subject's kind."""

    whole: Callable[[Run], Awaitable[Difference]] | None = None
    since: Since | None = None
    of_each: Callable[[Run], OfEach] = Factory(lambda: _nothing)


def _nothing(_run: Run) -> OfEach:
    return {}


def _list(dataset: str, listing: Listing[Any]) -> Callable[[Run], Awaitable[Difference]]:
    async def read(run: Run) -> Difference:
        return await read_whole(run, dataset, listing)

    return read


def _each(**of_kind: Sequence[Listing[Any]]) -> Callable[[Run], OfEach]:
    return lambda _run: of_kind


READERS: dict[str, Reader] = {
    "users": Reader(whole=read_users, since=CHANGED_USERS),
    "factors": Reader(of_each=_each(user=[FACTORS])),
    "groups": Reader(
        whole=_list("groups", GROUPS), since=CHANGED_GROUPS, of_each=_each(group=[MEMBERS])
    ),
    "members": Reader(of_each=_each(group=[ORDINARY_MEMBERS])),
    "roles": Reader(whole=_list("roles", ASSIGNEES), of_each=_each(user=[ROLES], group=[ROLES])),
    "custom_roles": Reader(of_each=_each(role=[PERMISSIONS], resource_set=[RESOURCES])),
    "api_tokens": Reader(whole=_list("api_tokens", API_TOKENS)),
    "apps": Reader(whole=_list("apps", APPS)),
    "assignments": Reader(of_each=_each(app=[APP_USERS, APP_GROUPS])),
    "service_apps": Reader(of_each=_each(app=[CLIENT_ROLES])),
    "policies": Reader(whole=read_policies, of_each=_each(policy=[RULES])),
    "authenticators": Reader(whole=_list("authenticators", AUTHENTICATORS)),
    "devices": Reader(whole=_list("devices", DEVICES), since=CHANGED_DEVICES),
    "zones": Reader(whole=_list("zones", ZONES)),
    "threat_insight": Reader(whole=read_threat_insight),
    "app_use": Reader(of_each=lambda run: {"app": [last_use(run)]}),
}
