"""Finding connectors: whatever a plugin does, the others work and it is said why one does not."""

import sys
from importlib.metadata import EntryPoint
from textwrap import dedent

import pytest

from twin_host.contract import Context
from twin_host.errors import ConnectorError, UsageError
from twin_host.registry import Registry

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

    def install(**modules):
        entries = []
        for name, source in modules.items():
            module = f"plugin_{name}_{abs(hash(tmp_path)) % 10**6}"
            (tmp_path / f"{module}.py").write_text(dedent(source))
            sys.modules.pop(module, None)
            entries.append(EntryPoint(name, module, "twin.connectors"))
        return Registry(entries)

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
    context = Context(state_dir=None, secrets=None, clock=None)
    report = registry.get("beta").sync({}, {}, context)
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
        (good("bad").replace("return ConnectorInfo(", "return dict("), "no ConnectorInfo"),
        (good("bad").replace("return ConnectorInfo(", "raise ValueError(") .replace(
            'name="bad", title="bad", category="test", summary="", version="1"', '"no manifest"'
        ), "no manifest"),
    ],
)  # fmt: skip
def test_a_bad_plugin_is_reported_and_harms_no_other(installed, source, said):
    registry = installed(bad=source, alpha=good("alpha"))
    assert said in reasons(registry)["bad"]
    assert list(registry.connectors) == ["alpha"]
    assert registry.get("alpha").sync(
        {}, {}, Context(state_dir=None, secrets=None, clock=None)
    ).notes == ("alpha",)


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


def test_a_hook_that_raises_is_one_sentence(installed):
    source = good("alpha").replace(
        "    return Enrichment(", "    raise RuntimeError('a\\nb')\n    return dict("
    )
    with pytest.raises(ConnectorError, match="failed in enrich: RuntimeError: a"):
        installed(alpha=source).get("alpha").enrich(
            Context(state_dir=None, secrets=None, clock=None)
        )


def test_a_hook_that_answers_with_something_else_is_said(installed):
    source = good("alpha").replace(
        'return SyncReport(status=SyncStatus.COMPLETE, datasets={}, notes=("alpha",))', "return 5"
    )
    with pytest.raises(ConnectorError, match="answered with int"):
        installed(alpha=source).get("alpha").sync(
            {}, {}, Context(state_dir=None, secrets=None, clock=None)
        )
