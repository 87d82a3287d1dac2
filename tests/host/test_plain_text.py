"""Text from outside can do nothing to a terminal, nor to the lines of the compiled form."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.known import AT, a_known_event, a_known_fact, a_known_gap
from twin_host.contract import Confidence
from twin_host.plain_text import printable
from twin_host.sif import (
    ConnectorLine,
    ContradictionLine,
    Picture,
    Tier,
    compile_sif,
    escape,
)

TAGS = {
    "@UNREAD",
    "@SIF/1.0", "@SCHEMA", "@CONFIDENCE", "@SEVERITY", "@ORG", "@X", "@CONNECTOR", "@RECOMMEND",
    "@EVIDENCE", "@CUT", "@NIST",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ada", "Ada"),
        ("Zoë 李 ✓", "Zoë 李 ✓"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]8;;http://x\x07link", "\\x1b]8;;http://x\\x07link"),
        ("two\nlines", "two\\x0alines"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("a\u2028b", "a\\u2028b"),
        ("a\U000e0041b", "a\\U000e0041b"),
    ],
)
def test_what_could_act_is_written_out(text, shown):
    assert printable(text) == shown


@given(st.text(), st.none() | st.integers(0, 40))
def test_nothing_that_is_shown_can_act(text, limit):
    shown = printable(text, limit)
    assert "\x1b" not in shown
    assert len(shown.splitlines()) <= 1
    assert limit is None or cell_len(shown) <= limit


def picture(hostile="x", gaps=2, events=3):
    return Picture(
        organisation=hostile,
        facts=[
            a_known_fact(headline=1, short="mfa", title="MFA coverage"),
            a_known_fact(
                "strange_" + hostile,
                hostile,
                note=hostile,
                title=hostile,
                short=hostile,
                headline=2,
                confidence=Confidence.OBSERVED,
            ),
        ],
        gaps=[a_known_gap(f"gap-{n}", n, title=hostile, remedy=hostile) for n in range(gaps)],
        events=[a_known_event(f"e{n}", hostile) for n in range(events)],
        contradictions=[ContradictionLine("mfa_coverage", {"declared": "100%", "actual": "87%"})],
        connectors=[ConnectorLine("okta", "Okta", "identity", AT, "complete")],
        trends={("okta", "mfa_coverage"): [80.0, 87.0]},
        names={("okta", f"gap-{n}"): [hostile] for n in range(gaps)},
    )


@given(st.text(), st.sampled_from(Tier))
def test_no_text_makes_or_forges_a_line(hostile, tier):
    lines = compile_sif(tier, picture(hostile)).splitlines()
    for line in lines:
        tag = line.split(" ")[0]
        assert tag in TAGS or tag.split(".")[0] in {"@POSTURE", "@GAPS", "@FACTS", "@EVENT"}
    if tier is Tier.EXECUTIVE:
        assert "@X mfa_coverage{declared:100% actual:87%}" in lines


@pytest.mark.parametrize("tier", Tier)
def test_what_is_not_complete_is_marked_in_every_tier(tier):
    doubtful = evolve(
        picture(),
        facts=[
            a_known_fact(
                "privileged_users", "13", headline=1, short="priv", confidence=Confidence.UNCERTAIN
            )
        ],
        gaps=[a_known_gap("g", 5, complete=False)],
        unread={"okta": {"roles": "denied"}},
    )
    text = compile_sif(tier, doubtful)
    assert "priv:13(U)" in text
    assert "g(5+x,PR.AA-03)" in text
    assert "@UNREAD okta roles:denied" in text


@given(st.text())
def test_an_escaped_text_is_one_word(text):
    assert escape(text)
    assert len(escape(text).split()) == 1


@pytest.mark.parametrize("tier", Tier)
def test_the_budget_holds_however_much_there_is(tier):
    text = compile_sif(tier, picture("word " * 40, gaps=400, events=2000))
    assert len(text) <= tier.budget * 4
    gaps = next(line for line in text.splitlines() if line.startswith("@GAPS.H "))
    shown, rest = gaps.rsplit(" +", 1)
    assert shown.count("(") + int(rest) == 400
    assert tier is Tier.EXECUTIVE or text.splitlines()[-1].startswith("@CUT +")


def test_the_executive_tier_says_what_matters():
    text = compile_sif(Tier.EXECUTIVE, picture("Acme"))
    assert "@ORG Acme" in text
    assert "mfa:87%↑" in text
    assert "@GAPS.H gap-0(0x,PR.AA-03)" in text


def test_the_schema_says_what_each_abbreviation_is_short_for():
    text = compile_sif(Tier.STANDARD, picture("Acme"))
    assert "@SCHEMA mfa=MFA_coverage" in text


def test_an_abbreviation_stands_for_one_figure_only():
    both = [
        a_known_fact("users", "5", headline=1, short="u"),
        a_known_fact("uncles", "6", headline=2, short="u"),
        a_known_fact("users", "7", source="entra_id"),
    ]
    text = compile_sif(Tier.STANDARD, evolve(picture(), facts=both))
    assert "@SCHEMA u=Users\n" in text
    assert "@FACTS.V uncles:6 u:5 u:7" in text


@pytest.mark.parametrize("tier", Tier)
def test_a_figure_that_is_too_old_says_how_old_it_is(tier):
    old = a_known_fact(
        headline=1, short="mfa", confidence=Confidence.OBSERVED, days_old=9, source="okta"
    )
    text = compile_sif(tier, evolve(picture(), facts=[old]))
    assert "mfa:87%(O,9d)" in text
    assert tier is Tier.EXECUTIVE or "@FACTS.O mfa:87%(9d)" in text
