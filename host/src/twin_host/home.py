"""The twin's folder: where everything is kept, for its owner's eyes only."""

import errno
import fcntl
import os
import shutil
import stat
import tempfile
import time
import tomllib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w
from attrs import frozen

from twin_host.errors import Busy, HostError, UsageError

ENVIRONMENT = "TWIN_HOME"
LOCK = "sync.lock"
LOCK_TRIES, LOCK_PAUSE_S = 3, 0.02


PRIVATE = ("twin.db", "twin.db-wal", "twin.db-shm", "connectors")
"""What the host itself keeps in a home; people may keep other things beside it."""


@frozen(kw_only=True)
class Syncing:
    """A sync under way, and the process that does it."""

    process: int
    since: datetime

    def __str__(self) -> str:
        return f"process {self.process}, since {self.since:%Y-%m-%d %H:%M} UTC"


@frozen
class Home:
    """`.twin/` here, or `$TWIN_HOME`. Folders are 0700, files 0600, and all are ours."""

    path: Path

    @classmethod
    def default(cls) -> "Home":
        """Where this process's twin is. Raises UsageError where there is no telling."""
        path = Path(os.environ.get(ENVIRONMENT) or ".twin")
        try:
            return cls(path.absolute())
        except OSError as error:
            raise UsageError(
                f"The folder of this process cannot be told ({error.strerror}): name the twin's "
                f"with {ENVIRONMENT}."
            ) from error

    @property
    def database(self) -> Path:
        """Facts, gaps, events and sync history."""
        return self.path / "twin.db"

    @property
    def profile(self) -> Path:
        """The profile, written by people and connectors."""
        return self.path / "profile.md"

    def ensure(self) -> None:
        """Make the folder if there is none, and let nobody else into what is in it."""
        make_folder(self.path)
        self._claim()

    def state_dir(self, connector: str) -> Path:
        """A connector's own folder, made if there is none; nothing in it leads elsewhere."""
        self.ensure()
        folder = self._folder(connector)
        make_folder(folder)
        self._check(connector)
        return folder

    def config(self, connector: str) -> dict[str, Any] | None:
        """A connector's settings; None when it is not configured."""
        return self._read(connector, "config.toml")

    def write_config(self, connector: str, config: Mapping[str, Any]) -> None:
        """Replace a connector's settings."""
        write_toml(self.state_dir(connector) / "config.toml", config)

    def forget_config(self, connector: str) -> None:
        """Remove a connector's settings."""
        remove(self._folder(connector) / "config.toml")

    def forget_state(self, connector: str) -> None:
        """Remove all that a connector keeps, but for its settings, its secrets and the lock."""
        for path in self.state_dir(connector).iterdir():
            if path.name not in ("config.toml", "secrets.toml", LOCK):
                remove(path)

    def secrets_file(self, connector: str) -> Path:
        """Where a connector's secrets are kept when there is no keyring."""
        return self._folder(connector) / "secrets.toml"

    def secrets(self, connector: str) -> dict[str, Any]:
        """What is in that file."""
        return self._read(connector, "secrets.toml") or {}

    def write_secrets(self, connector: str, kept: Mapping[str, Any]) -> None:
        """Replace what is in that file."""
        self.state_dir(connector)
        write_toml(self.secrets_file(connector), kept)

    @contextmanager
    def only_sync(self, connector: str) -> Generator[None]:
        """Hold the one place for a sync of this connector. The system frees it when we die.

        Raises Busy when another process holds it.
        """
        path = self.state_dir(connector) / LOCK
        with _explained(path, "opened"):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "r+", errors="replace") as lock:
            if not _taken(handle, fcntl.LOCK_EX):
                found = _held(handle)
                raise Busy(
                    f"Another sync of {connector} is running ({found or 'just begun'}): "
                    "wait for it, or stop it."
                )
            with _explained(path, "written"):
                lock.truncate(0)
                lock.write(str(os.getpid()))
                lock.flush()
            yield

    def syncing(self, connector: str) -> Syncing | None:
        """The sync of this connector that is under way, in whatever process; None for none, or
        where it cannot be told."""
        try:
            handle = os.open(self._folder(connector) / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            return None if _taken(handle, fcntl.LOCK_SH) else _held(handle)
        finally:
            os.close(handle)

    def _claim(self) -> None:
        """Let nobody else into the home; one that is no twin yet is not taken from its users."""
        home = self.path.resolve()  # the folder itself may be a link that a person has set
        own = [home / name for name in PRIVATE]
        with _explained(home, "read"):
            is_open = home.is_dir() and home.stat().st_mode & 0o077
            if is_open and any(home.iterdir()) and not any(path.exists() for path in own):
                raise UsageError(
                    f"{home} is a folder of other things that others may read: choose one of its "
                    f"own for the twin with {ENVIRONMENT}."
                )
        make_private(home, *own)

    def _folder(self, connector: str) -> Path:
        return self.path / "connectors" / connector

    def _read(self, connector: str, name: str) -> dict[str, Any] | None:
        self._check(connector)
        return read_toml(self._folder(connector) / name)

    def _check(self, connector: str) -> None:
        folder = self._folder(connector)
        self._claim()
        make_private(folder)
        with _explained(folder, "read"):
            inside = list(folder.iterdir()) if folder.is_dir() else []
        make_private(*inside)


def _taken(handle: int, how: int) -> bool:
    """Take a lock, unless somebody has it for longer than it takes to look whether one has."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except OSError:
            time.sleep(LOCK_PAUSE_S)
        else:
            return True
    return False


def _held(handle: int) -> Syncing | None:
    """Who has written into the lock; None while nobody has."""
    text = os.pread(handle, 20, 0).decode(errors="replace").strip()
    since = datetime.fromtimestamp(os.fstat(handle).st_mtime, UTC)
    return Syncing(process=int(text), since=since) if text.isdecimal() else None


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner only."""
    with _explained(path, "made"):
        for folder in (*reversed(path.parents), path):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)


def make_private(*paths: Path) -> None:
    """Take away what others may do to each of those that exists.

    Raises UsageError for what is not ours, or leads elsewhere: somebody else could read or change
    what is written there.
    """
    for path in paths:
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
        _refuse_what_is_not_ours(path, found)
        if found.st_mode & 0o077:
            _tighten(path, found)


def _refuse_what_is_not_ours(path: Path, found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise UsageError(
            f"{path} is a link, and nothing of the twin may lead elsewhere: remove it."
        )
    if found.st_uid != os.geteuid():
        raise UsageError(
            f"{path} belongs to another user (number {found.st_uid}), who could change what is in "
            f"it: take it over with chown, or choose another folder with {ENVIRONMENT}."
        )


def _tighten(path: Path, found: os.stat_result) -> None:
    try:
        path.chmod(stat.S_IMODE(found.st_mode) & 0o700)
    except OSError as error:
        if error.errno != errno.EROFS:  # nobody can write there anyway
            raise UsageError(
                f"Others may read {path}, and that cannot be changed: {error.strerror}."
            ) from error


@contextmanager
def _explained(path: Path, done: str) -> Generator[None]:
    """What the system refuses is a sentence."""
    try:
        yield
    except OSError as error:
        failure = HostError if done == "written" else UsageError
        raise failure(f"{path} cannot be {done}: {error.strerror or error}.") from error


def read_toml(path: Path) -> dict[str, Any] | None:
    """A TOML file; None when there is none. Raises UsageError when it is damaged."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is damaged ({error}): mend it, or configure anew.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def write_toml(path: Path, content: Mapping[str, Any]) -> None:
    """Replace a TOML file at one stroke, readable by its owner only."""
    replace_file(path, tomli_w.dumps(dict(content)))


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it. Raises HostError when that is refused."""
    with _explained(path, "written"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def replace_file(path: Path, text: str) -> None:
    """Write a file so that it is the old one or the new one, whatever happens between.

    Raises HostError when the system refuses, with the old one untouched.
    """
    with _explained(path, "written"):
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
