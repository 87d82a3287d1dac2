"""Security events for other programs: OCSF and CSV, at once or as the twin learns of them."""

import csv
import io
import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from threading import Event, Timer

import pytest
from attrs import evolve
from ocsf.v1_5_0 import events as schema
from pydantic import BaseModel

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import Terminal, read_week
from tests.support.stand_in import NAME, StandIn, synced
from twin_host.contract import Activity, ConnectorInfo, Severity
from twin_host.errors import UsageError
from twin_host.following import AT_ONCE, Follower, Mark
from twin_host.known import KnownEvent
from twin_host.ocsf import ocsf

PATIENCE_S = 60
SCHEMA = {
    3001: schema.AccountChange, 3002: schema.Authentication, 3006: schema.GroupManagement,
    6003: schema.ApiActivity, 2004: schema.DetectionFinding,
}  # fmt: skip
BARE = KnownEvent(
    number=1, source="acme", id="e1", time=datetime(2026, 1, 31, 12, tzinfo=UTC),
    event_type="it.happened", severity=Severity.HIGH, category="test", title="It happened",
    outcome="", reason="", actor="", targets=(), source_ip="", country="", mitre=(),
)  # fmt: skip
WHOLE = evolve(
    BARE, outcome="SUCCESS", reason="WHY", actor="ada", targets=("bob", "Staff"),
    source_ip="203.0.113.7", country="Norway", mitre=("T1078.004", "T1110"),
)  # fmt: skip


def wrong_with(record) -> list[str]:
    """What the schema says against a record, and whatever in it the schema does not know."""
    return list(_unknown(SCHEMA[record["class_uid"]].model_validate(record), ""))


def _unknown(model: BaseModel, path: str) -> Iterator[str]:
    for name in model.model_extra or {}:
        yield f"{path}.{name}"
    for name in type(model).model_fields.keys() - {"unmapped"}:
        value = getattr(model, name, None)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, BaseModel):
                yield from _unknown(each, f"{path}.{name}")


def told_by(activity) -> ConnectorInfo:
    activities = {activity: ("it.*",)} if activity else {}
    return ConnectorInfo(
        name=NAME, title="Acme", category="test", summary="A.", version="1", activities=activities
    )


@pytest.mark.parametrize("event", [BARE, WHOLE], ids=["bare", "whole"])
@pytest.mark.parametrize("activity", [None, *Activity])
def test_every_kind_of_event_is_one_that_the_framework_knows(activity, event):
    record = ocsf(event, told_by(activity))

    assert wrong_with(record) == []
    assert record["type_uid"] == record["class_uid"] * 100 + record["activity_id"]
    assert record["class_name"].replace(" ", "_").lower() == (
        activity.partition(":")[0] if activity else "detection_finding"
    )
    if record["activity_id"] != 99:
        words = SCHEMA[record["class_uid"]].ActivityId(record["activity_id"]).name.lower()
        assert words.removeprefix("mfa_") == (activity.partition(":")[2] if activity else "create")


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_is_one_that_the_framework_knows(severity):
    assert wrong_with(ocsf(evolve(WHOLE, severity=severity), None)) == []


def test_an_event_of_a_connector_that_is_gone_is_a_finding():
    assert ocsf(WHOLE, None)["class_uid"] == 2004


@pytest.fixture(scope="module")
def sandbox():
    app = create_app(Org(users=40, apps=6, groups=4, admins=4), Settings(window_s=1))
    with serve(app) as url:
        yield url, app


@pytest.fixture(scope="module")
def twin(sandbox, tmp_path_factory):
    url, app = sandbox
    return read_week(tmp_path_factory.mktemp("events") / "twin", url, app.token())


def records(done):
    assert done.status == 0, done.says
    return [json.loads(line) for line in done.out.splitlines()]


def test_okta_events_are_records_of_their_classes(twin):
    known = twin.run("events", "--json").json

    found = records(twin.run("events", "--format", "ocsf"))

    assert [record["metadata"]["uid"] for record in found] == [event["id"] for event in known]
    assert {record["class_uid"] for record in found} >= {3001, 3002, 6003, 2004}
    assert [wrong for record in found for wrong in wrong_with(record)] == []
    for event, record in zip(known, found, strict=True):
        assert record["message"] == event["title"]
        assert (event["actor"] or "unknown") in json.dumps(record, ensure_ascii=False)


def test_events_are_lines_of_a_table_for_other_programs(twin):
    known = twin.run("events", "--json").json

    done = twin.run("events", "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["id"] for row in rows] == [event["id"] for event in known]
    for row, event in zip(rows, known, strict=True):
        assert row["time"] == event["time"]
        assert row["targets"].lstrip("'") == ", ".join(event["targets"])


# --- following ------------------------------------------------------------------------------------


class Collector:
    """Follows a twin that is in this process; each call tells what has come since."""

    def __init__(self, twin, mark, **asked):
        self.told: list[str] = []
        self.twin, self.mark, self.asked = twin, Mark(mark), asked

    def catch_up(self):
        before, stopped = len(self.told), Event()
        Follower(
            twin=self.twin, mark=self.mark, asked=self.asked, stopped=stopped, every_s=1,
            tell=lambda found: self.told.extend(event.id for event in found),
            wait=lambda _seconds: stopped.set(),
        ).run()  # fmt: skip
        return self.told[before:]


@pytest.fixture
def product():
    return StandIn(reports=[synced(changed=1)], events=["a", "b"])


@pytest.fixture
def acme(product, tmp_path):
    found = product.twin(tmp_path / "twin")
    found.sync(NAME, {})
    return found


def test_a_follower_is_told_each_event_once_and_goes_on_where_it_stopped(acme, product, tmp_path):
    mark = tmp_path / "mark"
    assert len(Collector(acme, mark).catch_up()) == 2
    assert Collector(acme, mark).catch_up() == []

    product.events = ["a", "b", "c"]
    acme.sync(NAME, {})

    assert len(Collector(acme, mark).catch_up()) == 1
    assert Collector(acme, mark).catch_up() == []


def test_many_events_are_told_in_order_with_a_mark_between_some(acme, product, tmp_path):
    product.events = [f"e{number:05}" for number in range(2 * AT_ONCE + 5)]
    acme.sync(NAME, {})
    collector, marks = Collector(acme, tmp_path / "mark"), []
    keep = Mark.keep

    class Kept(Mark):
        def keep(self, number, event_id):
            marks.append(number)
            keep(self, number, event_id)

    collector.mark = Kept(tmp_path / "mark")

    collector.catch_up()

    assert len(collector.told) == len(set(collector.told)) == 2 * AT_ONCE + 7
    assert marks == [AT_ONCE, 2 * AT_ONCE, 2 * AT_ONCE + 7]


def test_what_a_follower_does_not_ask_for_is_passed_over_for_good(acme, product, tmp_path):
    collector = Collector(acme, tmp_path / "mark", severity="critical")

    assert collector.catch_up() == []
    assert Mark(tmp_path / "mark").read()[0] == 2


def test_after_a_twin_was_forgotten_its_new_events_are_told(acme, product, tmp_path):
    mark = tmp_path / "mark"
    Collector(acme, mark).catch_up()
    other = StandIn(reports=[synced(changed=1)], events=["x", "y"]).twin(tmp_path / "other")
    other.sync(NAME, {})

    assert len(Collector(other, mark).catch_up()) == 2


def test_a_mark_further_than_a_twin_has_come_is_none(acme, product, tmp_path):
    """Also where the new twin knows less than the old one did."""
    mark = tmp_path / "mark"
    product.events = [f"e{number}" for number in range(5)]
    acme.sync(NAME, {})
    Collector(acme, mark).catch_up()
    other = StandIn(reports=[synced(changed=1)], events=["x", "y"]).twin(tmp_path / "other")
    other.sync(NAME, {})

    assert Collector(other, mark).catch_up() == ["x", "y"]


def test_a_follower_goes_on_where_the_event_it_came_to_is_kept_no_more(acme, product, tmp_path):
    mark = tmp_path / "mark"
    Collector(acme, mark).catch_up()
    product.events = ["c"]
    acme.sync(NAME, {})
    with closing(sqlite3.connect(acme.home.database)) as db, db:
        db.execute("DELETE FROM event WHERE number = 2")

    assert Collector(acme, mark).catch_up() == ["c"]


def test_a_mark_that_is_none_is_told_by_its_name(acme, tmp_path):
    (tmp_path / "mark").write_text("no mark")

    with pytest.raises(UsageError, match="mark is no mark of a follower"):
        Collector(acme, tmp_path / "mark").catch_up()


def test_a_time_that_is_none_is_told_before_anything_happens(acme, tmp_path):
    mark = tmp_path / "mark"
    Collector(acme, mark).catch_up()

    with pytest.raises(UsageError, match="yesteryear"):
        Collector(acme, mark, since="yesteryear").catch_up()


def test_a_collector_can_tail_the_command(sandbox, tmp_path):
    url, app = sandbox
    terminal = read_week(tmp_path / "twin", url, app.token())
    known = {event["id"] for event in terminal.run("events", "--json").json}

    assert tailed(terminal, len(known)) == known
    doing = app.org.act(at_s=app.now())
    people = app.org.people
    doing.grant_role(next(u for u in people.indexes() if people.status(u) == "ACTIVE"), "APP_ADMIN")
    assert terminal.run("sync", "okta").status == 0
    new = {event["id"] for event in terminal.run("events", "--json").json} - known
    assert new
    assert tailed(terminal, len(new)) == new


def tailed(terminal: Terminal, count: int) -> set[str]:
    """Whose events a follower was told of in so many lines, none twice; then it is stopped."""
    process = terminal.start("events", "--follow", "--format", "ocsf", "--every", "1s")
    limit = Timer(PATIENCE_S, process.kill)
    limit.start()
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(count)]
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate()
    limit.cancel()
    assert (process.returncode, rest) == (0, "")
    return {json.loads(line)["metadata"]["uid"] for line in lines}
