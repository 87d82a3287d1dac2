"""Where secrets are kept: the environment wins, then the system keyring, then a 0600 file."""

import hashlib
import os
from pathlib import Path

import keyring
import keyring.errors
from attrs import frozen

from twin_host.contract import ConnectorInfo, Secret
from twin_host.home import Home, read_toml, write_toml

UNUSABLE_KEYRINGS = ("keyring.backends.fail", "keyring.backends.null")


@frozen
class SecretStore:
    """One connector's secrets, each named after its config field."""

    home: Home
    info: ConnectorInfo

    def get(self, name: str) -> Secret | None:
        """The secret of a field, from wherever it is; None when it is nowhere."""
        return self.from_environment(name) or self.stored(name)

    def from_environment(self, name: str) -> Secret | None:
        """The secret in the variable that the manifest names."""
        variable = next((field.env for field in self.info.fields if field.name == name), "")
        value = os.environ.get(variable, "").strip() if variable else ""
        return Secret(value) if value else None

    def stored(self, name: str) -> Secret | None:
        """The secret that an earlier `configure` kept."""
        value = self._from_keyring(name) or (read_toml(self._file) or {}).get(name)
        return Secret(value) if value else None

    def keep(self, name: str, secret: Secret) -> str:
        """Keep a secret, and say where."""
        if _keyring_is_usable():
            try:
                keyring.set_password(self._service, name, secret.reveal())
            except keyring.errors.KeyringError:
                pass  # locked or refused: the file below is the documented second choice
            else:
                return "the system keyring"
        self.home.state_dir(self.info.name)
        write_toml(self._file, (read_toml(self._file) or {}) | {name: secret.reveal()})
        return f"{self._file} (readable by you only; this system has no usable keyring)"

    def where(self, name: str) -> str:
        """Where a secret is now, in words; empty when it is nowhere."""
        if self.from_environment(name):
            return "the environment"
        if self._from_keyring(name):
            return "the system keyring"
        return str(self._file) if (read_toml(self._file) or {}).get(name) else ""

    @property
    def _file(self) -> Path:
        return self.home.path / "connectors" / self.info.name / "secrets.toml"

    @property
    def _service(self) -> str:
        """Two twins on one machine do not share."""
        twin = hashlib.sha256(str(self.home.path).encode()).hexdigest()[:12]
        return f"twin/{self.info.name}/{twin}"

    def _from_keyring(self, name: str) -> str | None:
        if not _keyring_is_usable():
            return None
        try:
            return keyring.get_password(self._service, name)
        except keyring.errors.KeyringError:
            return None


def _keyring_is_usable() -> bool:
    return not type(keyring.get_keyring()).__module__.startswith(UNUSABLE_KEYRINGS)
