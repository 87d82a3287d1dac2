"""The documentation says what is so: commands run, names are explained, no link is dead."""

import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
from attrs import fields

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import Terminal
from tests.support.small_snapshot import SmallSnapshot
from twin_host import hookspecs
from twin_okta.api.retry import POLICY
from twin_okta.manifest import connector_info
from twin_okta.posture.book import Figure, figures, gap_rules
from twin_okta.rules import load
from twin_okta.rules.notable import rules

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ALL_TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def commands():
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.strip().splitlines():
                if line.strip().startswith("twin "):
                    yield line.strip()


@pytest.fixture(scope="module")
def org():
    app = create_app(Org(users=20, apps=6), Settings(window_s=1))
    with serve(app) as url:
        yield url, app.token()


@pytest.fixture(scope="module")
def terminal(org, tmp_path_factory):
    url, token = org
    terminal = Terminal(tmp_path_factory.mktemp("docs") / "twin", token)
    assert terminal.configure(url).status == 0
    assert terminal.run("sync", "okta").status == 0
    return terminal


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_every_command_shown_is_run(terminal, org, command):
    words = shlex.split(command)[1:]
    if "--domain" in words:
        words[words.index("--domain") + 1] = org[0]
        words.append("--allow-loopback-http")

    done = terminal.run(*words)

    assert done.status == 0, done.says
    assert "Traceback" not in done.says


def test_the_two_commands_of_the_readme_do_all_set_up():
    readme = PAGES[0].read_text(encoding="utf-8")
    for name, end in (("demo", "twin demo"), ("tests", "pytest")):
        found = re.search(rf"<!-- command: {name} -->\n```sh\n(.*)\n```", readme)
        assert found
        assert found[1].startswith("python3 -m venv .venv && ")
        assert found[1].endswith(end)


def test_every_setting_and_option_is_documented():
    info = connector_info()
    setup = (ROOT / "docs/setup.md").read_text(encoding="utf-8")
    for name in [field.name for field in info.fields] + [option.name for option in info.options]:
        assert f"`{name}`" in setup, name
    for permission in info.permissions:
        assert permission.name in setup


def test_every_fact_and_gap_is_documented_in_the_words_of_the_book():
    page = (ROOT / "docs/figures.md").read_text(encoding="utf-8")
    for figure in figures().values():
        assert f"| `{figure.key}` | {figure.definition} |" in page, figure.key
    for rule in gap_rules():
        severity = ", ".join(rule.severities) + (" by tier" if len(rule.severities) > 1 else "")
        who = f"`{rule.figure.key}`" if rule.figure.section else rule.figure.definition
        assert f"| `{rule.id}` | {severity} | {rule.nist} | {who} |" in page, rule.id


def test_everything_that_a_figure_can_say_is_documented():
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    for name in (field.name for field in fields(Figure)):
        assert f"`{name}`" in page, name


def test_every_list_is_documented_as_it_is():
    make = runpy.run_path(str(ROOT / "docs/make_lists.py"))
    assert (ROOT / "docs/lists.md").read_text(encoding="utf-8") == make["page"]()


def test_every_hook_is_documented_with_its_exact_signature():
    source = Path(hookspecs.__file__).read_text(encoding="utf-8")
    architecture = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    for signature in re.findall(
        r"^@hookspec.*?\n(def .*?:)(?=\s*(?:#.*)?\n    \")", source, re.DOTALL | re.MULTILINE
    ):
        one_line = re.sub(r"\s+", " ", signature).replace("( ", "(").replace(" )", ")")
        assert one_line.rstrip(":") in architecture, one_line


def test_the_retry_policy_is_documented_as_it_is():
    page = (ROOT / "docs/sync.md").read_text(encoding="utf-8")
    for kind, patience in POLICY.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {kind} |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1] == str(patience.tries)
        assert cells[2].startswith(f"{patience.first_wait_s:g} s")
        assert cells[3] == f"{patience.longest_wait_s:g} s"


def test_every_rules_file_is_documented():
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    for file in (ROOT / "src/twin_okta/rules").glob("*.toml"):
        assert f"`{file.name}`" in page


def test_the_rule_shown_as_an_example_works(monkeypatch, tmp_path):
    page = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    example = tomllib.loads(re.search(r"```toml\n(\[\[rule\]\].*?)```", page, re.DOTALL)[1])
    everything = load("notable_events") | example
    rules.cache_clear()
    monkeypatch.setattr("twin_okta.rules.notable.load", lambda _name: everything)
    entry = {
        "uuid": "u1",
        "published": "2026-01-02T03:04:05Z",
        "eventType": "zone.create",
        "outcome": {"result": "SUCCESS"},
        "actor": {"type": "User", "alternateId": "ada@example.com"},
        "debugContext": {"debugData": {"url": "/api/v1/zones?x=1"}},
    }
    org = SmallSnapshot.made(tmp_path)
    org.log(entry, entry | {"uuid": "u2", "actor": {"type": "SystemPrincipal"}})

    found = {event.id: event.title for event in org.enrich().events}

    rules.cache_clear()
    assert found == {"u1": "Network zone added"}


@pytest.mark.parametrize(
    ("command", "section"),
    [
        ("facts", "twin facts --json"),
        ("gaps", "twin gaps --json"),
        ("events", "twin events --json"),
        ("sync okta --no-logs", "twin sync okta --json"),
        ("test okta", "twin test okta --json"),
        ("connectors", "The others"),
        ("status okta", "The others"),
        ("search mfa", "The others"),
        ("profile", "The others"),
        ("sif", "The others"),
    ],
)
def test_every_name_in_the_json_is_documented(terminal, command, section):
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    part = re.search(rf"## `?{re.escape(section)}`?\n(.*?)(?=\n## |\Z)", page, re.DOTALL)[1]

    found = terminal.run(*command.split(), "--json").json

    row = found[0] if isinstance(found, list) else found
    for name in row.keys() - {"broken"}:
        assert f"`{name}`" in part, name


def test_no_link_is_dead():
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if not target.startswith("https://"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
