"""Another connector beside Okta's, installed on its own: nothing else changes for it."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from okta_sandbox import Org, Settings, create_app
from okta_sandbox.serving import serve
from tests.support.command_line import Terminal
from tests.support.entra_id_product import SECRET, install, running_graph


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the other connector is installed; on a command's path it is there, else it is not."""
    found = tmp_path_factory.mktemp("site")
    install(found)
    return found


@pytest.fixture(scope="module")
def both(folder, tmp_path_factory):
    """A twin that both connectors have fed."""
    home = tmp_path_factory.mktemp("home") / "twin"
    sandbox = create_app(Org(users=60, apps=6, groups=4, admins=3), Settings(window_s=2))
    with serve(sandbox) as okta_url, running_graph() as (_, graph_url):
        terminal = Terminal(home)
        beside = {"PYTHONPATH": str(folder)}
        okta = ("--domain", okta_url, "--allow-loopback-http")
        assert terminal.run("configure", "okta", *okta, stdin=sandbox.token(), **beside).status == 0
        entra = ("--tenant-id", "acme", "--client-id", "app", "--graph-url", graph_url)
        done = terminal.run("configure", "entra_id", *entra, stdin=SECRET, **beside)
        assert done.status == 0, done.err
        assert terminal.run("sync", "okta", "--json", **beside).status == 0
        done = terminal.run("sync", "entra_id", "--json", **beside)
        assert done.status == 0, done.err
        yield terminal, beside


def test_both_are_listed(both):
    terminal, beside = both
    listed = terminal.run("connectors", "--json", **beside).json
    assert [(c["name"], c["last_sync"]["status"]) for c in listed] == [
        ("entra_id", "complete"),
        ("okta", "complete"),
    ]


def test_either_is_tested_alone(both):
    terminal, beside = both
    report = terminal.run("test", "entra_id", "--json", **beside).json
    assert report["ok"]
    assert report["capabilities"]["roles"] == {"granted": True, "reason": "", "missing": None}


def test_both_feed_one_twin_and_say_who_says_what(both):
    terminal, beside = both
    facts = terminal.run("facts", "--json", **beside).json
    coverage = {fact["source"]: fact["value"] for fact in facts if fact["key"] == "mfa_coverage"}
    assert coverage["entra_id"] == "55%"  # five of the nine who can sign in
    assert coverage["okta"] != coverage["entra_id"]
    assert {f["value"] for f in facts if f["key"] == "tool"} == {"okta", "entra_id"}
    gaps = terminal.run("gaps", "--json", **beside).json
    assert {g["source"] for g in gaps if g["id"] == "users-without-mfa"} == {"okta", "entra_id"}
    explained = terminal.run("explain", "users_without_mfa", "--json", **beside).json
    assert {each["source"]: len(each["subjects"]) for each in explained}["entra_id"] == 4
    assert any(e["source"] == "entra_id" for e in terminal.run("events", "--json", **beside).json)


def test_figures_that_disagree_are_a_contradiction_and_statements_are_not(both):
    terminal, beside = both
    sif = terminal.run("sif", **beside).out
    assert "@X mfa_coverage{entra_id:55% okta:" in sif
    assert "@X tool" not in sif
    assert "title:Entra_ID" in sif


def test_a_person_in_both_is_one_with_two_accounts(both):
    terminal, beside = both
    ada = terminal.run("list", "okta.users", "--where", "status = ACTIVE", "--limit", "1", "--json",
                       **beside).json[0]  # fmt: skip
    with closing(sqlite3.connect(terminal.home / "connectors/entra_id/snapshot.db")) as snapshot:
        named = "json_set(body, '$.userPrincipalName', ?, '$.accountEnabled', json('false'))"
        update = f"UPDATE record SET body = {named} WHERE dataset = 'users' AND id = 'person9'"
        snapshot.execute(update, (ada["email"].upper(),))
        snapshot.commit()
    terminal.run("enrich", "entra_id", **beside)

    shown = terminal.run("show", ada["id"], "--json", **beside).json
    (other,) = shown["sections"]["accounts"]
    assert (other["source"], other["id"]) == ("entra_id", "person9")
    assert (shown["status"], other["status"]) == ("ACTIVE", "DISABLED")
    assert "DISABLED" in terminal.run("show", ada["id"], **beside).out


def test_a_list_of_both_has_what_they_share(both):
    terminal, beside = both
    done = terminal.run("list", "users", "--json", **beside)
    assert done.status == 0, done.says
    rows = done.json
    assert {row["source"] for row in rows} == {"okta", "entra_id"}
    assert rows[0].keys() == {"source", "id", "login", "email", "status"}
    own = terminal.run("list", "okta.users", "--json", **beside).json
    assert "department" in own[0]
    assert len(own) < len(rows)
    query = "SELECT source, count(*) AS n FROM users GROUP BY source"
    done = terminal.run("query", query, "--json", **beside)
    assert done.status == 0, done.says
    counted = done.json
    assert {row["source"]: row["n"] for row in counted}["entra_id"] == 10
    assert terminal.run("query", "SELECT department FROM okta.users", **beside).status == 0
    assert terminal.run("list", "users", "--sort", "login", "--limit", "3", **beside).status == 0


def test_the_profile_has_a_section_of_each(both):
    terminal, beside = both
    profile = terminal.run("profile", **beside).out
    assert profile.count("<!-- twin:begin ") == 2


def test_an_assistant_gets_the_other_one_s_tools(both, folder):
    import asyncio

    from mcp import Client, StdioServerParameters

    from tests.support.command_line import TWIN

    terminal, beside = both
    server = StdioServerParameters(command=TWIN, args=["mcp"], env=terminal.environment(**beside))

    async def tools():
        async with Client(server) as client:
            return {t.name: t.input_schema for t in (await client.list_tools()).tools}

    named = asyncio.run(tools())
    assert {"okta_sync", "okta_status", "entra_id_sync", "entra_id_status"} <= named.keys()
    options = named["entra_id_sync"]["properties"]
    budget = {"max_requests", "budget_s"}
    assert options.keys() == {"sync_users", "sync_roles", "sync_sign_ins", "sync_apps"} | budget


def test_pages_show_both(both, folder):
    """In a process of its own, since the pages' registry is that of the process."""
    terminal, _ = both
    script = (
        "import httpx; from pathlib import Path; from tests.support.site import served;"
        "from twin_host.home import Home; from twin_host.twin import Twin;"
        f"twin = Twin(Home(Path({str(terminal.home)!r})));\n"
        "with served(twin) as address, httpx.Client(base_url=address, follow_redirects=1) as c:\n"
        "    c.get('/?token=a-session-secret')\n"
        "    for path in ('/', '/connectors/entra_id', '/posture', '/figures/mfa_coverage'):\n"
        "        print(c.get(path).text)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | terminal.environment(PYTHONPATH=f"{folder}:."),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert 'id="card-okta"' in done.stdout
    assert 'id="card-entra_id"' in done.stdout
    assert "Tenant ID" in done.stdout
    assert "The sources do not agree" in done.stdout
    assert SECRET not in done.stdout


def test_removing_one_leaves_the_other_and_the_facts_it_brought(both):
    terminal, _ = both
    alone = {"PYTHONPATH": ""}
    assert [c["name"] for c in terminal.run("connectors", "--json", **alone).json] == ["okta"]
    facts = terminal.run("facts", "--json", **alone).json
    assert {"okta", "entra_id"} <= {fact["source"] for fact in facts}
    refused = terminal.run("sync", "entra_id", **alone)
    assert refused.status == 2
    assert "There is no connector 'entra_id'" in refused.err
    assert terminal.run("status", "okta", "--json", **alone).status == 0


@pytest.mark.parametrize(
    ("connector", "product"),
    [
        ("okta", "tests.support.okta_product:okta_product"),
        ("entra_id", "tests.support.entra_id_product:entra_id_product"),
    ],
)
def test_both_keep_their_contract(folder, connector, product):
    assert conformance(folder, connector, product).returncode == 0


def conformance(folder, connector, product):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "twin_host.conformance",
         "-p", "no:cacheprovider", "--connector", connector, "--product", product],
        env=os.environ | {"PYTHONPATH": f"{folder}:."},
        capture_output=True,
        text=True,
    )  # fmt: skip


def test_the_host_has_no_word_of_a_product():
    from importlib.resources import files

    for path in sorted(files("twin_host").rglob("*")):
        if path.is_file() and path.suffix in (".py", ".toml", ".html", ".js", ".css", ".sql"):
            text = path.read_text().lower()
            found = re.findall(r"okta|entra(?!nce)|\b(?:mfa|sso|users|app)_\w+|\bhost_?key", text)
            assert not found, path
