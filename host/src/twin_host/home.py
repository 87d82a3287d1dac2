"""The twin's folder: where everything is kept, for its owner's eyes only."""

import fcntl
import os
import tempfile
import tomllib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomli_w
from attrs import frozen

from twin_host.errors import HostError, UsageError

ENVIRONMENT = "TWIN_HOME"


@frozen
class Home:
    """`.twin/` here, or `$TWIN_HOME`. Folders are 0700, files 0600."""

    path: Path

    @classmethod
    def default(cls) -> "Home":
        """Where this process's twin is."""
        return cls(Path(os.environ.get(ENVIRONMENT) or ".twin").absolute())

    @property
    def database(self) -> Path:
        """Facts, gaps, events and sync history."""
        return self.path / "twin.db"

    @property
    def profile(self) -> Path:
        """The profile, written by people and connectors."""
        return self.path / "profile.md"

    def ensure(self) -> None:
        """Make the folder if there is none."""
        self._folder(self.path)

    def state_dir(self, connector: str) -> Path:
        """A connector's own folder, made if there is none."""
        self.ensure()
        self._folder(self.path / "connectors")
        return self._folder(self.path / "connectors" / connector)

    def config(self, connector: str) -> dict[str, Any] | None:
        """A connector's settings; None when it is not configured."""
        return read_toml(self.path / "connectors" / connector / "config.toml")

    def write_config(self, connector: str, config: Mapping[str, Any]) -> None:
        """Replace a connector's settings."""
        write_toml(self.state_dir(connector) / "config.toml", config)

    @contextmanager
    def only_sync(self, connector: str) -> Generator[None]:
        """Hold the one place for a sync of this connector. The system frees it when we die.

        Raises HostError when another process holds it.
        """
        path = self.state_dir(connector) / "sync.lock"
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HostError(
                    f"Another sync of {connector} is running (process {lock.read().strip()}): "
                    "wait for it, or stop it."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def _folder(self, path: Path) -> Path:
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"The folder {path} cannot be made: {error.strerror}.") from error
        return path


def read_toml(path: Path) -> dict[str, Any] | None:
    """A TOML file; None when there is none. Raises UsageError when it is damaged."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path} cannot be read ({error}): mend it, or configure anew.") from error


def write_toml(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a TOML file at one stroke, readable by its owner only."""
    replace_file(path, tomli_w.dumps(dict(content)))


def replace_file(path: Path, text: str) -> None:
    """Write a file so that it is the old one or the new one, whatever happens between."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
