"""The `twin` command in a process of its own, as other programs call it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from attrs import define

TWIN = str(Path(sys.executable).parent / "twin")


@define(slots=False)
class Terminal:
    """Runs `twin` with a home of its own; standard input is empty unless given."""

    home: Path
    token: str = ""

    def run(self, *arguments: str, stdin: str | None = None, **env: str) -> "Result":
        """Run a command to its end."""
        done = subprocess.run(
            [TWIN, *arguments],
            env=self.environment(**env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [TWIN, *arguments],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def environment(self, **extra: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in ("OKTA_API_TOKEN", "NO_COLOR")}
        kept |= {
            "TWIN_HOME": str(self.home),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        if self.token:
            kept["OKTA_API_TOKEN"] = self.token
        return kept | extra

    def configure(self, url: str, *more: str, stdin: str | None = None) -> "Result":
        """Configure the Okta connector for a sandbox on this machine."""
        arguments = ("--domain", url, "--allow-loopback-http", *more)
        return self.run("configure", "okta", *arguments, stdin=stdin)


def read_week(home: Path, url: str, token: str) -> Terminal:
    """A twin that was configured for a sandbox and has read a week of it."""
    terminal = Terminal(home, token)
    for done in (terminal.configure(url), terminal.run("sync", "okta", "--hours-back", "168")):
        assert done.status == 0, done.says
    return terminal


@define
class Result:
    """How a command ended. Its output never holds a traceback."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def says(self) -> str:
        """All that a person would read."""
        return self.out + self.err
