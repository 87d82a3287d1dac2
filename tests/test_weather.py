"""Whatever the system is like, a command ends with a sentence and the right exit status."""

import io
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from rich.cells import cell_len

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import TWIN, Terminal
from tests.support.in_process import twin
from twin_host.cli.streams import Closed

NOBODY = 65534
READING = {
    "facts": ["facts"],
    "gaps": ["gaps"],
    "gaps as JSON": ["gaps", "--json"],
    "events": ["events"],
    "explain": ["explain", "mfa_coverage", "--limit", "200"],
    "status": ["status", "okta"],
    "sif": ["sif", "--tier", "full"],
    "search": ["search", "mfa"],
    "profile": ["profile"],
    "connectors": ["connectors"],
}
WRITING = {
    "configure": ["configure", "okta", "--rate-share", "0.5"],
    "test": ["test", "okta"],
    "sync": ["sync", "okta"],
    "enrich": ["enrich", "okta"],
    "declare": ["declare", "mfa_coverage", "100%"],
}
COMMANDS = READING | WRITING
UNREACHABLE = {"test", "sync"}


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A twin after one sync, whose org cannot be reached any longer."""
    app = create_app(Org(users=30, apps=6), Settings(window_s=1))
    terminal = Terminal(tmp_path_factory.mktemp("weather") / "twin")
    with serve(app) as url:
        assert terminal.configure(url, "--token-stdin", stdin=app.token()).status == 0
        assert terminal.run("sync", "okta").status == 0
    return terminal.home


@pytest.fixture
def home(synced, monkeypatch):
    """A copy of it, to do something to; outside of what only root may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copytree(synced, folder / "twin")
    monkeypatch.setenv("TWIN_HOME", str(folder / "twin"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.delenv("OKTA_API_TOKEN", raising=False)
    yield folder / "twin"
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o700)
    shutil.rmtree(folder)


# --- the weather ----------------------------------------------------------------------------------


@contextmanager
def fair(_home):
    yield


@contextmanager
def read_only(home):
    """As somebody who owns it and may write nothing there: root could."""
    me = os.geteuid()
    for path in (*home.rglob("*"), home):
        path.chmod(0o500 if path.is_dir() else 0o400)
        if me == 0:
            os.chown(path, NOBODY, NOBODY)
    try:
        if me == 0:
            os.seteuid(NOBODY)
        yield
    finally:
        os.seteuid(me)


@contextmanager
def of_another_owner(home):
    if os.geteuid() != 0:
        pytest.skip("Only root can give files away.")
    for path in (*home.rglob("*"), home):
        os.chown(path, NOBODY, NOBODY)
    yield


@contextmanager
def full_disk(_home):
    """No file may grow, which the system refuses in the same places."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def damaged(place, content):
    @contextmanager
    def weather(home):
        for beside in home.glob(f"{place}-*"):
            beside.unlink()
        (home / place).write_bytes(content((home / place).read_bytes()))
        yield

    return weather


def folder_for(place):
    @contextmanager
    def weather(home):
        (home / place).unlink(missing_ok=True)
        (home / place).mkdir()
        (home / place / "something").touch()
        yield

    return weather


@contextmanager
def file_for_the_folder(home):
    shutil.rmtree(home / "connectors")
    (home / "connectors").touch()
    yield


def altered(sql):
    @contextmanager
    def weather(home):
        with sqlite3.connect(home / "twin.db") as database:
            database.execute(sql)
        database.close()
        yield

    return weather


@contextmanager
def no_home(_home):
    before = os.environ.pop("HOME", None)
    try:
        yield
    finally:
        if before is not None:
            os.environ["HOME"] = before


def half(content):
    return content[: len(content) // 2]


def garbage(_content):
    return b"this is no database" * 999


def torn(content):
    """Every page but the first is another's."""
    return content[:4096] + bytes(reversed(content[4096:]))


SETTINGS = "connectors/okta/config.toml"
SNAPSHOT = "connectors/okta/snapshot.db"
WEATHER = {
    "fair": fair,
    "read-only": read_only,
    "of another owner": of_another_owner,
    "full disk": full_disk,
    "twin cut off": damaged("twin.db", half),
    "twin garbage": damaged("twin.db", garbage),
    "twin torn": damaged("twin.db", torn),
    "twin of no bytes": damaged("twin.db", lambda _content: b""),
    "twin with evidence that is none": altered("UPDATE fact SET evidence = 'x'"),
    "twin with a time that is none": altered("UPDATE gap SET opened_at = 'yesterday'"),
    "twin with a severity that is none": altered("UPDATE event SET severity = 'huge'"),
    "twin with a report that is none": altered("UPDATE sync SET report = '{'"),
    "twin without a table": altered("DROP TABLE gap"),
    "snapshot garbage": damaged(SNAPSHOT, garbage),
    "snapshot torn": damaged(SNAPSHOT, torn),
    "empty settings": damaged(SETTINGS, lambda _content: b""),
    "damaged settings": damaged(SETTINGS, lambda _content: b"domain ="),
    "profile of no text": damaged("profile.md", lambda _content: b"\xff\xfe"),
    "folder for the twin": folder_for("twin.db"),
    "folder for the profile": folder_for("profile.md"),
    "folder for the settings": folder_for(SETTINGS),
    "folder for our settings": folder_for("settings.toml"),
    "folder for the secrets": folder_for("connectors/okta/secrets.toml"),
    "folder for the snapshot": folder_for(SNAPSHOT),
    "folder for the lock": folder_for("connectors/okta/sync.lock"),
    "file for the folder": file_for_the_folder,
    "no HOME": no_home,
}


@pytest.mark.parametrize("weather", WEATHER)
def test_every_command_ends_with_a_sentence(home, weather):
    with WEATHER[weather](home):
        done = {name: twin(*arguments) for name, arguments in COMMANDS.items()}
    for name, each in done.items():
        assert each.status in (0, 1, 2, 3), (name, each)
        wrong = each.status in (1, 2)
        many = len(each.sentences) > 1 and name == "configure"  # one for each field
        assert many or len(each.sentences) == wrong, (name, each)
        assert all(line.endswith(".") or ". Run: " in line for line in each.sentences), each
        assert "fault in the connector" not in each.err, (name, each)
        assert ".." not in each.err, (name, each)


def test_a_damaged_snapshot_is_told_in_the_words_of_the_connector(home):
    with WEATHER["snapshot garbage"](home):
        done = twin("enrich", "okta")
    assert done.status == 1
    assert done.err.startswith(f"Error: {home / SNAPSHOT} cannot be read")
    assert done.err.endswith("the twin keeps its figures.\n")


@pytest.mark.parametrize("weather", ["fair", "read-only", "full disk", "no HOME"])
def test_figures_can_be_read_wherever_they_can_be_read(home, weather):
    expected = {name: twin(*arguments).out for name, arguments in READING.items()}
    with WEATHER[weather](home):
        for name, arguments in READING.items():
            done = twin(*arguments)
            assert (done.status, done.out) == (0, expected[name]), (name, done.err)


@pytest.mark.parametrize(
    ("weather", "status"),
    [("read-only", {1, 2}), ("of another owner", {2}), ("full disk", {1}), ("twin garbage", {1})],
)
def test_what_cannot_be_kept_is_not_called_done(home, weather, status):
    with WEATHER[weather](home):
        for name in ("configure", "enrich", "declare"):
            if (weather, name) != ("twin garbage", "configure"):
                assert twin(*WRITING[name]).status in status, name


# --- standard output ------------------------------------------------------------------------------


class Gone(io.TextIOBase):
    """The other end has left."""

    encoding = "utf-8"

    def write(self, _text):
        raise BrokenPipeError(32, "Broken pipe")


OUTPUT = {
    "full": lambda: open("/dev/full", "w"),  # noqa: SIM115
    "closed": Closed,
    "left": Gone,
}


@pytest.mark.parametrize("how", OUTPUT)
@pytest.mark.parametrize("name", READING)
def test_output_that_cannot_be_written_is_one_sentence(home, how, name):
    stdout = OUTPUT[how]()
    done = twin(*READING[name], stdout=stdout)
    with suppress(OSError):
        stdout.close()
    assert done.status == 1
    assert len(done.sentences) == 1
    assert "Standard output cannot be written" in done.err


@pytest.mark.parametrize("name", COMMANDS)
def test_a_terminal_of_few_letters_gets_what_it_can_show(home, name):
    with sqlite3.connect(home / "twin.db") as database:
        database.execute("UPDATE event SET actor = 'Zoë 李 ✓', title = '李'")
        database.execute("UPDATE gap SET title = 'Ohne MFA: Zoë 😀'")
    database.close()
    (home / "profile.md").write_text("# Café 李\n", encoding="utf-8")
    done = twin(*COMMANDS[name], encoding="ascii")
    assert done.status in ({1, 3} if name in UNREACHABLE else {0}), done.err


def test_json_of_a_terminal_of_few_letters_is_json(home):
    import json

    (home / "profile.md").write_text("# Café 李 😀\n", encoding="utf-8")
    done = twin("profile", "--json", encoding="ascii")
    assert json.loads(done.out) == {"profile": "# Café 李 😀\n"}


# --- processes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shell", ["{} facts | true", "{} facts >/dev/full", "{} facts >&-", "{} facts <&- >/dev/null",
              "{} facts --json 2>&- | cat", "env -u HOME LANG=C {} facts >/dev/null",
              "PYTHONIOENCODING=ascii {} profile >/dev/null"]
)  # fmt: skip
def test_a_process_leaves_no_traceback(home, shell):
    done = subprocess.run(
        ["/bin/bash", "-c", shell.format(TWIN)], capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr + done.stdout
    assert "Exception ignored" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1


@pytest.mark.parametrize("after_s", [0.1, 0.2, 0.3, 0.45, 0.6])
def test_ctrl_c_while_it_starts_is_one_word(home, after_s):
    code = "import twin_host, sys; sys.stdout.write('.'); sys.stdout.flush(); twin_host.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.read(1) == "."
    time.sleep(after_s / 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert "Traceback" not in out + err
    assert process.returncode in (0, 130)


# --- widths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("name", READING)
def test_every_command_fits_the_terminal_and_cuts_no_name(home, monkeypatch, columns, name):
    monkeypatch.setenv("COLUMNS", str(columns))
    login = "somebody.with.quite.a.long.name.indeed@sub.domain.example.org"
    with sqlite3.connect(home / SNAPSHOT) as snapshot:
        (user,) = snapshot.execute("SELECT login FROM shown_user ORDER BY login LIMIT 1").fetchone()
        tables = snapshot.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if "login" in {row[1] for row in snapshot.execute(f"PRAGMA table_info({table})")}:
                snapshot.execute(f"UPDATE {table} SET login = ? WHERE login = ?", (login, user))
    snapshot.close()
    with sqlite3.connect(home / "twin.db") as database:
        database.execute("UPDATE event SET actor = ?, title = title || ' 漢字漢字'", (login,))
    database.close()

    shown = twin(*READING[name]).out

    if name not in ("gaps as JSON", "sif", "profile"):  # which are no tables
        assert max(map(cell_len, shown.splitlines())) <= columns
        assert "…" not in shown or name == "search"  # which shows excerpts
    if name in ("explain", "events"):
        assert login in re.sub(r"\n *", "", shown)
