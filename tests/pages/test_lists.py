"""Everything that was read as pages, over HTTP: every address, and what is typed into one."""

import csv
import io
import re
from html import unescape
from urllib.parse import quote, urlencode

import pytest

from tests.support.true_figures import known


@pytest.fixture(scope="module")
def everybody(place):
    people = place.sandbox.org.people
    return [people.user(index) for index in people.indexes()]


def links(answer, words):
    """The addresses of the links that are called so."""
    found = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>([^<]*)</a>', answer.text)
    return [unescape(address) for address, text in found if unescape(text) == words]


def names(answer):
    return re.findall(r'data-label="Login"><a href="[^"]*">([^<]*)</a>', answer.text)


def test_every_list_is_named_with_its_meaning_and_count(web, everybody):
    answer = web.get("/lists")
    row = re.search(r'href="/lists/users">People</a></td>\s*<td [^>]*>(\d+)<', answer.text)
    assert row
    assert int(row[1]) == len(everybody)
    for address in re.findall(r'href="(/lists/[^"]*)"', answer.text):
        assert web.get(address).status_code == 200, address


def test_next_leads_through_every_row_once_and_previous_back(web, everybody):
    pages, answer = [], web.get("/lists/users")
    while True:
        pages.append(names(answer))
        following = links(answer, "Next")
        if not following:
            break
        answer = web.get(following[0])
    assert [name for page in pages for name in page] == sorted(u.login for u in everybody)
    assert len(pages) == 2
    assert names(web.get(links(answer, "Previous")[0])) == pages[0]


def test_the_last_page_ends_with_the_last_row_in_any_order(web, everybody):
    for sort in ("login", "-login", "last_login", "-department"):
        first = web.get("/lists/users", params={"sort": sort})
        last = web.get(links(first, "Last")[0])
        assert not links(last, "Next")
        before = web.get(links(last, "Previous")[0])
        assert names(before) + names(last) == names(first) + names(web.get(links(first, "Next")[0]))
        assert set(names(before)) | set(names(last)) == {user.login for user in everybody}


def test_a_filter_of_the_form_goes_into_the_address_and_out_again(web, everybody):
    given = {"column": "status", "operator": "!=", "value": "ACTIVE", "sort": "-login"}
    answer = web.get("/lists/users", params=given)
    assert dict(answer.url.params) == {"where": "status != ACTIVE", "sort": "-login"}
    others = [u.login for u in everybody if u.status != "ACTIVE"]
    assert names(answer) == sorted(others, reverse=True)
    (without,) = links(answer, "remove")
    assert len(names(web.get(without))) == 50


def test_columns_are_chosen_in_the_address(web):
    answer = web.get("/lists/users", params=[("columns", "login"), ("columns", "email")])
    heads = re.findall(r"<th scope[^>]*>(?:<a[^>]*>)?([^<]*)", answer.text)
    assert heads == ["Login", "Email"]


def test_csv_has_every_row_that_the_page_begins(web, place, everybody):
    answer = web.get("/lists/users?columns=login,is_privileged&sort=-login")
    (address,) = links(answer, "Download all of it as CSV")
    answer = web.get(address)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "users.csv" in answer.headers["content-disposition"]
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head == ["login", "is_privileged"]
    logins = sorted((user.login for user in everybody), reverse=True)
    assert [row[0] for row in rows] == logins
    admins = {u.login for u in everybody if u.id in known(place.sandbox.org).privileged}
    assert {row[0] for row in rows if row[1] == "yes"} == admins


TYPED = [
    {"where": "nonsense"},
    {"where": "nobody = 1"},
    {"where": "last_login > soon"},
    {"where": "is_privileged = maybe"},
    {"where": "status = " + "x" * 5000},
    {"where": [f"login != {number}" for number in range(30)]},
    {"column": "nobody", "operator": "=", "value": "x"},
    {"column": "login", "operator": "LIKE", "value": "x"},
    {"columns": "login,nobody"},
    {"sort": "nobody"},
    {"sort": "--login"},
    {"sort": "manager"},
    {"after": "!"},
    {"after": "bnVsbA"},
    {"after": "W10"},
    {"after": "WzFd"},
    {"after": "W3siYSI6MX1d"},
    {"after": "WyJcdWQ4MDAiLDFd"},
    {"after": "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDFd"},
    {"before": "WyJh"},
    {"after": "W1tb" * 1500},
]


@pytest.mark.parametrize("typed", TYPED)
def test_whatever_is_typed_in_the_address_gives_one_sentence(web, typed):
    for part in ("", "/csv", "/count"):
        answer = web.get(f"/lists/users{part}", params=typed)
        is_looked_at = not part or not typed.keys() & {"after", "before", "columns"}
        assert answer.status_code == (404 if is_looked_at else 200) or "columns" in typed
        assert answer.text.count('role="alert"') == (answer.status_code == 404)


def test_numbers_too_large_for_a_database_are_refused_in_a_sentence(web):
    for value in ("9" * 30, "-1e400", "nan"):
        answer = web.get("/lists/groups", params={"where": f"users_count > {value}"})
        assert answer.status_code == 404, value
        assert "users_count" in answer.text


def test_a_kind_that_is_none_is_told_with_the_nearest(web):
    answer = web.get("/lists/user")
    assert answer.status_code == 404
    assert "did you mean users?" in unescape(answer.text)
    for name in ("'; DROP TABLE users", "<script>", "okta.users.x", "sqlite_master"):
        answer = web.get("/lists/" + quote(name, safe=""))
        assert answer.status_code == 404
        assert "<script>x" not in answer.text


def test_what_was_typed_is_shown_as_text(web):
    where = 'login ~ "<img src=x onerror=alert(1)>\u202e"'
    answer = web.get("/lists/users?" + urlencode({"where": where}))
    assert answer.status_code == 200
    assert "<img src=x" not in answer.text
    assert "\u202e" not in answer.text
    assert "\\u202e" in answer.text
