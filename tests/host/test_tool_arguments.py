"""An assistant's tool takes what its schema names, of the type it says, and nothing else."""

import asyncio

import pytest
from mcp import Client

from twin_host.assistant import assistant
from twin_host.home import Home
from twin_host.twin import Twin

RIGHT = {
    "okta_plan": {},
    "okta_status": {}, "okta_sync": {"hours_back": 5}, "twin_facts": {}, "twin_gaps": {},
    "twin_search": {"words": "x"}, "twin_explain": {"key": "x"}, "twin_events": {"severity": None},
    "twin_gap": {"id": "users-without-mfa"}, "twin_list": {"kind": "users"},
    "twin_show": {"what": "ada"}, "twin_changes": {}, "twin_query": {"sql": "SELECT 1"},
}  # fmt: skip
WRONG = [
    ("okta_sync", {"sync_log": False}, "There is no argument 'sync_log'"),
    ("okta_sync", {"sync_logs": "no"}, "sync_logs must be true or false"),
    ("okta_sync", {"hours_back": 1.5}, "hours_back must be a whole number"),
    ("okta_sync", {"hours_back": True}, "hours_back must be a whole number"),
    ("okta_sync", {"hours_back": 99999}, "hours_back must be at most"),
    ("twin_gaps", {"include_closed": 1}, "include_closed must be true or false"),
    ("twin_search", {"words": "x", "limit": "5"}, "limit must be a whole number"),
    ("twin_search", {"words": "x", "limit": 0}, "limit must be at least 1"),
    ("twin_search", {"words": ["x"]}, "words must be text"),
    ("twin_search", {}, "words is missing"),
    ("twin_events", {"severity": "huge"}, "severity must be one of critical, high"),
    ("twin_events", {"category": 5}, "category must be text or null"),
    ("twin_events", {"whoever": "ada"}, "There is no argument 'whoever'"),
    ("twin_list", {"kind": "users", "where": "a = b"}, "where must be a list, each text"),
    ("twin_list", {"kind": "users", "where": [5]}, "where must be a list, each text"),
    ("twin_list", {"kind": "users", "count": 1}, "count must be true or false"),
    ("twin_show", {}, "what is missing"),
    ("twin_query", {"sql": ["SELECT 1"]}, "sql must be text"),
    ("twin_query", {"sql": "SELECT '\udce9'"}, "sql must be text without half a character"),
    ("twin_gap", {"id": None}, "id must be text"),
]


@pytest.fixture
def ask(tmp_path):
    def talk(conversation):
        async def talking():
            async with Client(assistant(Twin(Home(tmp_path / "twin")))) as client:
                return await conversation(client)

        return asyncio.run(talking())

    return talk


def test_every_tool_says_that_there_are_no_other_arguments_and_refuses_them(ask):
    async def conversation(client):
        tools = (await client.list_tools()).tools
        calls = {t.name: await client.call_tool(t.name, {**RIGHT[t.name], "odd": 1}) for t in tools}
        return tools, calls

    tools, calls = ask(conversation)
    assert {tool.name for tool in tools} == RIGHT.keys()
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools)
    for result in calls.values():
        assert result.is_error
        assert "There is no argument 'odd'" in result.content[0].text


@pytest.mark.parametrize(("tool", "arguments", "sentence"), WRONG)
def test_a_wrong_argument_is_told_in_our_words(ask, tool, arguments, sentence):
    result = ask(lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    text = result.content[0].text
    assert sentence in text
    assert "was not run" in text
    assert "pydantic" not in text


def test_before_the_first_sync_nothing_is_said_to_be_all_there_is(ask):
    async def conversation(client):
        names = ("twin_gaps", "twin_events", "twin_facts")
        return [(await client.call_tool(name, {})).structured_content["data"] for name in names]

    for data in ask(conversation):
        assert "Nothing has been read yet" in data["note"]
        assert data["not_read"]["okta"] == {"everything": "never"}
        assert None in data.values()
