"""What a responder asks, answered by the pages alone: no more than a click or a filter away."""

import re
import time
from html import unescape

import pytest


@pytest.fixture(scope="module")
def org(place):
    return place.sandbox.org


@pytest.fixture(scope="module")
def now(place):
    with place.twin.moment() as found:
        yield found


def filtered(web, kind, *conditions, columns=""):
    """The rows of a list's first page, each by its headings, as they are read."""
    asked = {"where": list(conditions)} | ({"columns": columns} if columns else {})
    answer = web.get(f"/lists/{kind}", params=asked)
    assert answer.status_code == 200
    body = answer.text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [cells(row) for row in body.split("<tr>")[1:]]


def cells(row):
    found = re.findall(r'<td[^>]*data-label="([^"]*)"[^>]*>(.*?)</td>', row, re.DOTALL)
    return {unescape(name): plain(text) for name, text in found}


def plain(text):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def page_of(web, kind, thing_id):
    answer = web.get(f"/things/okta/{kind}/{thing_id}")
    assert answer.status_code == 200
    return answer.text


def section(text, title):
    return text.partition(f"<h2>{title}</h2>")[2].partition("</section>")[0]


def test_which_administrators_lack_phishing_resistant_mfa_and_in_which_tier(web, now):
    asked = now.question("administrators", where=["strength != phishing-resistant"])
    true = {(row["login"], str(row["tier"])) for row in now.asker.rows(asked)}
    found = filtered(web, "administrators", "strength != phishing-resistant")
    assert true
    assert {(row["Login"], row["Tier"]) for row in found} == true


def test_who_can_open_an_app_through_what_and_what_its_rules_ask(web, now):
    app = next(now.asker.rows(now.question("apps", where=["assigned_users > 0"]), limit=1))
    text = page_of(web, "apps", app["id"])
    who = next(
        now.asker.rows(now.question("assignments", where=[f"app_id = {app['id']}"]), limit=1)
    )
    opens = plain(section(text, "Who can open it"))
    assert who["user"] in opens
    assert who["scope"] in opens
    rules = plain(section(text, "What its rules and the session&#39;s ask"))
    assert "everybody, everywhere" in rules
    assert app["policy"] in rules


def test_what_a_person_did_and_what_was_done_to_them_last_week(web, now):
    events = [event for event in now.store.events() if "@" in event.actor]
    person = now.things.meant(events[0].actor)[0]
    text = section(page_of(web, "users", person.id), "What they did, and what was done to them")
    theirs = [event for event in events if event.actor == events[0].actor]
    for event in theirs[:3]:
        assert event.event_type in plain(text)


def test_whether_a_person_is_protected(web, org, now):
    user = org.people.user(next(iter(org.admins.privileged())))
    text = page_of(web, "users", user.id)
    shown = plain(text)
    for factor in org.factors.enrolled(user.index):
        assert factor.type in shown
    for grant in org.admins.of_user(user.index):
        assert grant.label in section(text, "Admin roles")
    for gap in now.gaps_of(now.things.thing("okta", "users", user.id)):
        waited = web.get(f"/things/okta/users/{user.id}?gaps=1")
        assert gap.title in plain(text) + plain(waited.text)


def test_which_apps_has_nobody_and_which_has_nobody_used(web, now):
    for condition in ("assigned_users = 0", "is_used = no"):
        true = {row["label"] for row in now.asker.rows(now.question("apps", where=[condition]))}
        assert {row["Label"] for row in filtered(web, "apps", condition)} == true


def test_who_has_only_sms_in_which_departments(web, org):
    people = map(org.people.user, org.people.indexes())
    true = {
        (user.login, user.department)
        for user in people
        if org.people.can_sign_in(user.index)
        and {factor.type for factor in org.factors.enrolled(user.index)} == {"sms"}
    }
    found = filtered(web, "users", "factors = sms", columns="login,department")
    assert {(row["Login"], row["Department"]) for row in found} == true


def test_what_changed_since_the_last_sync_and_since_a_day(place, web, org):
    user = org.people.user(next(i for i in org.people.indexes()
                                if org.people.user(i).status == "ACTIVE"))  # fmt: skip
    org.act(at_s=time.time()).suspend_user(user.index)
    place.twin.sync("okta", {})
    for address in ("/changes", "/changes?days=1"):
        shown = plain(web.get(address).text)
        assert user.login in shown
        assert "status: ACTIVE → SUSPENDED" in shown
