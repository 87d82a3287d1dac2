"""The page of one person or thing, and every name that leads to one, over HTTP."""

import re
import sqlite3
from datetime import UTC, datetime
from html import unescape

import pytest

from twin_host.contract import Column, ColumnType, Enrichment, List
from twin_host.ingest import ingest
from twin_host.store import Store

ELSEWHERE = List(
    kind="accounts",
    thing="account",
    title="Accounts",
    meaning="Accounts of a directory.",
    columns=tuple(
        Column(name=name, type=ColumnType.TEXT, meaning=f"Its {name}.")
        for name in ("id", "email", "status", "department", "name")
    ),
    order=("id",),
    shown=("name", "status"),
    label="name",
    match="email",
)


@pytest.fixture(scope="module")
def admin(place):
    org = place.sandbox.org
    return org.people.user(next(iter(org.admins.privileged())))


def linked(text):
    """Every link to a page of a thing, by its words."""
    found = re.findall(r'<a href="(/things/[^"]*)">([^<]*)</a>', text)
    return {unescape(words): unescape(address) for address, words in found}


def part(answer, title):
    return answer.text.partition(f"<h2>{title}</h2>")[2].partition("</section>")[0]


def test_a_person_is_shown_with_values_gaps_and_all_parts(web, admin):
    answer = web.get(f"/things/okta/users/{admin.id}")
    assert f"<h1>{admin.login}</h1>" in answer.text
    assert re.search(r"Is privileged</dt><dd>yes</dd>", answer.text)
    assert re.search(r"Created</dt><dd>\d{4}-\d\d-\d\d \d\d:\d\d UTC</dd>", answer.text)
    for title in ("Factors", "What they did, and what was done to them"):
        assert "<tbody>" in part(answer, title), title
    assert "Events by" in part(answer, "What they did, and what was done to them")


def test_a_person_is_in_the_gaps_that_list_them(web, place):
    with place.twin.moment() as now:
        gap = now.gaps("users-without-mfa")[0]
        person = now.subjects(gap).first(1).rows[0]
    answer = web.get(f"/things/okta/users/{person['id']}")  # at once, or fetched by the page
    assert "/gaps/okta/users-without-mfa" in answer.text or "?gaps=yes" in answer.text
    assert "In no open gap" not in answer.text
    alone = web.get(f"/things/okta/users/{person['id']}?gaps=yes")
    assert "Users without MFA" in alone.text
    assert "<html" not in alone.text


def test_every_link_of_the_pages_leads_to_what_it_names(web, place):
    with place.twin.moment() as now:
        app = next(now.asker.rows(now.question("assignments"), limit=1))["app_id"]
    pages = ["/lists/users", "/lists/factors", "/lists/administrators", "/lists/assignments"]
    pages += ["/lists/roles", "/lists/rules", "/lists/apps", "/lists/events", "/events"]
    pages += [
        "/gaps/okta/users-without-mfa?wait=yes",
        "/figures/sso_apps?wait=yes",
        f"/things/okta/apps/{app}",
    ]
    for page in pages:
        found = linked(web.get(page).text)
        assert found, page
        for words, address in list(found.items())[:6]:
            answer = web.get(address)
            assert answer.status_code == 200, (page, address)
            assert f"<h1>{words}</h1>" in unescape(answer.text), (page, address)


def test_events_lead_to_those_whom_they_name_be_they_persons_or_things(web):
    pages = [web.get(f"/events?page={number}").text for number in range(1, 8)]
    found = {address.split("/")[3] for page in pages for address in linked(page).values()}
    assert "users" in found
    assert len(found) > 1


def test_a_rule_or_factor_is_not_taken_for_what_it_belongs_to(web):
    assert not {"push", "webauthn", "sms"} & linked(web.get("/lists/factors").text).keys()


def test_a_part_leads_to_the_whole_list_of_it(web, admin):
    answer = web.get(f"/things/okta/users/{admin.id}")
    (address,) = re.findall(r'href="([^"]*)"', part(answer, "Factors"))
    listed = web.get(unescape(address))
    shown = re.findall(r'data-label="User"><a href="[^"]*">([^<]*)', listed.text)
    assert shown
    assert set(shown) == {admin.login}


def test_a_thing_that_is_none_is_one_sentence(web):
    for path in ("okta/users/nobody", "okta/user/x", "nothing/users/x", "okta/members/x",
                 "okta/users/%27%20OR%201=1", "okta/users/%3Cscript%3E%00"):  # fmt: skip
        answer = web.get(f"/things/{path}")
        assert answer.status_code == 404, path
        assert answer.text.count('role="alert"') == 1
        assert "<script>" not in answer.text.partition("<body>")[2]


def test_the_same_person_elsewhere_is_told_with_what_differs(web, place, admin):
    folder = place.twin.home.state_dir("directory")
    with sqlite3.connect(folder / "snapshot.db") as snapshot:
        snapshot.execute("CREATE TABLE accounts (id, email, status, department, name)")
        snapshot.execute(
            "INSERT INTO accounts VALUES ('d1', ?, 'disabled', ?, '<b>A</b>')",
            (admin.login.upper(), admin.department),
        )
    with Store.to_write(place.twin.home.database) as store:
        told = Enrichment(facts=(), gaps=(), events=(), profile="", lists=(ELSEWHERE,))
        ingest(store, "directory", told, datetime.now(UTC))
    answer = web.get(f"/things/okta/users/{admin.id}")
    here = answer.text.partition("The same person elsewhere")[2].partition("</section>")[0]
    assert 'href="/things/directory/accounts/d1">&lt;b&gt;A&lt;/b&gt;</a> in directory' in here
    rows = re.findall(r'data-label="[^"]*">([^<]*)</td>', here)
    at = rows.index("Status")
    assert rows[at : at + 3] == ["Status", admin.status, "disabled"]
    assert "Department" not in rows

    back = web.get("/things/directory/accounts/d1")
    assert linked(back.text)[admin.login] == f"/things/okta/users/{admin.id}"
