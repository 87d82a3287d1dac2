"""The book of figures: data alone, the same whenever asked, and never more than is known."""

import re
import sqlite3
from pathlib import Path

import pytest

from tests.support.small_snapshot import LONG_AGO, SmallSnapshot
from tests.support.virtual_org import virtual_org
from twin_host.contract import Confidence
from twin_okta.manifest import connector_info
from twin_okta.posture.book import figures, gap_rules
from twin_okta.posture.measure import quoted, word
from twin_okta.rules import load
from twin_okta.schema import COMPUTED_ONCE, wanted_views
from twin_okta.snapshot import FILE_NAME, Snapshot

BOOK = (*figures().values(), *(rule.figure for rule in gap_rules()))


@pytest.fixture(scope="module")
def org(tmp_path_factory):
    org = virtual_org(users=150, apps=30, variety=True, state_dir=tmp_path_factory.mktemp("book"))
    org.sync(hours_back=168)
    return org


@pytest.mark.parametrize("figure", BOOK, ids=lambda figure: figure.key)
def test_a_query_says_the_same_by_the_stored_views_as_while_enriching(org, figure):
    with Snapshot.to_read(org.state_dir) as stored, Snapshot.to_read(org.state_dir) as enriching:
        enriching.compute_once()
        listing = figure.listing()
        assert enriching.records(listing, {}) == stored.records(listing, {})


def test_every_query_told_runs_on_a_plain_connection_and_lists_as_many_as_counted(org):
    with sqlite3.connect(f"{(org.state_dir / FILE_NAME).as_uri()}?mode=ro", uri=True) as plain:
        told = org.enrich()
        for fact in told.facts:
            if fact.evidence.query:
                rows = plain.execute(fact.evidence.query).fetchall()
                assert fact.value != str(fact.evidence.numerator) or len(rows) == int(fact.value)
        for gap in told.gaps:
            assert len(plain.execute(gap.query).fetchall()) == gap.count, gap.id


def test_no_query_has_an_open_parameter_or_names_a_table():
    tables = re.compile(r"\b(user|factor|factor_read|okta_group|role|app|assignment|dataset)\b")
    for figure in BOOK:
        assert not re.search(r"[:?@$][a-z0-9]*\b(?!')", re.sub(r"'[^']*'", "", figure.query))
        named = set(re.findall(r"(?:FROM|JOIN)\s+([a-z_]+)", figure.query))
        assert named <= {name for name, _ in wanted_views()}, figure.key
        assert not any(map(tables.fullmatch, named))


def test_what_is_computed_once_are_views():
    assert COMPUTED_ONCE.keys() <= {name for name, _ in wanted_views()}


def test_keys_are_unique_and_what_others_refer_to_is_there():
    assert len(figures()) == len(load("figures")["figure"])
    for figure in figures().values():
        assert not figure.among or figure.among in figures(), figure.key


def test_every_section_is_one_of_the_manifest_s_and_what_says_most_has_a_place_of_its_own():
    sections = {section.title for section in connector_info().sections}
    assert {figure.section for figure in figures().values()} == sections
    places = [figure.headline for figure in figures().values() if figure.headline]
    assert len(set(places)) == len(places)
    assert all(figure.short for figure in figures().values() if figure.headline)


def test_a_figure_and_a_gap_are_added_without_python(tmp_path, monkeypatch):
    org = SmallSnapshot.made(tmp_path)
    org.person("ada", department="Treasury")
    page = (Path(__file__).parents[2] / "docs/rules.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(\[\[(?:figure|gap)\]\].*?)```", page, re.DOTALL)
    import tomllib

    added = tomllib.loads("\n".join(examples))
    monkeypatch.setattr(
        "twin_okta.posture.book.load",
        lambda name: {
            key: rows + added.get(key, []) if key in ("figure", "gap") else rows
            for key, rows in load(name).items()
        },
    )

    fact, gap = org.facts()[added["figure"][0]["key"]], org.gaps()[added["gap"][0]["id"]]

    assert (fact.value, fact.confidence, fact.title) == (
        "1", Confidence.VERIFIED, added["figure"][0]["title"],
    )  # fmt: skip
    assert (org.ids(gap), gap.count) == ({"ada"}, 1)


def test_a_gap_s_digest_changes_with_its_people_and_with_nothing_else(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    org.person("ada")
    before = org.gaps()["users-without-mfa"].digest
    org.execute("UPDATE user SET last_login = ?", LONG_AGO)
    assert org.gaps()["users-without-mfa"].digest == before

    org.person("grace")
    org.execute("UPDATE user SET status = 'SUSPENDED' WHERE id = 'ada'")

    after = org.gaps()["users-without-mfa"]
    assert (after.count, after.digest != before) == (1, True)


@pytest.mark.parametrize(
    "odd", ["it's", 'say "x"', "a\x00b", "caf\u00e9", "-- ; DROP", "\x1b[1m", ""]
)
def test_no_value_however_odd_breaks_a_breakdown(tmp_path, odd):
    org = SmallSnapshot.made(tmp_path)
    org.person("ada", f"{odd}/OKTA")
    org.person("grace", f"{odd.upper()}/OKTA")
    org.person("bare", status=odd or "ODD", login="x")

    facts = org.facts()

    part = facts["mfa_factor_" + word(odd)]
    assert len({*facts}) == len(org.enrich().facts)
    assert part.evidence.population == 2
    if odd:
        assert org.ids(part) <= {"ada", "grace"}
    with Snapshot.to_read(org.folder) as snapshot:
        assert snapshot.rows(f"SELECT {quoted(odd)}") == [(odd,)]


def test_a_status_that_reads_like_a_figure_takes_no_figure_s_place(tmp_path):
    org = SmallSnapshot.made(tmp_path)
    org.person("ada", status="WITHOUT_MFA")

    facts = org.facts()

    assert facts["users_without_mfa"].title == "Users without MFA"
    assert facts["users_without_mfa_"].value == "1"


# --- unknown is not no --------------------------------------------------------------------------

TOLD = """
SELECT name, type FROM pragma_table_info(?) WHERE "notnull" = 0 AND pk = 0
"""
TABLES = (
    "user", "factor", "okta_group", "role", "app", "app_use", "client_role", "api_token", "policy",
    "policy_rule", "authenticator", "zone",
)  # fmt: skip
SAYS_NOTHING = {
    ("user", "last_login"): "null is what Okta sends for never",
    ("user", "activated"): "null is what Okta sends for never",
    ("app", "sign_on_mode"): "null is what Okta sends for no sign-on",
    ("app", "application_type"): "absent from what is no OpenID Connect client of the org's own",
    ("user", "user_type"): "a free attribute that most people do not have",
    ("app_use", "last_used"): "null is what the log says of nobody",
    ("factor", "provider"): "tells which authenticator is behind, and that stands for itself",
    ("role", "custom_role_id"): "standard roles have none",
    ("okta_group", "folded_name"): "made from the name",
}


def _columns():
    with sqlite3.connect(":memory:") as db:
        from twin_okta.schema import bring_up_to_date

        bring_up_to_date(db)
        for table in TABLES:
            for name, _ in db.execute(TOLD, (table,)):
                yield table, name


def _odd_org(folder):
    org = SmallSnapshot.made(folder, groups=("Treasury admins",))
    org.authenticators(okta_verify=None, phone_number="any", okta_email="any")
    org.person("ada", "push/OKTA", last_login=LONG_AGO, activated=LONG_AGO)
    org.person("mary", "sms/OKTA")
    org.administrator("grace", "push/OKTA", role="HELP_DESK_ADMIN")
    org.administrator("alan", "email/OKTA", role="CUSTOM")
    org.person("eve", "sms/OKTA", provider="FEDERATION")
    org.execute(
        "UPDATE role SET custom_role_id = 'cr', resource_set_id = 's' WHERE type = 'CUSTOM'"
    )
    org.add("role_permission", role_id="cr", permission="okta.users.manage")
    org.group("g1", "Treasury admins", "mary")
    org.group("g2", "Ops", "ada", has_admin_role=1)
    for app, mode in (("a1", "SAML_2_0"), ("a2", "AUTO_LOGIN"), ("console", "OPENID_CONNECT")):
        org.app(app, mode, name="saasure" if app == "console" else app)
        org.read("assignments", app)
        org.add("app_use", app_id=app, last_used=LONG_AGO)
    org.app("m1", "OPENID_CONNECT", application_type="service")
    org.add("client_role", app_id="m1", id="cr1", type="ORG_ADMIN", status="ACTIVE")
    org.add(
        "api_token", id="t1", name="t", user_id="ada", last_used=LONG_AGO, connection="ANYWHERE"
    )
    org.rule(
        "everybody", "OKTA_SIGN_ON", requires_factor=0, primary_factor="PASSWORD_IDP_ANY_FACTOR",
        lifetime_minutes=60, idle_minutes=5,
    )  # fmt: skip
    org.rule("pol", "ACCESS_POLICY", means='["password", "email"]')
    org.add("zone", id="z1", name="office", type="IP", usage="POLICY", status="ACTIVE")
    org.add("threat_insight", action="block")
    return org


@pytest.mark.parametrize(("table", "column"), list(_columns()))
def test_a_value_that_was_not_sent_changes_no_verified_figure(tmp_path, table, column):
    if (table, column) in SAYS_NOTHING:
        pytest.skip(SAYS_NOTHING[table, column])
    org = _odd_org(tmp_path)
    before = {fact.key: fact.value for fact in org.enrich().facts if fact.confidence == "verified"}
    gaps_before = {gap.id: gap.count for gap in org.enrich().gaps if gap.complete}
    assert len(before) > 40

    org.execute(f"UPDATE {table} SET {column} = NULL")
    if (table, column) == ("okta_group", "name"):
        org.execute("UPDATE okta_group SET folded_name = NULL")

    after = org.enrich()
    assert {
        fact.key: fact.value
        for fact in after.facts
        if fact.confidence == "verified" and before.get(fact.key) != fact.value
    } == {}
    assert {
        gap.id: gap.count
        for gap in after.gaps
        if gap.complete and gaps_before.get(gap.id) != gap.count
    } == {}


SHARES = [figure for figure in BOOK if figure.measure == "share" and not figure.is_breakdown]


@pytest.mark.parametrize("figure", SHARES, ids=lambda figure: figure.key)
def test_whoever_is_not_known_yet_comes_behind_those_who_are(half_read, figure):
    with Snapshot.to_read(half_read.state_dir) as snapshot:
        counts = [row["counts"] for row in snapshot.records(figure.listing(), {})]
    unknown = [each is None for each in counts]
    assert unknown == sorted(unknown)
    known = counts[: unknown.index(True)]
    assert known == sorted(known)
    assert set(unknown) == {False, True}


@pytest.fixture(scope="module")
def half_read(tmp_path_factory):
    """An org whose factors were read of some people only."""
    org = virtual_org(users=60, state_dir=tmp_path_factory.mktemp("half"))
    org.sync(sync_apps=False, sync_logs=False)
    with sqlite3.connect(org.state_dir / FILE_NAME) as snapshot:
        snapshot.execute(
            "DELETE FROM subject_read WHERE dataset = 'factors' AND subject IN "
            "(SELECT subject FROM subject_read WHERE dataset = 'factors' LIMIT 20)"
        )
    snapshot.close()
    return org
