"""What a computed System Log entry says: who did what to whom, from where.

An entry names people and things as they were computed, whatever has been changed since: what the
log has once said, it says for ever.
"""

from typing import Any

from okta_sandbox.org.chance import Chance
from okta_sandbox.org.directory import Directory
from okta_sandbox.org.events import Moment, Stream
from okta_sandbox.org.records import User
from okta_sandbox.org.tables import table
from okta_sandbox.times import iso_ms

Json = dict[str, Any]

_EVENTS = table("events")
_HEX = "0123456789abcdef"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SYSTEM: Json = {
    "id": "okta_system",
    "type": "SystemPrincipal",
    "alternateId": "system@okta.com",
    "displayName": "Okta System",
    "detailEntry": None,
}
"""Okta itself, as the actor of what follows from something else."""
_TRIES = 4


def uuid_of(chance: Chance) -> str:
    """A version 4 UUID."""
    text = chance.text(31, _HEX)
    return f"{text[:8]}-{text[8:12]}-4{text[12:15]}-a{text[15:18]}-{text[18:30]}"


def entry(org: Directory, stream: Stream, moment: Moment) -> Json:
    """The whole entry of a computed event, as Okta answers it."""
    row = stream.row
    chance = Chance(org.seed, "event", moment.stream, moment.slot, moment.number)
    uuid = uuid_of(chance)
    away = chance.happens(row.get("away", 0.0))
    user = _person(org, moment.published_ms / 1000, chance)
    actor = _actor(org, row["actor"], user, chance)
    return {
        **frame(row, uuid=uuid, published_ms=moment.published_ms, chance=chance),
        "actor": actor,
        "target": _targets(org, row["target"], user, chance) or None,
        **_origin(org, row, moment, chance, away=away),
    }


def frame(row: Json, *, uuid: str, published_ms: int, chance: Chance) -> Json:
    """The parts of an entry that depend on nobody."""
    transaction = chance.text(24, _LETTERS)
    return {
        "uuid": uuid,
        "published": iso_ms(published_ms),
        "eventType": row["type"],
        "legacyEventType": row.get("legacy"),
        "version": "0",
        "severity": row.get("severity", "INFO"),
        "displayMessage": row["message"],
        "outcome": {"result": row["outcome"], "reason": row.get("reason")},
        "transaction": {"type": "WEB", "id": transaction, "detail": {}},
        "debugContext": {"debugData": {"requestId": transaction, **row.get("debug", {})}},
    }


def user_party(user: User) -> Json:
    """A user as actor or target."""
    return {
        "id": user.id,
        "type": "User",
        "alternateId": user.login,
        "displayName": user.name,
        "detailEntry": None,
    }


def party(id_: str, type_: str, name: str) -> Json:
    """Anything else as actor or target."""
    return {
        "id": id_,
        "type": type_,
        "alternateId": name,
        "displayName": name,
        "detailEntry": None,
    }


def _person(org: Directory, at_s: float, chance: Chance) -> User:
    """Somebody who can sign in and whose last sign-in isn't earlier than this event."""
    people = org.people
    user = people.computed(people.at_rank(chance.number() % people.active_size))
    for _ in range(_TRIES):
        if user.last_login_s is not None and user.last_login_s >= min(at_s, org.as_of_s - 86_400):
            break
        user = people.computed(people.at_rank(chance.number() % people.active_size))
    return user


def _actor(org: Directory, kind: str, user: User, chance: Chance) -> Json:
    if kind == "user":
        return user_party(user)
    if kind == "admin":
        return user_party(org.people.computed(chance.pick(org.admins.first())))
    if kind == "typo":
        # Somebody typed a password where the user name belongs; Okta logs what was typed.
        typed = f"{user.last_name.title()}{chance.whole(10, 99)}!{chance.text(4, _LETTERS)}"
        return party("unknown", "User", typed)
    if kind == "nobody":
        return party("unknown", "User", "unknown")
    if kind == "client":
        app = next((app for app in org.apps.base if app.machine), org.apps.base[0])
        return party(app.id, "PublicClientApp", app.label)
    if kind == "okta":
        return party("okta_support", "User", "Okta Support")
    return SYSTEM


def _targets(org: Directory, kinds: str, user: User, chance: Chance) -> list[Json]:
    targets: list[Json] = []
    for kind in kinds.split("+"):
        if kind == "none":
            continue
        targets.append(_target(org, kind, user, chance))
    return targets


def _target(org: Directory, kind: str, user: User, chance: Chance) -> Json:
    kind, _, place = kind.partition(":")
    if kind in {"self", "user"}:
        return user_party(user if kind == "self" else _person(org, 0, chance))
    if kind == "app":
        app = org.apps.base[int(place)] if place else chance.pick(org.apps.base)
        return party(app.id, "AppInstance", app.label)
    if kind == "group":
        group = chance.pick(org.groups.base)
        return party(group.id, "UserGroup", group.name)
    if kind == "device" and (device := next(org.devices.first_of(user.index), None)):
        return party(device.id, "Device", device.name)
    if kind == "policy":
        name = chance.pick(_EVENTS["policies"])
        return party(_made_id(org, "00p", name), "PolicyEntity", name)
    if kind == "rule":
        name = f"Rule {chance.whole(1, 9)}"
        return party(_made_id(org, "0pr", name), "PolicyRule", name)
    if kind == "zone":
        name = chance.pick(_EVENTS["zones"])
        return party(_made_id(org, "nzo", name), "NetworkZone", name)
    name = f"{kind} {chance.whole(1, 50)}"
    prefix, type_ = _OTHER_TARGETS.get(kind, ("pfd", "AuthenticatorEnrollment"))
    return party(_made_id(org, prefix, name), type_, name)


_OTHER_TARGETS = {
    "token": ("00T", "Token"),
    "client": ("0oa", "PublicClientApp"),
    "idp": ("0oi", "IdentityProvider"),
    "log_stream": ("0oa", "LogStream"),
    "factor": ("pfd", "AuthenticatorEnrollment"),
    "device": ("guo", "Device"),
}


def _made_id(org: Directory, prefix: str, name: str) -> str:
    return prefix + Chance(org.seed, prefix, name).text(17, _LETTERS)


# --- from where -------------------------------------------------------------------------------


def _origin(org: Directory, row: Json, moment: Moment, chance: Chance, *, away: bool) -> Json:
    """Client, request, security and authentication context; a job has none of the first two."""
    if row["actor"] == "system":
        return no_origin()
    place = chance.pick(_EVENTS["far_places" if away else "places"])
    agent = chance.pick(_EVENTS["far_agents" if away else "agents"])
    network = chance.pick(_EVENTS["hostile_networks" if away else "home_networks"])
    host = chance.whole(1, 250)
    if "burst" in row:
        # One attacker, one address, for the whole burst.
        host = Chance(org.seed, "burst", moment.stream, moment.slot).whole(1, 250)
        network = _EVENTS["hostile_networks"][0]
    return origin(f"{network}.{host}", place=place, agent=agent, away=away, chance=chance, row=row)


def origin(
    address: str, *, place: Json, agent: Json, away: bool, chance: Chance, row: Json
) -> Json:
    """The contexts of an event that came over the network from this address."""
    geography = {
        "city": place["city"],
        "state": place["state"] or None,
        "country": place["country"],
        "postalCode": place["postal"] or None,
        "geolocation": {"lat": place["lat"], "lon": place["lon"]},
    }
    failed = row["outcome"] == "FAILURE"
    session = None if failed else "102" + chance.text(22, _LETTERS)
    return {
        "client": {
            "userAgent": {
                "rawUserAgent": agent["raw"],
                "os": agent["os"],
                "browser": agent["browser"],
            },
            "zone": "null",
            "device": agent["device"],
            "id": None,
            "ipAddress": address,
            "geographicalContext": geography,
        },
        "authenticationContext": {
            "authenticationProvider": None,
            "credentialProvider": None,
            "credentialType": None,
            "issuer": None,
            "interface": None,
            "authenticationStep": 0,
            "rootSessionId": session,
            "externalSessionId": session or "unknown",
        },
        "securityContext": {
            "asNumber": 64500 if away else 64496,
            "asOrg": "example hosting" if away else "example telecom",
            "isp": "example hosting" if away else "example telecom",
            "domain": "." if away else "example.net",
            "isProxy": away and chance.happens(0.6),
        },
        "request": {
            "ipChain": [
                {
                    "ip": address,
                    "geographicalContext": geography,
                    "version": "V4",
                    "source": None,
                }
            ]
        },
    }


def no_origin() -> Json:
    """The contexts of an event that no request caused."""
    return {
        "client": {
            "userAgent": None,
            "zone": None,
            "device": None,
            "id": None,
            "ipAddress": None,
            "geographicalContext": None,
        },
        "authenticationContext": {"authenticationStep": 0, "externalSessionId": None},
        "securityContext": {
            "asNumber": None,
            "asOrg": None,
            "isp": None,
            "domain": None,
            "isProxy": None,
        },
        "request": {"ipChain": []},
    }
