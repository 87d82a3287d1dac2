"""The systemd units and the line for cron of the documentation do what it says."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from threading import Timer

import pytest

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import TWIN, Terminal

PAGE = Path(__file__).parents[2] / "docs/operate.md"
PATIENCE_S = 60


@pytest.fixture
def units(tmp_path):
    """The units in a folder, for a twin in a home of the test's."""
    binaries = tmp_path / "twin/.venv/bin"
    binaries.mkdir(parents=True)
    (binaries / "twin").symlink_to(TWIN)
    folder = tmp_path / "units"
    folder.mkdir()
    for name, text in re.findall(r"```ini\n# (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL):
        (folder / name).write_text(text.replace("%h", str(tmp_path)))
    return folder


def service(path):
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read(path)
    return unit["Service"]


def test_systemd_takes_them(units):
    assert {path.name for path in units.iterdir()} == {
        "twin-watch.service", "twin-sync.service", "twin-sync.timer",
    }  # fmt: skip
    if not shutil.which("systemd-analyze"):
        pytest.skip("There is no systemd-analyze to ask.")
    for path in sorted(units.iterdir()):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True
        )
        about_these = [line for line in done.stderr.splitlines() if path.name in line]
        assert (done.returncode, about_these) == (0, []), done.stderr


def test_a_watch_and_a_sync_as_the_units_start_them_work_together(units, tmp_path):
    watch, sync = service(units / "twin-watch.service"), service(units / "twin-sync.service")
    sandbox = create_app(Org(users=30, apps=4, groups=3, admins=3), Settings(window_s=1))
    with serve(sandbox) as url:
        name, _, home = watch["Environment"].partition("=")
        assert (name, sync["Environment"]) == ("TWIN_HOME", watch["Environment"])
        terminal = Terminal(Path(home), sandbox.token())
        assert terminal.configure(url).status == 0
        watching = subprocess.Popen(
            watch["ExecStart"].split(), env=terminal.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        limit = Timer(PATIENCE_S, watching.kill)
        limit.start()
        assert watching.stdout.readline()

        for _ in range(5):  # as Restart= does when the other one is reading
            done = subprocess.run(sync["ExecStart"].split(), env=terminal.environment())
            if done.returncode != 1:
                break
        watching.terminate()
        watching.communicate()
        limit.cancel()

    assert done.returncode in (0, int(sync["SuccessExitStatus"]))
    assert watching.returncode == 0


def test_the_line_for_cron_syncs_with_no_more_than_cron_gives_it(units, tmp_path):
    (line,) = re.findall(r"^(?:\S+ ){5}TWIN_HOME=.*$", PAGE.read_text(), re.MULTILINE)
    moment, command = line.split(" ")[:5], " ".join(line.split(" ")[5:])
    given = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "LOGNAME": "ada"}
    sandbox = create_app(Org(users=30, apps=4, groups=3, admins=3), Settings(window_s=1))
    with serve(sandbox) as url:
        terminal = Terminal(tmp_path / "twin/home")
        done = terminal.configure(url, "--token-stdin", stdin=sandbox.token())
        assert done.status == 0, done.says
        keyring = terminal.environment()["PYTHON_KEYRING_BACKEND"]
        done = subprocess.run(
            [given["SHELL"], "-c", command], capture_output=True, text=True,
            env={**given, "PYTHON_KEYRING_BACKEND": keyring},
        )  # fmt: skip

    assert all(re.fullmatch(r"\*|\d+", field) for field in moment)
    assert "%" not in command  # where cron ends the line
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert terminal.run("facts", "--json").json
