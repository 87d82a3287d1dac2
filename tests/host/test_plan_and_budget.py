"""What a sync would read is known before, it can be held to a budget, and it says how it read."""

import asyncio
import json

import pytest
from mcp import Client
from starlette.testclient import TestClient

from tests.support.in_process import twin as run
from tests.support.stand_in import NAME, PlanningStandIn, StandIn, synced
from twin_host.assistant import assistant
from twin_host.contract import (
    Budget,
    PlannedDataset,
    SyncMode,
    SyncPlan,
)
from twin_host.errors import ConnectorError
from twin_host.web import pages

PLAN = SyncPlan(
    datasets={
        "people": PlannedDataset(
            mode=SyncMode.DELTA, reason="3 changed by the log.", requests=7, seconds=200.0
        ),
        "apps": PlannedDataset(mode=SyncMode.NOTHING, reason="Nothing names one.", requests=0),
        "devices": PlannedDataset(mode=SyncMode.FULL, reason="Never read."),
    },
    requests=12,
    seconds=240.0,
    notes=("One of the lists is long.",),
)
CANNOT = "The Acme connector cannot say beforehand what a sync would read."


@pytest.fixture
def stand_in():
    return PlanningStandIn(planned=PLAN)


def command(twin, line):
    return run(*line.split(), on=twin)


def browser(twin):
    client = TestClient(pages(twin, "secret", {"testserver"}))
    client.get("/?token=secret")
    return client


# --- the plan -----------------------------------------------------------------------------------


def test_a_plan_says_of_each_dataset_how_why_and_what_it_takes(stand_in, tmp_path):
    done = command(stand_in.twin(tmp_path / "twin"), "sync acme --plan")

    assert done.status == 0, done.err
    rows = [row.split(maxsplit=3) for row in done.out.splitlines()[1:4]]
    assert rows == [
        ["people", "changes", "7", "3 min  3 changed by the log."],
        ["apps", "nothing", "0", "Nothing names one."],
        ["devices", "full", "Never", "read."],
    ]
    assert "In all: requests about 12, time about 4 min." in done.out
    assert "One of the lists is long." in done.out


def test_a_plan_syncs_nothing(stand_in, tmp_path):
    twin = stand_in.twin(tmp_path / "twin")
    command(twin, "sync acme --plan")
    assert twin.status(NAME).last_sync is None


def test_a_plan_is_one_json_document(stand_in, tmp_path):
    found = json.loads(command(stand_in.twin(tmp_path / "twin"), "sync acme --plan --json").out)
    assert found["datasets"]["people"] == {
        "mode": "delta", "reason": "3 changed by the log.", "requests": 7, "seconds": 200.0,
    }  # fmt: skip
    assert found["datasets"]["devices"]["requests"] is None
    assert (found["requests"], found["seconds"], found["error"]) == (12, 240.0, "")


def test_a_plan_knows_the_budget(stand_in, tmp_path):
    command(stand_in.twin(tmp_path / "twin"), "sync acme --plan --max-requests 9 --budget 1m30s")
    assert stand_in.contexts[0].budget == Budget(requests=9, seconds=90.0)


def test_a_plan_that_cannot_be_made_says_why_everywhere(stand_in, tmp_path):
    stand_in.planned = SyncPlan(datasets={}, error="The token was refused: make a new one.")
    twin = stand_in.twin(tmp_path / "twin")

    done = command(twin, "sync acme --plan")
    page = browser(twin).get("/connectors/acme/plan").text

    assert (done.status, done.out) == (1, "")
    assert done.err == "Error: The token was refused: make a new one.\n"
    assert "cannot be said now: The token was refused: make a new one." in page
    assert tools(twin, "acme_plan")["error"] == "The token was refused: make a new one."


def test_what_is_no_plan_is_the_connectors_fault(stand_in, tmp_path):
    stand_in.planned = SyncPlan(datasets={"people": PlannedDataset(mode="some", reason="So.")})
    twin = stand_in.twin(tmp_path / "twin")
    with pytest.raises(ConnectorError, match=r"failed in plan: datasets\['people'\]\.mode is"):
        twin.plan(NAME, {})
    assert "cannot be said now: The Acme" in browser(twin).get("/connectors/acme/plan").text


def test_a_connector_that_cannot_plan_says_so_in_one_sentence(tmp_path):
    twin = StandIn().twin(tmp_path / "twin")
    done = command(twin, "sync acme --plan")
    assert (done.status, done.out, done.err) == (2, "", f"Error: {CANNOT}\n")


def test_the_page_shows_the_plan_before_sync_now_and_is_there_without_it(stand_in, tmp_path):
    client = browser(stand_in.twin(tmp_path / "twin"))

    page = client.get("/connectors/acme").text
    asked_for_the_page = len(stand_in.contexts)
    plan = client.get("/connectors/acme/plan").text

    assert asked_for_the_page == 0
    assert page.index('data-load="/connectors/acme/plan"') < page.index("Sync Now</button>")
    assert "about 12 requests and 4 min" in plan
    for told in ("people", "changes", "3 changed by the log.", "One of the lists is long."):
        assert told in plan


def test_the_page_of_a_connector_that_cannot_plan_says_nothing_of_it(tmp_path):
    page = browser(StandIn().twin(tmp_path / "twin")).get("/connectors/acme").text
    assert "Sync Now" in page
    assert "data-load" not in page


def tools(twin, name=None, **arguments):
    """The tools' schemas by name, or what one of them answers."""

    async def talk():
        async with Client(assistant(twin)) as client:
            if name is None:
                return {tool.name: tool for tool in (await client.list_tools()).tools}
            return (await client.call_tool(name, arguments)).structured_content["data"]

    return asyncio.run(talk())


def test_an_assistant_can_ask_for_the_plan_where_there_is_one(stand_in, tmp_path):
    twin = stand_in.twin(tmp_path / "twin")
    assert tools(twin)["acme_plan"].annotations.read_only_hint is True
    assert tools(twin, "acme_plan")["datasets"]["apps"]["mode"] == "nothing"
    assert "acme_plan" not in tools(StandIn().twin(tmp_path / "other"))


# --- the budget ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "budget"),
    [
        ("", Budget()),
        ("--budget 10m", Budget(seconds=600.0)),
        ("--budget 90s", Budget(seconds=90.0)),
        ("--budget 1h30m", Budget(seconds=5400.0)),
        ("--max-requests 500", Budget(requests=500)),
        ("--budget 2h --max-requests 1", Budget(requests=1, seconds=7200.0)),
    ],
)
def test_a_sync_is_told_its_budget(stand_in, tmp_path, given, budget):
    done = command(stand_in.twin(tmp_path / "twin"), f"sync acme {given}")
    assert done.status == 0, done.err
    assert [context.budget for context in stand_in.contexts] == [budget]


@pytest.mark.parametrize("given", ["10", "0s", "m", "-5m", "1m1h", "1.5h", "soon"])
def test_what_is_no_time_span_is_refused_before_anything_is_read(stand_in, tmp_path, given):
    done = command(stand_in.twin(tmp_path / "twin"), f"sync acme --budget={given}")
    assert done.status == 2
    assert "write 90s, 10m or 1h30m" in done.err
    assert stand_in.contexts == []


def test_an_assistant_can_hold_a_sync_to_a_budget(stand_in, tmp_path):
    tools(stand_in.twin(tmp_path / "twin"), "acme_sync", max_requests=50, budget_s=30)
    assert stand_in.contexts[0].budget == Budget(requests=50, seconds=30)


# --- what is said after -------------------------------------------------------------------------


def test_a_sync_says_how_each_dataset_was_read_and_how_much_changed(stand_in, tmp_path):
    stand_in.reports = [synced(changed=3)]
    twin = stand_in.twin(tmp_path / "twin")

    done = command(twin, "sync acme")
    status = command(twin, "status acme")
    page = browser(twin).get("/connectors/acme").text

    for said in (done.out, status.out):
        head, row = said[said.index("dataset  ") :].splitlines()[:2]
        assert head.split() == ["dataset", "state", "read", "how", "changed", "reason"]
        assert row.split() == ["people", "complete", "9", "changes", "3"]
    assert '<td>changes</td><td class="number">3</td>' in page


def test_a_connector_that_does_not_tell_how_it_read_has_no_empty_columns(stand_in, tmp_path):
    stand_in.reports = [synced(mode=None)]
    twin = stand_in.twin(tmp_path / "twin")
    done = command(twin, "sync acme")
    page = browser(twin).get("/connectors/acme").text
    assert done.out.splitlines()[0].split() == ["dataset", "state", "read", "reason"]
    assert "Changed" not in page


def test_what_is_known_to_be_out_of_date_is_said_wherever_a_figure_is(stand_in, tmp_path):
    stand_in.reports = [synced(changed=3, due=4)]
    twin = stand_in.twin(tmp_path / "twin")
    after = command(twin, "sync acme").out

    client = browser(twin)
    shown = [client.get(path).text for path in ("/figures/covered", "/connectors/acme")]

    assert "2026-01-31 12:00 UTC" in shown[0]
    for said in (after, command(twin, "status acme").out, *shown):
        assert "4 known to be out of date" in said
    found = json.loads(command(twin, "status acme --json").out)
    assert found["last_sync"]["report"]["due"] == 4


def test_when_nothing_is_out_of_date_nothing_is_said_of_it(stand_in, tmp_path):
    twin = stand_in.twin(tmp_path / "twin")
    said = [command(twin, "sync acme").out, command(twin, "status acme").out]
    said.append(browser(twin).get("/figures/covered").text)
    assert not any("out of date" in each for each in said)
