"""Asking the twin about anyone and anything on the command line, against the sandbox's truth."""

import csv
import io
import json
import os
import re
import select
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from okta_sandbox import Org, Settings, create_app, serve
from tests.support.command_line import Terminal, read_week


@pytest.fixture(scope="module")
def sandbox():
    app = create_app(Org(users=60, apps=12, groups=8, admins=6), Settings(window_s=1))
    with serve(app) as url:
        yield url, app


@pytest.fixture(scope="module")
def twin(sandbox, tmp_path_factory):
    url, app = sandbox
    return read_week(tmp_path_factory.mktemp("asked") / "twin", url, app.token())


@pytest.fixture(scope="module")
def org(sandbox):
    return sandbox[1].org


def listed(twin, *arguments):
    done = twin.run("list", *arguments, "--json")
    assert done.status == 0, done.says
    return done.json


# --- the seven questions --------------------------------------------------------------------------


def test_which_administrators_lack_phishing_resistant_mfa_and_in_which_tier(twin):
    found = listed(twin, "administrators", "--where", "strength != phishing-resistant")
    gap = twin.run("gaps", "admins-not-phishing-resistant", "--json").json[0]
    in_gap = {subject["id"]: subject["tier"] for subject in gap["subjects"]}

    assert in_gap
    assert in_gap.items() <= {row["id"]: row["tier"] for row in found}.items()


def test_who_can_open_an_app_through_what_and_what_its_rules_ask(twin, org):
    for app in listed(twin, "apps", "--where", "assigned_users > 0"):
        shown = twin.run("show", app["id"], "--json").json
        assert len(shown["sections"]["users"]) == app["assigned_users"]
        assert {row["scope"] for row in shown["sections"]["users"]} <= {"USER", "GROUP"}
        own = [row for row in shown["sections"]["rules"] if row["policy_id"] == app["policy_id"]]
        assert own
        assert all(row["conditions"] for row in shown["sections"]["rules"])


def test_what_a_person_did_and_what_was_done_to_them(twin):
    events = twin.run("events", "--json").json
    person = next(event["actor"] for event in events if "@" in event["actor"])
    shown = twin.run("show", person, "--json").json

    did = {row["id"] for row in shown["sections"]["events"] if row["part"] == "did"}
    assert {event["id"] for event in events if event["actor"] == person} <= did


def test_whether_a_person_is_protected(twin, org):
    user = org.people.user(next(iter(org.admins.privileged())))
    shown = twin.run("show", user.login, "--json").json

    assert (shown["kind"], shown["id"], shown["label"]) == ("users", user.id, user.login)
    assert shown["status"] == user.status
    sections = shown["sections"]
    assert {"factors", "groups", "roles", "apps", "events", "gaps", "tokens", "devices"} <= set(
        sections
    )
    assert {row["type"] for row in sections["roles"]} == {
        grant.type for grant in org.admins.of_user(user.index)
    }
    gaps = {gap["id"] for gap in twin.run("gaps", "--json").json
            if any(subject["id"] == user.id for subject in gap["subjects"])}  # fmt: skip
    assert {gap["id"] for gap in sections["gaps"]} == gaps


def test_which_apps_has_nobody_and_which_has_nobody_used(twin):
    every = listed(twin, "apps")
    nobody = listed(twin, "apps", "--where", "assigned_users = 0")
    unused = listed(twin, "apps", "--where", "is_used = no")

    assert [row["id"] for row in nobody] == [r["id"] for r in every if r["assigned_users"] == 0]
    assert {row["id"] for row in unused} == {r["id"] for r in every if r["is_used"] is False}


def test_who_has_only_sms_and_in_which_departments(twin, org):
    found = listed(twin, "users", "--where", "factors = sms", "--columns", "id,department")
    people = {
        user.id: user.department
        for user in map(org.people.user, org.people.indexes())
        if org.people.can_sign_in(user.index)
        and {factor.type for factor in org.factors.enrolled(user.index)} == {"sms"}
    }
    assert {row["id"]: row["department"] for row in found} == people


# --- list -----------------------------------------------------------------------------------------


def test_rows_have_true_types_and_null_for_what_is_not_known(twin):
    row = listed(twin, "users", "--limit", "1")[0]

    assert row["source"] == "okta"
    assert isinstance(row["is_privileged"], bool)
    assert {"id", "login", "email", "status", "department", "provider", "last_login"} <= row.keys()


@pytest.mark.parametrize(
    ("condition", "keeps"),
    [
        ("status = ACTIVE", lambda row: row["status"] == "ACTIVE"),
        ("status='ACTIVE'", lambda row: row["status"] == "ACTIVE"),
        ("status != ACTIVE", lambda row: row["status"] != "ACTIVE"),
        ("last_login != 2026-01-01", lambda row: True),
        ("strength != strong", lambda row: row["strength"] != "strong"),
        ("strength = null", lambda row: row["strength"] is None),
        ("status in (ACTIVE, 'STAGED')", lambda row: row["status"] in ("ACTIVE", "STAGED")),
        ("last_login in null, 1970-01-01", lambda row: row["last_login"] is None),
        ("status in ACTIVE, STAGED", lambda row: row["status"] in ("ACTIVE", "STAGED")),
        ("login ~ AN", lambda row: "an" in row["login"]),
        ("is_privileged = yes", lambda row: row["is_privileged"]),
        ("last_login = null", lambda row: row["last_login"] is None),
        ("last_login != null", lambda row: row["last_login"] is not None),
        ("created < 2024-01-01", lambda row: row["created"] < "2024-01-01"),
        ("created >= 2024-01-01", lambda row: row["created"] >= "2024-01-01"),
    ],
)
def test_a_condition_keeps_what_it_says(twin, condition, keeps):
    every = listed(twin, "users")
    kept = listed(twin, "users", "--where", condition)

    assert [row["id"] for row in kept] == [row["id"] for row in every if keeps(row)]
    assert twin.run("list", "users", "--where", condition, "--count").out == f"{len(kept)}\n"


def test_a_day_is_all_of_it(twin):
    row = next(row for row in listed(twin, "users") if row["last_login"])
    day = row["last_login"][:10]

    for condition in (f"last_login = {day}", f"last_login <= {day}", f"last_login >= {day}"):
        assert row["id"] in {r["id"] for r in listed(twin, "users", "--where", condition)}
    for condition in (f"last_login != {day}", f"last_login > {day}", f"last_login < {day}"):
        assert row["id"] not in {r["id"] for r in listed(twin, "users", "--where", condition)}


def test_a_list_is_sorted_either_way(twin):
    rows = [row["login"] for row in listed(twin, "users", "--columns", "login")]
    assert rows == sorted(rows)
    by = ("--sort", "-login", "--columns", "login")
    assert [row["login"] for row in listed(twin, "users", *by)] == rows[::-1]


def test_comma_separated_values_are_no_formulas(twin):
    out = twin.run("list", "users", "--csv", "--columns", "login,is_privileged").out
    rows = list(csv.DictReader(io.StringIO(out)))

    assert len(rows) == len(listed(twin, "users"))
    assert {row["is_privileged"] for row in rows} <= {"yes", "no"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("userz",), "There is no list 'userz': did you mean users?"),
        (("users", "--columns", "logn"), "no column 'logn': did you mean login?"),
        (("users", "--sort", "nothing"), "no column 'nothing'."),
        (("users", "--where", "status"), "is no condition"),
        (("users", "--where", "created < soon"), "is no time"),
        (("apps", "--where", "assigned_users > many"), "is a number"),
        (("users", "--where", "is_privileged = perhaps"), "is yes or no"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(twin, arguments, said):
    done = twin.run("list", *arguments)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.says


def test_before_the_first_sync_nothing_can_be_asked(tmp_path):
    done = Terminal(tmp_path / "none").run("list", "users")
    assert (done.status, done.out) == (2, "")
    assert "Nothing can be listed yet" in done.err


def test_one_connector_s_own_list_has_a_name(twin):
    assert len(listed(twin, "okta.users")) == len(listed(twin, "users"))


# --- show -----------------------------------------------------------------------------------------


def test_a_beginning_that_fits_several_is_told_apart(twin):
    done = twin.run("show", "a")
    assert done.status == 2
    assert "means" in done.err
    assert done.err.count("user ") > 1


def test_who_is_not_there_is_said(twin):
    done = twin.run("show", "nobody@nowhere.example")
    assert (done.status, done.out) == (2, "")
    assert "Nothing in the twin is called 'nobody@nowhere.example'" in done.err


def test_any_case_will_do(twin):
    login = listed(twin, "users", "--limit", "1")[0]["login"]
    assert twin.run("show", login.upper(), "--json").json["login"] == login


def test_a_person_fits_eighty_columns(twin):
    login = listed(twin, "administrators", "--limit", "1")[0]["login"]
    out = twin.run("show", login).out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "Admin roles" in out


# --- completion -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("twin list us", "users"),
        ("twin list users --sort last_l", "last_login"),
        ("twin list users --columns login,dep", "login,department"),
        ("twin list users --where stat", "status"),
        ("twin sh", "show"),
    ],
)
def test_a_shell_completes_kinds_and_columns(twin, words, offered):
    place = str(len(words.split()) - 1)
    done = twin.run(_TWIN_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=place)
    assert f"plain,{offered}" in done.out.splitlines()


# --- query ----------------------------------------------------------------------------------------


def test_a_query_counts(twin, org):
    found = twin.run("query", "SELECT count(*) AS n FROM users", "--json").json
    assert found == [{"n": len(list(org.people.indexes()))}]


def test_a_text_may_say_what_it_likes(twin):
    found = twin.run("query", "SELECT 'see users as (x)' AS t FROM users LIMIT 1", "--json").json
    assert found == [{"t": "see users as (x)"}]


def test_what_is_no_text_is_refused_in_a_sentence(twin):
    for arguments in (("list", "users", "--where", "login = \udc80"), ("show", "\udc80"),
                      ("query", "SELECT '\udc80'")):  # fmt: skip
        done = twin.run(*arguments)
        assert (done.status, done.out) == (2, "")
        assert done.err == "Error: What was typed is no text in UTF-8: write it so.\n"


def test_a_query_knows_which_connector_tells(twin):
    found = twin.run("query", "SELECT DISTINCT source FROM users", "--json").json
    assert found == [{"source": "okta"}]


def test_a_query_joins_lists_and_names_what_it_defines(twin):
    sql = """
        WITH admin AS (SELECT DISTINCT holder_id AS id FROM roles WHERE holder_kind = 'user')
        SELECT u.department, count(*) AS n FROM users u JOIN admin a ON a.id = u.id
        GROUP BY u.department ORDER BY n DESC
    """
    found = twin.run("query", sql, "--json").json
    assert sum(row["n"] for row in found) == len(listed(twin, "administrators"))


def test_the_schema_says_what_each_column_means(twin):
    schema = {each["kind"]: each for each in twin.run("query", "--schema", "--json").json}
    assert {"users", "factors", "apps", "events"} <= schema.keys()
    assert all(column["meaning"] for each in schema.values() for column in each["columns"])


FORBIDDEN = [
    "DELETE FROM users",
    "INSERT INTO users (id) VALUES ('x')",
    "UPDATE okta.user SET login = 'x'",
    "CREATE TABLE t (x)",
    "CREATE TEMP TABLE t AS SELECT 1",
    "DROP VIEW okta.users",
    "ATTACH '/tmp/other.db' AS other",
    "DETACH okta",
    "PRAGMA query_only = 0",
    "PRAGMA table_info(users)",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM okta.sqlite_master",
    "SELECT * FROM okta.user",
    "SELECT * FROM shown_user",
    "SELECT raw FROM log_event",
    "SELECT * FROM (SELECT * FROM okta.user) AS shown_user",
    "WITH shown_user AS (SELECT * FROM user) SELECT * FROM shown_user",
    'WITH "Shown_User"(id) AS MATERIALIZED (SELECT id FROM user) SELECT * FROM shown_user',
    "WITH [shown_user] AS NOT MATERIALIZED (SELECT * FROM user) SELECT * FROM shown_user",
    'WITH users("a(") AS (SELECT raw FROM okta.log_event) SELECT * FROM users',
    'WITH users("a)") AS (SELECT raw FROM okta.log_event) SELECT * FROM users',
    "WITH 'shown_user' AS (SELECT login FROM okta.user) SELECT * FROM shown_user",
    "SELECT sql FROM okta.sqlite_master WHERE 'sqlite_master as (' <> ''",
    "SELECT count(*) FROM user",
    "SELECT count(*) FROM okta.user",
    "WITH users/**/as/* x */(SELECT * FROM user) SELECT * FROM users",
    "SELECT load_extension('x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('/tmp/x', 'x')",
    "SELECT zeroblob(1000000000)",
    "SELECT randomblob(1000000000)",
    "SELECT fts3_tokenizer('x')",
    "VACUUM INTO '/tmp/stolen.db'",
    "BEGIN",
    "SELECT 1; DROP TABLE user",
    "EXPLAIN SELECT 1 FROM user",
    "",
    "nonsense",
    "SELECT",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
def test_a_query_can_only_read_the_lists(twin, sql):
    done = twin.run("query", sql or " ", "--json")
    assert done.status == 2, done.says
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert "Traceback" not in done.err


ENDLESS = {
    "recursion": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)"
    " SELECT count(*) FROM c",
    "cross join": "SELECT count(*) FROM users a, users b, users c, users d, users e, users f",
    "one long text": "SELECT length(group_concat(a.name || b.name || c.name || d.name))"
    " FROM users a, users b, users c, users d",
    "sorting": "SELECT a.id FROM users a, users b, users c, users d ORDER BY a.name || d.name",
    "many rows": "SELECT printf('%.*c', 900000, 'x') FROM users a, users b",
    "doubling": "WITH RECURSIVE c(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM c)"
    " SELECT max(length(s)) FROM c",
}


@pytest.mark.parametrize("sql", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_query_without_end_ends_at_its_deadline_and_within_its_memory(twin, sql):
    began = time.monotonic()
    done = twin.run("query", sql, "--deadline-s", "2", "--json")
    assert done.status == 2, done.out[:200]
    assert len(done.err.splitlines()) == 1
    assert (
        time.monotonic() - began < 20
    )  # the deadline, and a slow machine's start of two processes


def test_nothing_waits_for_a_query(twin):
    running = twin.start("query", ENDLESS["recursion"], "--deadline-s", "10")
    try:
        assert twin.run("list", "users", "--count").status == 0
        assert running.poll() is None
    finally:
        running.kill()
        running.communicate()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="It takes a process's own handle.")
def test_a_query_whose_command_was_killed_ends_by_itself(twin):
    running = twin.start("query", ENDLESS["recursion"], "--deadline-s", "3")
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    while not (found := children.read_text().split()):
        assert running.poll() is None
    handle = os.pidfd_open(int(found[0]))
    limits = Path(f"/proc/{found[0]}/limits")
    while not re.search(r"Max file size +0", limits.read_text()):  # it has its question by then
        assert running.poll() is None
    running.kill()
    running.communicate()
    try:
        ended, _, _ = select.select([handle], [], [], 30)
    finally:
        if not ended:
            os.kill(int(found[0]), signal.SIGKILL)
        os.close(handle)
    assert ended


def test_a_query_has_at_most_as_many_rows_as_asked_and_says_so(twin):
    done = twin.run("query", "SELECT id FROM users", "--limit", "3", "--json")
    assert len(done.json) == 3
    assert "Only the first 3 rows" in done.err


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT logn FROM users", "There is no column 'logn': did you mean login?"),
        ("SELECT * FROM user_s", "There is no list 'user_s': did you mean users?"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(twin, sql, said):
    assert said in twin.run("query", sql).err


def test_columns_of_one_name_are_all_there(twin):
    found = twin.run("query", "SELECT 1 AS n, 2 AS n", "--json").json
    assert found == [{"n": 1, "n_2": 2}]


def test_hostile_text_cannot_act_on_the_terminal(twin):
    snapshot = twin.home / "connectors/okta/snapshot.db"
    with sqlite3.connect(snapshot) as database:
        first = "UPDATE user SET department = ? WHERE login = (SELECT min(login) FROM user)"
        database.execute(first, ("\x1b[2J\u202eevil",))
    database.close()
    for arguments in (
        ("list", "users", "--limit", "1"),
        ("list", "users", "--limit", "1", "--json"),
        ("list", "users", "--csv"),
        ("query", "SELECT department FROM users ORDER BY login", "--json"),
    ):
        assert not {"\x1b", "\u202e"} & set(twin.run(*arguments).out)
    json.loads(twin.run("list", "users", "--json").out)
