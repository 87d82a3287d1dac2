"""Where secrets are kept: the environment wins, then the system keyring, then a 0600 file.

A secret belongs to the origin for which it was given, the settings that the manifest marks so: it
is kept beside it, and never given out for another.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

import orjson
from attrs import field, frozen

from twin_host.contract import ConnectorInfo, FieldKind, Secret
from twin_host.home import Home, remove

UNUSABLE_KEYRINGS = ("keyring.backends.fail", "keyring.backends.null")
IN_KEYRING = "the system keyring"

Result = TypeVar("Result")


@frozen
class Kept:
    """A secret as it is kept; `origin` is None for one that an older version kept."""

    secret: str = field(repr=False)
    origin: str | None
    where: str


@frozen
class SecretStore:
    """One connector's secrets, each named after its config field."""

    home: Home
    info: ConnectorInfo

    def get(self, name: str) -> Secret | None:
        """The secret of a field for the configured origin; None when there is none."""
        return self.from_environment(name) or self.stored(name)

    def from_environment(self, name: str) -> Secret | None:
        """The secret in the variable that the manifest names."""
        variable = next((field.env for field in self.info.fields if field.name == name), "")
        value = os.environ.get(variable, "").strip() if variable else ""
        return Secret(value) if value else None

    def stored(self, name: str) -> Secret | None:
        """The secret that an earlier `configure` kept for the configured origin."""
        kept = self._kept(name)
        return Secret(kept.secret) if kept and self._origin_of(kept) == self.origin else None

    def keep(self, name: str, secret: Secret, origin: str) -> str:
        """Keep a secret for an origin, and say where."""
        entry = {"origin": origin, "secret": secret.reveal()}
        others = {n: it for n, it in self.home.secrets(self.info.name).items() if n != name}
        if _in_keyring(lambda ring: ring.set_password(self._service, name, _text(entry)) or True):
            if self.home.secrets(self.info.name) != others:
                self.home.write_secrets(self.info.name, others)
            return IN_KEYRING
        self.home.write_secrets(self.info.name, others | {name: entry})
        file = self.home.secrets_file(self.info.name)
        return f"{file} (readable by you only; this system has no usable keyring)"

    def forget(self) -> None:
        """Remove every secret that is kept; what the environment holds is not ours."""
        for setting in self.info.fields:
            if setting.kind is FieldKind.SECRET and self._kept(setting.name):
                _in_keyring(partial(_removed, self._service, setting.name))
        remove(self.home.secrets_file(self.info.name))

    def settle(self) -> None:
        """Write down the configured origin beside what an older version kept without one."""
        for setting in self.info.fields:
            kept = self._kept(setting.name) if setting.kind is FieldKind.SECRET else None
            if kept and kept.origin is None and (origin := self._origin_of(kept)) is not None:
                self.keep(setting.name, Secret(kept.secret), origin)

    def strange(self, origin: str) -> dict[str, str]:
        """The secrets that are kept for another origin than this, each with its own; not those
        that the environment holds now."""
        found: dict[str, str] = {}
        for setting in self.info.fields:
            if setting.kind is FieldKind.SECRET and not self.from_environment(setting.name):
                kept = self._kept(setting.name)
                if kept and (given_for := self._origin_of(kept)) != origin:
                    found[setting.name] = given_for or "an unknown address"
        return found

    def where(self, name: str) -> str:
        """Where a secret is now, in words; empty when it is nowhere."""
        if self.from_environment(name):
            return "the environment"
        kept = self._kept(name)
        if not kept:
            return ""
        given_for = self._origin_of(kept)
        if given_for == self.origin:
            return kept.where
        return f"{kept.where}, but given for {given_for or 'an unknown address'}: give it anew"

    @property
    def origin(self) -> str | None:
        """The configured origin; None when nothing is configured."""
        config = self.home.config(self.info.name)
        return None if config is None else origin_of(self.info, config)

    @property
    def _service(self) -> str:
        """Two twins on one machine do not share."""
        twin = hashlib.sha256(str(self.home.path).encode()).hexdigest()[:12]
        return f"twin/{self.info.name}/{twin}"

    def _origin_of(self, kept: Kept) -> str | None:
        """What was kept without its origin was given for the configured one."""
        return self.origin if kept.origin is None else kept.origin

    def _kept(self, name: str) -> Kept | None:
        if entry := self.home.secrets(self.info.name).get(name):  # newer than any in a keyring
            return _read(entry, str(self.home.secrets_file(self.info.name)))
        text = _in_keyring(lambda ring: ring.get_password(self._service, name))
        return _read(_entry(text), IN_KEYRING) if text else None


def _removed(service: str, name: str, ring: Any) -> bool:
    if ring.get_password(service, name) is not None:
        ring.delete_password(service, name)
    return True


def origin_of(info: ConnectorInfo, config: Mapping[str, Any]) -> str:
    """Which product the settings lead to; empty where the manifest marks no setting."""
    return ", ".join(str(config.get(setting.name, "")) for setting in info.fields if setting.origin)


def _read(entry: object, where: str) -> Kept | None:
    if isinstance(entry, str):
        return Kept(entry, None, where)
    if not isinstance(entry, dict):
        return None
    found = cast("dict[str, object]", entry)
    return Kept(str(found.get("secret", "")), str(found.get("origin", "")), where)


def _text(entry: Mapping[str, str]) -> str:
    return orjson.dumps(entry).decode()


def _entry(text: str) -> object:
    """What a keyring holds: our JSON, or the secret alone (which may be JSON of its own)."""
    try:
        entry: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    is_ours = isinstance(entry, dict) and entry.keys() == {"origin", "secret"}
    return cast("object", entry) if is_ours else text


def _in_keyring(action: Callable[[Any], Result]) -> Result | None:
    """What a usable keyring answers; None where there is none, or it fails: the file is the
    documented second choice."""
    try:
        import keyring  # noqa: PLC0415  whose backends may fail in any way, and be slow to load

        ring = keyring.get_keyring()
        if type(ring).__module__.startswith(UNUSABLE_KEYRINGS):
            return None
        return action(ring)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  a backend written in another language can raise anything
        return None
