"""The contract of the command line, against a sandbox on a real port."""

import os
import shutil
import sqlite3
import stat
import time
from datetime import UTC, datetime, timedelta

import pytest

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import Terminal
from tests.support.true_figures import known

FAST = Settings(window_s=1)


@pytest.fixture
def terminal(tmp_path):
    return Terminal(tmp_path / "twin")


@pytest.fixture(scope="module")
def sandbox():
    org = Org(users=40, apps=12, groups=8, admins=4)
    app = create_app(org, Settings(window_s=1))
    with serve(app) as url:
        yield url, app


@pytest.fixture(scope="module")
def synced(sandbox, tmp_path_factory):
    """A twin after one sync of 168 hours."""
    url, app = sandbox
    terminal = Terminal(tmp_path_factory.mktemp("synced") / "twin", app.token())
    assert terminal.configure(url).status == 0
    first = terminal.run("sync", "okta", "--hours-back", "168", "--json")
    assert first.status == 0, first.says
    return terminal


# --- shapes -----------------------------------------------------------------------------------


def test_facts_have_the_shape_that_other_programs_rely_on(synced, sandbox):
    facts = {fact["key"]: fact for fact in synced.run("facts", "--json").json}

    coverage = facts["mfa_coverage"]
    true = known(sandbox[1].org)
    assert set(coverage) == {
        "key", "value", "fact", "confidence", "source", "as_of", "evidence",
    }  # fmt: skip
    assert coverage["fact"] == f"mfa_coverage:{coverage['value']}"
    assert coverage["confidence"] == "verified"
    assert coverage["evidence"]["numerator"] == len(true.covered)
    assert coverage["evidence"]["denominator"] == len(true.population)
    assert coverage["evidence"]["complete"] is True
    assert {
        "tool", "users", "users_active", "mfa_coverage_strong", "mfa_coverage_phishing_resistant",
        "mfa_factor_push", "sso_apps", "sso_apps_federated", "sso_apps_password",
        "privileged_users", "users_without_mfa", "stale_accounts",
    } <= facts.keys()  # fmt: skip
    assert all(" " not in fact["fact"] for fact in facts.values())


def test_gaps_name_their_people_by_id_and_login(synced, sandbox):
    gaps = {gap["id"]: gap for gap in synced.run("gaps", "--json").json}

    gap = gaps["users-without-mfa"]
    assert {"id", "severity", "count", "nist", "title", "remedy", "subjects"} <= gap.keys()
    assert gap["count"] == len(gap["subjects"])
    assert {s["id"] for s in gap["subjects"]} == known(sandbox[1].org).without_mfa
    assert all("@" in subject["login"] for subject in gap["subjects"])


def test_events_carry_okta_s_uuid_and_every_one_once(synced):
    events = synced.run("events", "--json").json

    assert events
    assert {
        "id", "time", "event_type", "severity", "category", "outcome", "actor", "source_ip", "raw",
    } <= events[0].keys()  # fmt: skip
    assert len({event["id"] for event in events}) == len(events)
    assert all(event["raw"]["uuid"] == event["id"] for event in events)
    assert [e["time"] for e in events] == sorted((e["time"] for e in events), reverse=True)


def test_a_second_sync_stores_no_event_twice(synced):
    before = synced.run("events", "--json").json

    report = synced.run("sync", "okta", "--json")

    assert report.status == 0
    after = synced.run("events", "--json").json
    assert len({event["id"] for event in after}) == len(after) >= len(before)


def test_a_sync_reports_each_dataset(synced):
    report = synced.run("sync", "okta", "--no-logs", "--no-apps", "--json").json

    assert report["status"] == "complete"
    users = report["datasets"]["users"]
    assert users == users | {
        "state": "complete", "read": 40, "expected": 40, "reason": "", "missing": None,
    }  # fmt: skip
    assert report["datasets"]["logs"]["state"] == "skipped"
    assert report["datasets"]["apps"]["state"] == "skipped"
    for name in ("requests", "throttled", "retries", "seconds", "mode"):
        assert name in report


def test_a_test_lists_each_capability(synced):
    report = synced.run("test", "okta", "--json").json

    assert report["ok"] is True
    assert report["org"]
    assert report["capabilities"]["users"] == {"granted": True, "reason": "", "missing": None}
    six = {"users", "factors", "roles", "groups", "apps", "logs"}
    assert six <= set(report["capabilities"])


def test_a_first_sync_with_the_default_says_that_168_hours_are_better(sandbox, terminal):
    url, app = sandbox
    terminal.token = app.token()
    terminal.configure(url)

    report = terminal.run("sync", "okta", "--json").json

    assert any("168" in note for note in report["notes"])


# --- reading the twin -------------------------------------------------------------------------


def test_search_finds_what_the_sync_brought(synced):
    gap = synced.run("gaps", "--json").json[0]
    hits = synced.run("search", gap["title"], "--json").json

    assert any(hit["reference"] == gap["id"] for hit in hits)


def test_search_takes_any_words_for_words(synced):
    for words in ('"', "AND OR NOT", "a* NEAR(b)", "--", "col:x", "'; DROP TABLE fact; --"):
        assert synced.run("search", "--", words).status == 0


def test_explain_lists_the_people_behind_a_figure(synced, sandbox):
    explained = synced.run("explain", "mfa_coverage", "--json").json

    true = known(sandbox[1].org)
    assert {subject["id"] for subject in explained["subjects"]} == true.population
    assert explained["evidence"]["definition"]


def test_explain_shows_exact_assignment_counts(synced, sandbox):
    apps = synced.run("explain", "sso_apps", "--json").json["subjects"]

    true = known(sandbox[1].org).assignments
    assert {app["id"]: app["assigned_users"] for app in apps} == {
        app["id"]: true[app["id"]].total for app in apps
    }


def test_a_declared_figure_that_is_not_so_is_a_contradiction(synced):
    synced.run("declare", "mfa_coverage", "100%")

    facts = [f for f in synced.run("facts", "--json").json if f["key"] == "mfa_coverage"]

    declared = next(fact for fact in facts if fact["source"] == "declared")
    actual = next(fact for fact in facts if fact["source"] == "okta")
    assert declared["confidence"] == "contradicted"
    assert declared["evidence"]["declared"] == "100%"
    assert declared["evidence"]["actual"] == actual["value"]
    assert f"@X mfa_coverage{{declared:100% actual:{actual['value']}}}" in synced.run("sif").out


def test_a_declaration_is_taken_back_and_an_unknown_key_is_questioned(synced):
    asked = synced.run("declare", "mfa_coverge", "100%")
    assert "did you mean mfa_coverage" in asked.err
    assert synced.run("declare", "mfa_coverge", "--remove").status == 0
    assert "mfa_coverge" not in synced.run("facts", "--json").out
    assert synced.run("declare", "mfa_coverage").status == 2


def test_one_gap_shows_the_people_in_it(synced, sandbox):
    shown = synced.run("gaps", "users-without-mfa")
    assert "enrolment policy" in " ".join(shown.out.split())
    assert shown.out.count("@example.com") == len(known(sandbox[1].org).without_mfa)
    unknown = synced.run("gaps", "no-such-gap")
    assert unknown.status == 2
    assert "users-without-mfa" in unknown.err


def test_a_fact_may_be_explained_as_it_is_printed(synced):
    assert synced.run("explain", "tool:okta").status == 0


@pytest.mark.parametrize(
    "filter_", [("--since", "yesterday"), ("--since", "2026-13-99"), ("--category", "bogus")]
)
def test_a_filter_that_can_find_nothing_is_refused(synced, filter_):
    done = synced.run("events", *filter_)
    assert done.status == 2
    assert filter_[1] in done.err


def test_before_the_first_sync_an_empty_table_is_no_all_clear(terminal):
    for command in ("gaps", "events"):
        assert "Nothing has been synced yet" in terminal.run(command).out


def test_what_was_denied_is_told_wherever_figures_are_passed_on(sandbox, terminal):
    url, app = sandbox
    terminal.token = app.token("read_only_admin")
    terminal.configure(url)
    assert terminal.run("sync", "okta").status == 3
    for tier in ("executive", "standard", "full"):
        sif = terminal.run("sif", "--tier", tier).out
        assert "@UNREAD okta" in sif
        assert "roles:denied" in sif
        assert "(O)" in next(word for word in sif.split() if word.startswith("priv:"))
    assert "roles denied" in " ".join(terminal.run("gaps").out.split())


def test_tables_fit_80_columns_and_hold_no_colour_codes_in_a_pipe(synced):
    for command in ("facts", "gaps", "events", "connectors"):
        done = synced.run(command)
        assert done.status == 0
        assert max(map(len, done.out.splitlines())) <= 80
        assert "\x1b" not in done.out


def test_profile_and_sif_are_printed(synced):
    assert "Identity posture: Okta" in synced.run("profile").out
    assert synced.run("sif", "--tier", "executive").out.startswith("@SIF/1.0")


def test_connectors_and_status_are_listed(synced):
    (row,) = synced.run("connectors", "--json").json
    assert (row["name"], row["configured"]) == ("okta", True)
    assert row["last_sync"]["status"] == "complete"
    status = synced.run("status", "okta", "--json").json
    assert status["last_sync"]["report"]["datasets"]["users"]["state"] == "complete"
    assert synced.token not in synced.run("status", "okta").says


# --- who is behind a figure is asked of the snapshot --------------------------------------------


@pytest.fixture
def copy(synced, tmp_path):
    """The same twin, to do something to."""
    shutil.copytree(synced.home, tmp_path / "copy")
    copy = Terminal(tmp_path / "copy", synced.token)
    copy.run("declare", "mfa_coverage", "--remove")  # which another test may have declared
    return copy


def spoil(copy, how):
    snapshot = copy.home / "connectors/okta/snapshot.db"
    for file in (snapshot, *snapshot.parent.glob("snapshot.db-*")):
        file.unlink(missing_ok=True)
    if how == "damaged":
        snapshot.write_bytes(b"no database" * 999)


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_without_the_snapshot_counts_stand_and_nobody_is_said_to_be_listed(copy, synced, how):
    before = synced.run("gaps", "--json").json
    spoil(copy, how)

    gaps = copy.run("gaps", "--json").json

    assert [gap["count"] for gap in gaps] == [gap["count"] for gap in before]
    assert all(gap["subjects"] is None and "snapshot of okta" in gap["not_listed"] for gap in gaps)
    shown = copy.run("gaps", "users-without-mfa")
    assert shown.status == 0
    assert "cannot be listed" in shown.out
    explained = copy.run("explain", "mfa_coverage", "--json").json
    assert explained["value"].endswith("%")
    assert explained["subjects"] is None
    assert {event["raw"] for event in copy.run("events", "--json").json} == {None}
    for command in ("facts", "events", "sif --tier full", "search mfa", "status okta"):
        assert copy.run(*command.split()).status == 0


def test_the_twin_keeps_no_copy_of_people_nor_of_entries(copy):
    with sqlite3.connect(copy.home / "twin.db") as database:
        text = "\n".join(database.iterdump())
    assert "@example.com" in text  # of who did something notable
    bare = copy.run("gaps", "stale-accounts", "--json").json[0]["subjects"]
    assert bare
    assert not any(f'"{person["id"]}"' in text for person in bare)
    assert "debugContext" not in text


def test_lists_are_bounded_where_people_look(synced):
    worst = max(synced.run("gaps", "--json").json, key=lambda gap: gap["count"])["id"]
    one = synced.run("gaps", worst, "--limit", "1")
    assert "more: see --limit" in one.out
    few = synced.run("explain", "users", "--limit", "2", "--json").json
    assert (len(few["subjects"]), few["more"], few["not_listed"]) == (2, True, None)
    (gap,) = synced.run("gaps", worst, "--limit", "1", "--json").json
    assert len(gap["subjects"]) == 1


def test_search_finds_somebody_first_and_shows_the_gaps_that_they_are_in(synced):
    (gap,) = synced.run("gaps", "users-without-mfa", "--json").json
    subject = gap["subjects"][0]
    hits = synced.run("search", subject["login"], "--json").json
    assert (hits[0]["kind"], hits[0]["reference"]) == ("users", subject["id"])
    shown = synced.run("show", hits[0]["reference"], "--json").json
    assert "users-without-mfa" in {found["id"] for found in shown["sections"]["gaps"]}


# --- too old ------------------------------------------------------------------------------------


@pytest.fixture
def old(copy):
    """A twin into which nothing has been read for nine days."""
    with sqlite3.connect(copy.home / "twin.db") as database:
        then = (datetime.now(UTC) - timedelta(days=9, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        database.execute("UPDATE fact SET as_of = ?", (then,))
    database.close()
    return copy


def test_a_verified_figure_that_is_too_old_is_shown_as_observed_everywhere(old):
    facts = {fact["key"]: fact for fact in old.run("facts", "--json").json}
    assert {fact["confidence"] for fact in facts.values()} == {"observed"}
    assert {fact["days_old"] for fact in facts.values()} == {9}
    assert "9 days old" in old.run("facts").out
    assert "observed, 9 days old" in old.run("explain", "mfa_coverage").out
    assert "(O,9d)" in old.run("sif", "--tier", "executive").out

    status = old.run("status", "okta")
    assert status.status == 3
    assert "too old to be called verified" in status.err
    as_json = old.run("status", "okta", "--json")
    assert (as_json.status, set(as_json.json["stale_figures"])) == (3, set(facts))


def test_how_old_a_figure_may_be_is_a_setting(old):
    settings = old.home / "settings.toml"
    settings.write_text("stale_figure_days = 10\n")
    assert old.run("status", "okta").status == 0
    assert {fact["confidence"] for fact in old.run("facts", "--json").json} == {"verified"}
    for wrong in ('stale_figure_days = "a week"', "stale_figure_days = 0", "stale = 3", "x ="):
        settings.write_text(wrong)
        refused = old.run("facts")
        assert refused.status == 2
        assert "settings.toml" in refused.err
        assert len(refused.err.strip().splitlines()) == 1


# --- configuring ------------------------------------------------------------------------------


def test_a_missing_token_is_named_and_nothing_is_waited_for(terminal):
    done = terminal.run("configure", "okta", "--domain", "acme")

    assert done.status == 2
    assert "token" in done.err
    assert "OKTA_API_TOKEN" in done.err
    assert not (terminal.home / "connectors/okta/config.toml").exists()


def test_every_wrong_setting_is_named_at_once(terminal):
    done = terminal.run(
        "configure", "okta", "--domain", "http://acme.okta.com", "--rate-share", "7",
        OKTA_API_TOKEN="00token",
    )  # fmt: skip

    assert done.status == 2
    assert "domain:" in done.err
    assert "rate_share:" in done.err
    assert len(done.err.strip().splitlines()) == 2


@pytest.mark.parametrize(("arguments", "stdin"), [((), "00abc\n"), (("--token-stdin",), "00abc\n")])
def test_a_token_may_come_through_standard_input(terminal, arguments, stdin):
    done = terminal.run("configure", "okta", "--domain", "acme", *arguments, stdin=stdin)

    assert done.status == 0, done.says
    assert "00abc" not in done.says
    secrets = terminal.home / "connectors/okta/secrets.toml"
    assert str(secrets) in done.err  # it says where
    assert "00abc" in secrets.read_text()
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600


def test_there_is_no_flag_for_the_token(terminal):
    done = terminal.run("configure", "okta", "--token", "00abc", "--domain", "acme")

    assert done.status == 2
    assert "--token " not in terminal.run("configure", "okta", "--help").out


def test_a_second_configure_changes_only_what_it_names(terminal):
    first = terminal.run(
        "configure", "okta", "--domain", "acme", "--stale-after-days", "30",
        "--privileged-groups", "Domain Admins", "--token-stdin", stdin="00abc",
    )  # fmt: skip
    assert first.status == 0, first.says

    second = terminal.run("configure", "okta", "--rate-share", "0.5")

    assert second.status == 0, second.says
    config = terminal.run("status", "okta", "--json").json["config"]
    assert config["domain"] == "acme.okta.com"
    assert config["stale_after_days"] == 30
    assert config["privileged_groups"] == ["Domain Admins"]
    assert config["rate_share"] == 0.5
    secrets = terminal.home / "connectors/okta/secrets.toml"
    assert "00abc" in secrets.read_text()


def test_the_environment_wins_over_the_stored_token(sandbox, terminal):
    url, app = sandbox
    assert terminal.configure(url, "--token-stdin", stdin="00wrong").status == 0
    assert terminal.run("test", "okta").status == 1

    assert terminal.run("test", "okta", OKTA_API_TOKEN=app.token()).status == 0


def test_a_secret_of_the_environment_is_used_and_written_only_when_told_to(terminal):
    home = Terminal(terminal.home, "00fromoutside")
    assert home.run("configure", "okta", "--domain", "acme").status == 0
    files = [path for path in terminal.home.rglob("*") if path.is_file()]
    assert files
    assert not any(b"00fromoutside" in path.read_bytes() for path in files)
    assert home.run("configure", "okta", "--store-secret").status == 0
    assert "00fromoutside" in (terminal.home / "connectors/okta/secrets.toml").read_text()


def test_a_token_is_asked_anew_for_another_domain(terminal):
    first = terminal.run("configure", "okta", "--domain", "acme", "--token-stdin", stdin="00abc")
    assert first.status == 0
    moved = terminal.run("configure", "okta", "--domain", "https://globex.okta.com")
    assert moved.status == 2
    assert moved.err == (
        "Error: token: It was given for acme.okta.com and is not sent to globex.okta.com: "
        "give it anew. It comes from OKTA_API_TOKEN, or standard input (--token-stdin).\n"
    )
    given = terminal.run("configure", "okta", "--domain", "globex", stdin="00def")
    assert given.status == 0
    assert "globex.okta.com" in (terminal.home / "connectors/okta/secrets.toml").read_text()


def test_what_is_written_is_for_its_owner_only(synced):
    for folder, _, files in os.walk(synced.home):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700, folder
        for file in files:
            assert stat.S_IMODE(os.stat(os.path.join(folder, file)).st_mode) == 0o600, file


def test_the_secret_is_nowhere_but_where_secrets_are_kept(synced):
    for folder, _, files in os.walk(synced.home):
        for file in files:
            if file != "secrets.toml":
                with open(os.path.join(folder, file), "rb") as content:
                    assert synced.token.encode() not in content.read(), file


# --- bad input --------------------------------------------------------------------------------


def failed_well(done, *tokens):
    assert "Traceback" not in done.says
    assert len(done.err.strip().splitlines()) == 1, done.err
    for token in tokens:
        assert token not in done.says


@pytest.mark.parametrize("command", ["test", "sync"])
def test_a_wrong_token_is_one_sentence(sandbox, terminal, command):
    terminal.token = "00notthetoken"
    terminal.configure(sandbox[0])

    done = terminal.run(command, "okta")

    assert done.status == 1
    assert "does not accept the token" in done.err
    failed_well(done, terminal.token)


def test_a_host_that_does_not_answer_is_one_sentence(terminal):
    terminal.token = "00token"
    terminal.configure("http://127.0.0.1:9")  # the discard port: nothing listens

    done = terminal.run("sync", "okta")

    assert done.status == 1
    assert "cannot be reached" in done.err
    failed_well(done, terminal.token)


@pytest.mark.parametrize("fault", ["maintenance-200", "redirect"])
def test_a_host_that_is_not_okta_is_one_sentence(terminal, fault):
    app = create_app(Org(users=10), FAST)
    app.faults.add(fault, times=None)
    terminal.token = app.token()
    with serve(app) as url:
        terminal.configure(url)
        done = terminal.run("sync", "okta")

    assert done.status == 1
    failed_well(done, terminal.token)
    assert terminal.run("facts", "--json").json == []


def test_an_unconfigured_connector_is_a_usage_error(terminal):
    done = terminal.run("sync", "okta")

    assert done.status == 2
    assert "twin configure okta" in done.err
    failed_well(done)


def test_an_unknown_connector_or_fact_is_a_usage_error(terminal):
    for command in (("sync", "entra"), ("explain", "nothing")):
        done = terminal.run(*command)
        assert done.status == 2
        failed_well(done)


def test_a_denied_dataset_ends_in_part(sandbox, terminal):
    url, app = sandbox
    terminal.token = app.token("read_only_admin")
    terminal.configure(url)

    done = terminal.run("sync", "okta", "--json")

    assert done.status == 3
    assert done.json["datasets"]["roles"]["state"] == "denied"
    assert "okta.iam.read" in done.json["datasets"]["roles"]["reason"]


def test_a_failed_sync_leaves_the_twin_as_it_was(synced):
    before = synced.run("facts", "--json").out

    done = synced.run("sync", "okta", OKTA_API_TOKEN="00revoked")

    assert done.status == 1
    assert synced.run("facts", "--json").out == before


# --- killed -----------------------------------------------------------------------------------


def test_a_sync_killed_in_the_middle_leaves_the_figures_and_the_next_one_ends(terminal):
    app = create_app(Org(users=400, apps=10), FAST)
    terminal.token = app.token()
    with serve(app) as url:
        terminal.configure(url)
        assert terminal.run("sync", "okta", "--no-users", "--json").status == 0
        before = terminal.run("facts", "--json").out
        app.settings.latency_s = 0.02

        process = terminal.start("sync", "okta")
        while app.journal.count(path="/factors") < 150:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.communicate()

        assert terminal.run("facts", "--json").out == before
        again_from = app.journal.count(path="/factors")
        done = terminal.run("sync", "okta", "--json")

    assert done.status == 0
    asked_again = app.journal.count(path="/factors") - again_from
    assert asked_again < len(known(app.org).can_sign_in) - 50  # it went on where it was killed


def test_two_syncs_at_once_are_refused(terminal):
    app = create_app(Org(users=60, apps=4), FAST)
    terminal.token = app.token()
    with serve(app) as url:
        terminal.configure(url)
        app.settings.latency_s = 0.05
        first = terminal.start("sync", "okta", "--json")
        while not app.journal.entries:
            assert first.poll() is None
            time.sleep(0.01)

        second = terminal.run("sync", "okta")

        assert second.status == 1
        assert f"process {first.pid}" in second.err
        first.communicate()
        assert first.returncode == 0
