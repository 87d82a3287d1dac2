"""Finding connectors: whatever a plugin does, the others work and it is said why one does not."""

import sys
from importlib.metadata import EntryPoint
from textwrap import dedent
from types import ModuleType

import pytest

from twin_host import hookspecs
from twin_host.border import hook_names
from twin_host.contract import Context, Problem
from twin_host.errors import ConnectorError, UsageError
from twin_host.home import Home
from twin_host.registry import Registry
from twin_host.twin import Twin

NOTHING = Context(state_dir=None, secrets=None, clock=None)
GOOD = """
from twin_host.hookspecs import hookimpl
from twin_host.contract import *

@hookimpl
def describe():
    return ConnectorInfo(name="{name}", title="{name}", category="test", summary="", version="1")

@hookimpl
def configure(connector, values):
    return Configured(config=dict(values)) if connector == "{name}" else None

@hookimpl
def test_connection(connector, config, context):
    return ConnectionReport(ok=True) if connector == "{name}" else None

@hookimpl
def sync(connector, config, options, context):
    if connector == "{name}":
        return SyncReport(status=SyncStatus.COMPLETE, datasets={{}}, notes=("{name}",))

@hookimpl
def enrich(connector, context):
    return Enrichment(facts=(), gaps=(), events=(), profile="") if connector == "{name}" else None
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Makes modules importable and gives their entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(specs=hookspecs, **modules):
        entries = []
        for name, source in modules.items():
            module = f"plugin_{name}_{abs(hash(tmp_path)) % 10**6}"
            (tmp_path / f"{module}.py").write_text(dedent(source))
            sys.modules.pop(module, None)
            entries.append(EntryPoint(name, module, "twin.connectors"))
        return Registry(entries, specs)

    return install


def good(name, **changes):
    source = GOOD.format(name=name)
    for old, new in changes.items():
        source = source.replace(old, new)
    return source


def reasons(registry):
    return {broken.entry_point: broken.reason for broken in registry.broken}


def test_a_good_plugin_is_found(installed):
    registry = installed(alpha=good("alpha"))
    assert list(registry.connectors) == ["alpha"]
    assert registry.broken == []


def test_hooks_are_called_on_one_connector_only(installed):
    registry = installed(alpha=good("alpha"), beta=good("beta"))
    report = registry.get("beta").sync({}, {}, NOTHING)
    assert report.notes == ("beta",)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("raise SystemExit('bye')", "SystemExit"),
        ("1/0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("x = 1", "lacks the hook describe, configure"),
        (good("bad").replace("def sync(connector,", "def sync(sauce, connector,"), "sauce"),
        (good("bad").replace("def sync(", "def synchronise("), "synchronise"),
        (good("bad").replace("return ConnectorInfo(", "return dict("), "not ConnectorInfo"),
        (good("bad").replace("return ConnectorInfo(", "raise SystemExit("), "describe failed"),
        (good("bad").replace("return ConnectorInfo(", "raise GeneratorExit("), "describe failed"),
        (good("bad").replace('ConnectorInfo(name="bad"', 'ConnectorInfo(name="../../pwn"'),
         "name is '../../pwn', not a name of"),
        (good("bad").replace('title="bad"', 'title="half \\ud83d"'), "title is"),
        (good("bad").replace('title="bad"', 'title="x" * 10**7'), "title has 10,000,000 char"),
        (good("bad").replace("return ConnectorInfo(", "raise CannotGoOn('Upgrade it.') or dict("),
         "its describe failed: Upgrade it."),
        (good("bad").replace("return ConnectorInfo(", "raise ValueError(") .replace(
            'name="bad", title="bad", category="test", summary="", version="1"', '"no manifest"'
        ), "no manifest"),
    ],
)  # fmt: skip
def test_a_bad_plugin_is_reported_and_harms_no_other(installed, source, said):
    registry = installed(bad=source, alpha=good("alpha"))
    assert said in reasons(registry)["bad"]
    assert list(registry.connectors) == ["alpha"]
    assert registry.get("alpha").sync({}, {}, NOTHING).notes == ("alpha",)


def test_two_of_one_name_are_both_refused_and_named(installed):
    registry = installed(one=good("same"), two=good("same"), alpha=good("alpha"))
    assert list(registry.connectors) == ["alpha"]
    assert reasons(registry).keys() == {"one", "two"}
    assert "two connectors are called same" in reasons(registry)["one"]


def test_an_unknown_connector_is_told_what_there_is(installed):
    registry = installed(alpha=good("alpha"), broken="1/0")
    with pytest.raises(UsageError, match="installed: alpha"):
        registry.get("gamma")
    with pytest.raises(UsageError, match="ZeroDivisionError"):
        registry.get("broken")


def test_a_key_that_a_manifest_has_more_is_told_and_harms_nobody(installed):
    manifest = 'name = "alpha"\ntitle = "Alpha"\ncategory = "c"\nsummary = ""\nnovelty = 1\n'
    source = good("alpha").replace("return ConnectorInfo(", f"return read_manifest({manifest!r}, ")
    source = source.replace(
        'name="alpha", title="alpha", category="test", summary="", version', "version"
    )
    registry = installed(alpha=source)
    assert "novelty" in registry.get("alpha").info.notes[0]
    assert registry.broken == []


def test_what_is_odd_about_one_connector_is_said_beside_it_and_hides_no_other(installed, tmp_path):
    twin = Twin(Home(tmp_path / "twin"), installed(alpha=good("alpha"), beta=good("beta")))
    twin.home.write_config("beta", {})
    (twin.home.state_dir("alpha") / "config.toml").write_text("domain =")
    alpha, beta = twin.connectors()
    assert "config.toml is damaged" in alpha.notes[0]
    assert alpha.is_configured
    assert beta.notes == ()


@pytest.fixture
def newer_host():
    """The specifications of a host that has one hook more."""
    specs = ModuleType("newer_hookspecs")
    vars(specs).update(vars(hookspecs))

    @hookspecs.hookspec(firstresult=True)
    def forget(connector: str, person: str) -> Problem | None:
        """Forget a person."""

    specs.forget = forget
    return specs


FORGET = """
@hookimpl{mark}
def forget(connector, person):
    return Problem(field=person, message={message}) if connector == "beta" else None
"""


def test_a_host_with_a_hook_more_takes_the_plugins_of_today(installed, newer_host):
    newer = good("beta") + FORGET.format(mark="", message="'Gone.'")
    registry = installed(alpha=good("alpha"), beta=newer, specs=newer_host)
    assert registry.broken == []
    assert registry.get("alpha").sync({}, {}, NOTHING).notes == ("alpha",)
    assert registry.get("alpha").parameters("forget") == set()
    assert registry.get("beta").parameters("forget") == {"connector", "person"}


def test_the_answer_of_a_later_hook_is_checked_as_its_specification_says(installed, newer_host):
    newer = good("beta") + FORGET.format(mark="", message="5")
    beta = installed(beta=newer, specs=newer_host).get("beta")
    with pytest.raises(ConnectorError, match="failed in forget: message is 5, not text"):
        beta._call("forget", person="ada")


def test_a_plugin_with_a_hook_that_this_host_lacks_is_told_so(installed):
    registry = installed(beta=good("beta") + FORGET.format(mark="", message="'Gone.'"))
    assert "it has the hook forget, which this host does not know" in reasons(registry)["beta"]
    optional = good("beta") + FORGET.format(mark="(optionalhook=True)", message="'Gone.'")
    assert list(installed(beta=optional).connectors) == ["beta"]


def test_the_five_hooks_of_contract_1_are_required_and_no_later_one(newer_host):
    five = ("describe", "configure", "test_connection", "sync", "enrich")
    assert hook_names(newer_host, required=True) == five
    assert hook_names(newer_host) == (*five, "plan", "forget")


def test_a_connector_without_a_plan_says_so_when_it_is_asked(installed):
    connector = installed(alpha=good("alpha")).get("alpha")
    assert not connector.can_plan
    with pytest.raises(UsageError, match="alpha connector cannot say beforehand"):
        connector.plan({}, {}, NOTHING)


def test_a_hook_that_raises_is_one_sentence(installed):
    source = good("alpha").replace(
        "    return Enrichment(", "    raise RuntimeError('a\\nb')\n    return dict("
    )
    with pytest.raises(ConnectorError, match=r"in enrich: RuntimeError: a b\. This is a"):
        installed(alpha=source).get("alpha").enrich(NOTHING)


def test_a_hook_that_answers_with_something_else_is_said(installed):
    source = good("alpha").replace(
        'return SyncReport(status=SyncStatus.COMPLETE, datasets={}, notes=("alpha",))', "return 5"
    )
    with pytest.raises(ConnectorError, match="its answer is 5, not SyncReport"):
        installed(alpha=source).get("alpha").sync({}, {}, NOTHING)


def test_settings_that_hold_a_secret_are_refused(installed):
    source = good("alpha").replace(
        'version="1")',
        'version="1", fields=(ConfigField(name="key", title="Key", kind=FieldKind.SECRET),))',
    )
    alpha = installed(alpha=source).get("alpha")
    alpha.configure({"domain": "example.com"})
    with pytest.raises(ConnectorError, match="its settings hold the secret key"):
        alpha.configure({"key": "hush"})
