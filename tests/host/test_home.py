"""The twin's folder: nobody else gets in, nothing leads elsewhere, and what fails is a sentence."""

import os
import stat
from datetime import UTC, datetime

import pytest

from tests.support.command_line import Terminal
from twin_host.errors import HostError, UsageError
from twin_host.home import Home, replace_file

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="Only root can give files away.")


@pytest.fixture
def home(tmp_path):
    found = Home(tmp_path / "twin")
    found.write_config("acme", {"domain": "example.com"})
    found.write_secrets("acme", {"token": "hush"})
    return found


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def inside(home):
    """Every file that a planted one could stand for."""
    folder = home.path / "connectors" / "acme"
    names = ("config.toml", "secrets.toml", "sync.lock", "snapshot.db", "snapshot.db-wal")
    return [folder / name for name in names] + [home.database, home.path / "twin.db-wal"]


def use(home):
    """All that is done with a home."""
    home.ensure()
    home.config("acme")
    home.secrets("acme")
    home.write_config("acme", {"domain": "example.com"})
    with home.only_sync("acme"):
        pass


def test_folders_are_made_for_their_owner_with_those_above(tmp_path):
    old = os.umask(0)
    try:
        Home(tmp_path / "a" / "b" / "twin").state_dir("acme")
    finally:
        os.umask(old)
    for path in ("a", "a/b", "a/b/twin", "a/b/twin/connectors", "a/b/twin/connectors/acme"):
        assert mode(tmp_path / path) == 0o700, path


def test_what_others_may_read_or_write_is_tightened(home):
    for path in inside(home):
        path.touch()
    (home.path / "connectors" / "acme" / "config.toml").write_text("domain = 'example.com'")
    for path in (home.path, *home.path.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    use(home)
    for path in (home.path, *home.path.rglob("*")):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("number", range(7))
def test_a_planted_link_is_refused_and_what_it_leads_to_is_untouched(home, tmp_path, number):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    planted = inside(home)[number]
    planted.unlink(missing_ok=True)
    planted.symlink_to(victim)
    with pytest.raises(UsageError, match=rf"{planted.name} is a link"):
        use(home)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("folder", ["connectors", "connectors/acme"])
def test_a_folder_that_leads_elsewhere_is_refused(home, tmp_path, folder):
    (home.path / folder).rename(tmp_path / "elsewhere")
    (home.path / folder).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a link"):
        use(home)


def test_the_home_itself_may_be_a_link(home, tmp_path):
    (tmp_path / "link").symlink_to(home.path)
    use(Home(tmp_path / "link"))


@needs_root
@pytest.mark.parametrize("place", [".", "connectors", "connectors/acme/secrets.toml"])
def test_what_belongs_to_another_user_is_refused(home, place):
    os.chown(home.path / place, NOBODY, NOBODY)
    with pytest.raises(UsageError, match="belongs to another user"):
        use(home)


def test_a_folder_of_other_things_is_not_taken_from_its_users(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    (shared / "letter.txt").touch()
    with pytest.raises(UsageError, match="a folder of other things"):
        Home(shared).ensure()
    assert mode(shared) == 0o755


@pytest.mark.parametrize("number", range(3))
def test_a_folder_where_a_file_belongs_is_one_sentence(home, number):
    path = inside(home)[number]
    path.unlink(missing_ok=True)
    path.mkdir()
    with pytest.raises(HostError, match=rf"{path.name} cannot be (read|opened|written): Is a dir"):
        use(home)


@pytest.mark.parametrize("place", ["", "connectors", "connectors/acme"])
def test_a_file_where_a_folder_belongs_is_one_sentence(tmp_path, place):
    path = tmp_path / "twin" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with pytest.raises(HostError, match=r"cannot be (read|made): (Not a directory|File exists)"):
        use(Home(tmp_path / "twin"))


@pytest.mark.parametrize("text", [b"domain = ", b"\xff\xfe", b"a = 1\na = 2", b"x" * 100])
def test_damaged_settings_are_one_sentence(home, text):
    (home.path / "connectors" / "acme" / "config.toml").write_bytes(text)
    with pytest.raises(UsageError, match=r"config\.toml is damaged") as caught:
        home.config("acme")
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_one_sentence_and_keeps_the_old_file(home, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = home.path / "connectors" / "acme" / "config.toml"
    before = path.read_text()
    with pytest.raises(HostError, match=r"config\.toml cannot be written: No space left"):
        replace_file(path, "new")
    assert path.read_text() == before
    assert {each.name for each in path.parent.iterdir()} == {"config.toml", "secrets.toml"}


DAMAGE = {
    "empty settings": ("connectors/okta/config.toml", b"", 2),
    "settings of another kind": ("connectors/okta/config.toml", b"domain = 5\n[auth]\n", 2),
    "damaged settings": ("connectors/okta/config.toml", b"domain =", 2),
    "damaged secrets": ("connectors/okta/secrets.toml", b"token =", 2),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_command_on_a_damaged_home_ends_with_a_sentence_and_the_others_go_on(tmp_path, damage):
    place, content, status = DAMAGE[damage]
    terminal = Terminal(tmp_path / "twin", token="0" * 42)
    assert terminal.configure("http://127.0.0.1:9").status == 0
    (terminal.home / place).write_bytes(content)
    done = terminal.run("sync", "okta", OKTA_API_TOKEN="")
    assert done.status == status
    assert done.err.startswith("Error: ")
    assert "Traceback" not in done.says
    listed = terminal.run("connectors", "--json")
    assert listed.status == 0
    assert listed.json[0]["configured"]


# --- a sync under way -----------------------------------------------------------------------------


def test_who_syncs_and_since_when_is_known_to_others(home):
    assert home.syncing("acme") is None
    with home.only_sync("acme"):
        found = home.syncing("acme")
        assert found.process == os.getpid()
        assert abs((datetime.now(UTC) - found.since).total_seconds()) < 60
        with pytest.raises(HostError, match=rf"process {os.getpid()}, since 20\d\d-"):
            home.only_sync("acme").__enter__()
    assert home.syncing("acme") is None
    with home.only_sync("acme"):
        pass
