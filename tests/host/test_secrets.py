"""Secrets: each belongs to the origin it was given for; a keyring that fails is no failure."""

import os

import keyring
import pytest

from twin_host.contract import ConfigField, Configured, ConnectorInfo, FieldKind, Secret
from twin_host.errors import UsageError
from twin_host.home import Home
from twin_host.registry import Connector, Registry
from twin_host.secrets import SecretStore
from twin_host.twin import InvalidSettings, Twin

INFO = ConnectorInfo(
    name="acme", title="Acme", category="test", summary="", version="1",
    fields=(
        ConfigField(name="domain", title="Domain", kind=FieldKind.TEXT, required=True, origin=True),
        ConfigField(name="share", title="Share", kind=FieldKind.TEXT),
        ConfigField(name="auth", title="Auth", kind=FieldKind.CHOICE, choices=("token", "key"),
                    default="token"),
        ConfigField(name="token", title="Token", kind=FieldKind.SECRET, required=True,
                    env="ACME_TOKEN", when={"auth": "token"}),
        ConfigField(name="key", title="Key", kind=FieldKind.SECRET, when={"auth": "key"}),
    ),
)  # fmt: skip
OLD, NEW = "old.example.com", "new.example.com"


class Acme(Connector):
    """Takes every setting, with its domain in small letters."""

    def configure(self, values):
        kept = {n: str(v) for n, v in values.items() if n not in ("token", "key")}
        return Configured(config=kept | {"domain": kept.get("domain", "").lower()})


class Ring:
    """A keyring in memory."""

    def __init__(self):
        self.kept = {}

    def get_password(self, service, name):
        return self.kept.get((service, name))

    def set_password(self, service, name, password):
        self.kept[service, name] = password


class Failing:
    """A keyring that fails as it is told to."""

    def __init__(self, error):
        self.error = error

    def get_password(self, service, name):
        raise self.error

    def set_password(self, service, name, password):
        raise self.error


@pytest.fixture(params=["file", "keyring"])
def ring(request, monkeypatch):
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    from keyring.backends.fail import Keyring

    found = Ring() if request.param == "keyring" else Keyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: found)
    return found


@pytest.fixture
def twin(tmp_path, ring):
    registry = Registry([])
    registry.connectors["acme"] = Acme(INFO, "acme 1", {})
    return Twin(Home(tmp_path / "twin"), registry)


def store(twin):
    return SecretStore(twin.home, INFO)


def keep_as_older_versions_did(twin, ring, secret):
    if isinstance(ring, Ring):
        ring.set_password(store(twin)._service, "token", secret)
    else:
        twin.home.write_secrets("acme", {"token": secret})


def everything_written(twin, ring):
    files = b"".join(path.read_bytes() for path in twin.home.path.rglob("*") if path.is_file())
    return files.decode() + str(getattr(ring, "kept", ""))


def test_a_secret_is_kept_for_its_origin(twin):
    twin.configure("acme", {"domain": OLD}, {"token": Secret("hush")})
    assert store(twin).get("token") == Secret("hush")
    assert "given for" not in store(twin).where("token")
    twin.configure("acme", {"domain": OLD.upper(), "share": "1"}, {})
    assert store(twin).get("token") == Secret("hush")


def test_a_secret_is_not_sent_to_another_origin(twin):
    twin.configure("acme", {"domain": OLD}, {"token": Secret("hush")})
    assert twin.to_give_anew("acme", {"domain": NEW}) == {"token"}
    with pytest.raises(InvalidSettings) as caught:
        twin.configure("acme", {"domain": NEW}, {})
    (problem,) = caught.value.problems
    assert problem.field == "token"
    assert problem.message == (
        f"It was given for {OLD} and is not sent to {NEW}: give it anew."
    )  # fmt: skip
    assert twin.home.config("acme")["domain"] == OLD
    twin.configure("acme", {"domain": NEW}, {"token": Secret("hush 2")})
    assert store(twin).get("token") == Secret("hush 2")


@pytest.mark.parametrize("old", ["hush", '{"kty": "RSA", "d": "hush"}'])
def test_an_old_secret_counts_as_given_for_the_origin_that_was_configured(twin, ring, old):
    twin.home.write_config("acme", {"domain": OLD})
    keep_as_older_versions_did(twin, ring, old)
    assert store(twin).get("token") == Secret(old)
    with pytest.raises(InvalidSettings, match=f"given for {OLD}"):
        twin.configure("acme", {"domain": NEW}, {})
    twin.configure("acme", {"share": "1"}, {})
    twin.home.write_config("acme", {"domain": NEW})
    assert store(twin).get("token") is None


def test_settings_changed_by_hand_do_not_lead_a_secret_elsewhere(twin):
    twin.configure("acme", {"domain": OLD}, {"token": Secret("hush")})
    twin.home.write_config("acme", {"domain": NEW})
    assert store(twin).get("token") is None
    assert f"given for {OLD}" in store(twin).where("token")
    with pytest.raises(UsageError, match="give it anew"):
        twin.check_options("acme", {})


def test_a_secret_that_the_settings_do_not_use_is_not_asked_for_and_not_sent(twin):
    twin.configure("acme", {"domain": OLD, "auth": "key"}, {"key": Secret("hush")})
    twin.configure("acme", {"domain": NEW, "auth": "token"}, {"token": Secret("other")})
    assert store(twin).get("key") is None
    with pytest.raises(InvalidSettings, match=f"key: It was given for {OLD}"):
        twin.configure("acme", {"auth": "key"}, {})
    twin.configure("acme", {"domain": OLD, "auth": "key"}, {})
    assert store(twin).get("key") == Secret("hush")


def test_the_environment_wins_for_any_origin_and_is_never_written(twin, ring, monkeypatch):
    twin.configure("acme", {"domain": OLD}, {"token": Secret("hush")})
    monkeypatch.setenv("ACME_TOKEN", "from outside")
    twin.configure("acme", {"domain": NEW}, {})
    assert store(twin).get("token") == Secret("from outside")
    assert store(twin).where("token") == "the environment"
    assert "from outside" not in everything_written(twin, ring)
    monkeypatch.delenv("ACME_TOKEN")
    assert store(twin).get("token") is None


@pytest.mark.parametrize(
    "error", [RuntimeError("locked"), ImportError("no bus"), OSError(2, "x"), SystemExit("bye"),
              BaseException("a panic"), keyring.errors.KeyringLocked()]
)  # fmt: skip
@pytest.mark.parametrize("starts", [True, False])
def test_a_keyring_that_fails_in_any_way_gives_way_to_the_file(
    tmp_path, monkeypatch, error, starts
):
    def no_start():
        raise error

    monkeypatch.setattr(keyring, "get_keyring", (lambda: Failing(error)) if starts else no_start)
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    secrets = SecretStore(Home(tmp_path / "twin"), INFO)
    secrets.home.write_config("acme", {"domain": OLD})
    assert "readable by you only" in secrets.keep("token", Secret("hush"), OLD)
    assert secrets.get("token") == Secret("hush")
    assert oct(os.stat(secrets.home.secrets_file("acme")).st_mode)[-3:] == "600"


def test_what_a_keyring_could_not_take_wins_over_what_it_held_before(tmp_path, monkeypatch):
    ring = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    secrets = SecretStore(Home(tmp_path / "twin"), INFO)
    secrets.home.write_config("acme", {"domain": OLD})
    secrets.keep("token", Secret("first"), OLD)
    monkeypatch.setattr(keyring, "get_keyring", lambda: Failing(RuntimeError()))
    secrets.keep("token", Secret("second"), OLD)
    monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
    assert secrets.get("token") == Secret("second")
    secrets.keep("token", Secret("third"), OLD)
    assert secrets.get("token") == Secret("third")
    assert secrets.home.secrets("acme") == {}
