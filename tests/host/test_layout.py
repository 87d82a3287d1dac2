"""Figures of all connectors laid together and laid out, by what they say of themselves."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.support.known import AT, a_known_fact
from twin_host.asking.tables import Tables
from twin_host.contract import Confidence, ConnectorInfo, Section, SectionShape
from twin_host.figures import comparable, figures
from twin_host.home import Home
from twin_host.known import Reading, judged
from twin_host.moment import Moment
from twin_host.store import Store
from twin_host.subjects import Snapshots
from twin_host.twin import utc_now
from twin_host.web.layout import OTHER, headlines, panels


@dataclass
class Connectors:
    """As many of a registry's connectors as a moment looks at."""

    connectors: dict = field(default_factory=dict)

    def add(self, name, *sections):
        info = ConnectorInfo(
            name=name, title=name, category="identity", summary="", version="1", sections=sections
        )
        self.connectors[name] = type("Connector", (), {"info": info})


@pytest.fixture
def registry():
    return Connectors()


@pytest.fixture
def moment(tmp_path, registry):
    store = Store.to_read(tmp_path / "twin.db")
    with Moment(
        Home(tmp_path), registry, store, utc_now, Snapshots(tmp_path), Tables(tmp_path)
    ) as found:
        yield found


def titles(found):
    return {panel.title: [figure.key for figure in panel.figures] for panel in found}


def test_sections_of_one_title_are_one_and_keep_the_first_one_s_place_and_shape(moment, registry):
    meters = Section(title="MFA", shown=SectionShape.METERS)
    registry.add("a", meters, Section(title="Accounts"))
    registry.add("b", Section(title="Directory"), Section(title="MFA", shown=SectionShape.BARS))
    found = moment.sections()
    assert [section.title for section in found] == ["MFA", "Accounts", "Directory"]
    assert found[0] == meters


def test_every_figure_stands_in_its_section_in_its_connector_s_order_and_the_others_last():
    facts = [
        a_known_fact("b", section="S", place=1),
        a_known_fact("a", section="S", place=2),
        a_known_fact("c", section="Of one that was removed", place=3),
        a_known_fact("d", place=0),
    ]
    found = panels(figures(facts), [Section(title="Empty"), Section(title="S")])
    assert titles(found) == {"S": ["b", "a"], "Of one that was removed": ["c"], OTHER: ["d"]}
    assert list(titles(found)) == ["S", "Of one that was removed", OTHER]


def test_bars_are_longest_first():
    facts = [a_known_fact("a", "5%", section="S"), a_known_fact("b", "50%", section="S")]
    found = panels(figures(facts), [Section(title="S", shown=SectionShape.BARS)])
    assert titles(found) == {"S": ["b", "a"]}


def test_headlines_are_those_that_the_connector_calls_so():
    facts = [
        a_known_fact("plain", place=0),
        a_known_fact("second", headline=2),
        a_known_fact("first", headline=1),
        a_known_fact("stated", headline=0, counted=None),
    ]
    assert [figure.key for figure in headlines(figures(facts))] == ["first", "second", "plain"]


def test_a_declared_figure_is_called_and_placed_as_the_connectors_do():
    counted = a_known_fact(title="MFA coverage", section="MFA", headline=1, short="mfa", place=4)
    row = {"key": "mfa_coverage", "value": "100%", "declared_at": "2026-01-01T00:00:00Z"}
    found = judged(row, [counted])
    assert (found.title, found.section, found.short) == ("MFA coverage", "MFA", "mfa")
    alone = judged(row | {"key": "some_other"}, [counted])
    assert (alone.title, alone.section, alone.confidence) == ("Some other", "", "declared")


def test_the_strongest_says_what_a_figure_is_and_a_declaration_never_does():
    facts = [
        a_known_fact(source="declared", value="100%", confidence=Confidence.DECLARED),
        a_known_fact(source="b", value="40%", confidence=Confidence.UNCERTAIN),
        a_known_fact(source="a", value="50%", confidence=Confidence.OBSERVED, days_old=9),
    ]
    (figure,) = figures(facts)
    assert list(figure.readings) == ["a", "b", "declared"]
    assert figure.best.trust == "observed, 9 days old"


def test_a_trend_crosses_neither_sources_nor_definitions():
    def reading(source, version):
        return Reading(
            source=source,
            key="k",
            as_of=AT + timedelta(days=version),
            value="1",
            confidence=Confidence.VERIFIED,
            definition_version=version,
        )

    past = [reading("a", 1), reading("a", 2), reading("b", 2)]
    assert comparable(past, a_known_fact("k", source="a", definition_version=2)) == [past[1]]
