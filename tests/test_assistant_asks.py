"""A client that never saw the product answers what a responder asks, from what the tools say of
themselves: it may call a tool only with what its description and schema, or the resource with the
lists, have told it."""

import asyncio
import json
import re
import time

import pytest
from mcp import Client

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import read_week
from twin_host.assistant import assistant
from twin_host.home import Home
from twin_host.twin import Twin


@pytest.fixture(scope="module")
def sandbox():
    app = create_app(Org(users=60, apps=12, groups=8, admins=6), Settings(window_s=1))
    with serve(app) as url:
        yield url, app


@pytest.fixture(scope="module")
def terminal(sandbox, tmp_path_factory):
    url, app = sandbox
    return read_week(tmp_path_factory.mktemp("asks") / "twin", url, app.token())


class Stranger:
    """Knows the tools and the lists by what they say, and refuses to use anything else."""

    def __init__(self, client, tools, lists):
        self.client = client
        self.tools = {tool.name: tool for tool in tools}
        self.columns = {each["kind"]: {c["name"] for c in each["columns"]} for each in lists}

    async def call(self, tool, **arguments):
        assert arguments.keys() <= self.tools[tool].input_schema["properties"].keys()
        if tool == "twin_list":
            assert arguments["kind"] in self.columns
            for condition in arguments.get("where", ()):
                assert re.match(r"\w+", condition)[0] in self.columns[arguments["kind"]]
        result = await self.client.call_tool(tool, arguments)
        assert not result.is_error, result.content[0].text
        return result.structured_content["data"]

    def says(self, tool, *words):
        """That a tool's own description speaks of this, so that a stranger would choose it."""
        about = self.tools[tool].description + json.dumps(self.tools[tool].input_schema)
        return all(word in about for word in words)


@pytest.fixture
def ask(terminal):
    def talk(conversation):
        async def talking():
            async with Client(assistant(Twin(Home(terminal.home)))) as client:
                tools = (await client.list_tools()).tools
                read = await client.read_resource("twin://lists")
                lists = json.loads(read.contents[0].text)
                return await conversation(Stranger(client, tools, lists))

        return asyncio.run(talking())

    return talk


def test_which_administrators_lack_phishing_resistant_mfa_and_in_which_tier(ask, terminal):
    async def conversation(stranger):
        assert stranger.says("twin_list", "administrators", "tier", "strength")
        where = ["strength != phishing-resistant"]
        return await stranger.call("twin_list", kind="administrators", where=where, limit=100)

    found = ask(conversation)
    gap = terminal.run("gaps", "admins-not-phishing-resistant", "--json").json[0]
    assert {(s["id"], s["tier"]) for s in gap["subjects"]} <= {
        (row["id"], row["tier"]) for row in found["rows"]
    }


def test_who_can_open_an_app_and_what_its_rules_ask(ask):
    async def conversation(stranger):
        assert stranger.says("twin_show", "who can open it", "rules", "conditions")
        apps = await stranger.call("twin_list", kind="apps", where=["assigned_users > 0"])
        app = apps["rows"][0]
        return app, await stranger.call("twin_show", what=app["id"], limit=1000)

    app, shown = ask(conversation)
    assert len(shown["sections"]["users"]) == app["assigned_users"]
    assert all(row["conditions"] and row["access"] for row in shown["sections"]["rules"])


def test_what_a_person_did_and_met_last_week(ask):
    async def conversation(stranger):
        assert stranger.says("twin_show", "what they did or met")
        assert stranger.says("twin_events", "actor", "7d")
        events = await stranger.call("twin_events", since="7d", limit=1000)
        actor = next(event["actor"] for event in events["events"] if "@" in event["actor"])
        notable = await stranger.call("twin_events", since="7d", actor=actor, limit=1000)
        return actor, notable, await stranger.call("twin_show", what=actor, limit=1000)

    actor, notable, shown = ask(conversation)
    assert notable["events"]
    assert {event["actor"] for event in notable["events"]} == {actor}
    every = {row["id"] for row in shown["sections"]["events"]}
    assert {event["id"] for event in notable["events"]} <= every


def test_whether_a_person_is_protected(ask, sandbox):
    org = sandbox[1].org
    user = org.people.user(next(iter(org.admins.privileged())))

    async def conversation(stranger):
        assert stranger.says("twin_show", "factors", "strength", "roles", "gaps")
        return await stranger.call("twin_show", what=user.login)

    shown = ask(conversation)
    assert (shown["id"], shown["status"]) == (user.id, user.status)
    assert {"factors", "roles", "groups", "apps", "tokens", "devices", "gaps", "events"} <= set(
        shown["sections"]
    )


def test_which_apps_has_nobody_and_which_has_nobody_used(ask, terminal):
    async def conversation(stranger):
        assert stranger.says("twin_list", "assigned_users", "is_used")
        nobody = await stranger.call("twin_list", kind="apps", where=["assigned_users = 0"])
        unused = await stranger.call("twin_list", kind="apps", where=["is_used = no"], count=True)
        return nobody, unused

    nobody, unused = ask(conversation)
    apps = terminal.run("list", "apps", "--json").json
    assert len(nobody["rows"]) == sum(app["assigned_users"] == 0 for app in apps)
    assert unused["count"] == sum(app["is_used"] is False for app in apps)


def test_who_has_only_sms_in_which_departments(ask, sandbox):
    async def conversation(stranger):
        assert stranger.says("twin_query", "group", "count")
        sql = (
            "SELECT department, count(*) AS n FROM users WHERE factors = 'sms'"
            " AND status IN ('ACTIVE', 'PASSWORD_EXPIRED', 'LOCKED_OUT', 'RECOVERY') GROUP BY 1"
        )
        return await stranger.call("twin_query", sql=sql)

    found = ask(conversation)
    org = sandbox[1].org
    only_sms = [
        index
        for index in org.people.indexes()
        if org.people.can_sign_in(index)
        and {factor.type for factor in org.factors.enrolled(index)} == {"sms"}
    ]
    assert sum(row["n"] for row in found["rows"]) == len(only_sms)


def test_what_changed_since_the_last_sync_and_since_a_day(ask, terminal, sandbox):
    org = sandbox[1].org
    someone = next(i for i in org.people.indexes() if org.people.user(i).status == "ACTIVE")
    org.act(at_s=time.time()).suspend_user(someone)
    assert terminal.run("sync", "okta").status == 0

    async def conversation(stranger):
        assert stranger.says("twin_changes", "appeared, went or became otherwise", "7d")
        return await stranger.call("twin_changes"), await stranger.call("twin_changes", since="1d")

    user = org.people.user(someone)
    for found in ask(conversation):
        told = [row for row in found["changes"] if row["id"] == user.id]
        assert ("status", "ACTIVE", "SUSPENDED") in {
            (row["column"], row["before"], row["after"]) for row in told
        }


def test_an_answer_is_small_and_says_how_to_get_more(ask):
    async def conversation(stranger):
        return (
            await stranger.call("twin_list", kind="users", limit=5),
            await stranger.call("twin_query", sql="SELECT id FROM users", limit=5),
        )

    for found in ask(conversation):
        assert (len(found["rows"]), found["more"]) == (5, True)


def test_several_that_fit_are_named(ask):
    async def conversation(stranger):
        return await stranger.call("twin_show", what="a")

    assert len(ask(conversation)["several"]) > 1


def test_what_is_wrong_is_said_inside_the_fence(terminal):
    async def talking():
        async with Client(assistant(Twin(Home(terminal.home)))) as client:
            return [
                await client.call_tool("twin_query", {"sql": "DELETE FROM users"}),
                await client.call_tool("twin_list", {"kind": "userz"}),
                await client.call_tool("twin_list", {"kind": "users", "where": ["x = 1"]}),
                await client.call_tool("twin_show", {"what": "nobody at all"}),
            ]

    for result in asyncio.run(talking()):
        assert result.is_error
        assert result.content[0].text.startswith("What follows between the data marks")
        assert result.structured_content["data"]["error"]
