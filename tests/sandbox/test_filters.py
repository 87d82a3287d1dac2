"""The filter grammar: what is read, what it means, and what each endpoint allows."""

import json
from contextlib import suppress
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okta_sandbox.filters import Dialect, FilterError, holds, may_hold, only, parse, span_s
from okta_sandbox.filters.expression import (
    Both,
    Compare,
    Either,
    Expression,
    Negation,
    Present,
)
from tests.sandbox.calling import Caller, a_caller

ATTRIBUTES = ("status", "profile.login", "age", "missing")
WORDS = st.text(alphabet='aAb"\\ (é', max_size=4)

comparisons = st.builds(
    Compare,
    st.sampled_from(ATTRIBUTES),
    st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]),
    WORDS | st.integers(-5, 5) | st.booleans() | st.none(),
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    comparisons | st.builds(Present, st.sampled_from(ATTRIBUTES)),
    lambda inner: (
        st.builds(Both, inner, inner) | st.builds(Either, inner, inner) | st.builds(Negation, inner)
    ),
    max_leaves=8,
)
records = st.fixed_dictionaries(
    {"status": WORDS, "profile.login": WORDS, "age": st.integers(-5, 5)},
)


def written(expression: Expression) -> str:
    """The expression as text, fully bracketed."""
    match expression:
        case Both(left, right):
            return f"({written(left)}) and ({written(right)})"
        case Either(left, right):
            return f"({written(left)}) or ({written(right)})"
        case Negation(inner):
            return f"not ({written(inner)})"
        case Present(attribute):
            return f"{attribute} pr"
        case Compare(attribute, operator, literal):
            return f"{attribute} {operator} {json.dumps(literal)}"


@given(expressions)
def test_an_expression_that_is_written_is_read_again(expression: Expression) -> None:
    assert parse(written(expression)) == expression


@given(expressions, records)
def test_a_negation_is_true_where_its_inside_is_not(
    expression: Expression, record: dict[str, Any]
) -> None:
    assert holds(Negation(expression), record.get) is not holds(expression, record.get)


@given(expressions, records, st.sets(st.sampled_from(ATTRIBUTES)))
def test_what_holds_is_never_ruled_out_by_knowing_less(
    expression: Expression, record: dict[str, Any], known: set[str]
) -> None:
    part = {name: record.get(name) for name in known}
    if holds(expression, record.get):
        assert may_hold(expression, part)


@given(expressions, records)
def test_knowing_everything_decides(expression: Expression, record: dict[str, Any]) -> None:
    everything = {name: record.get(name) for name in ATTRIBUTES}
    assert may_hold(expression, everything) is holds(expression, record.get)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('at gt "1970-01-01T00:01:40Z"', (100, inf)),
        ('at ge "1970-01-01T00:01:40Z" and status eq "A"', (100, inf)),
        ('at eq "1970-01-01T00:01:40Z" and at gt "1970-01-01T00:03:20Z"', (200, 100)),
        ('at gt "1970-01-01T00:01:40Z" or at gt "1970-01-01T00:03:20Z"', (100, inf)),
        ('at gt "1970-01-01T00:01:40Z" or status eq "A"', (-inf, inf)),
        ('not (at lt "1970-01-01T00:01:40Z")', (-inf, inf)),
        ('at lt "1970-01-01T00:01:40Z"', (-inf, 100)),
        ('at ge "1970-01-01T00:01:40Z" and at lt "1970-01-01T00:03:20Z"', (100, 200)),
    ],
)
def test_the_time_that_an_expression_allows_is_known(
    text: str, expected: tuple[float, float]
) -> None:
    assert span_s(parse(text), "at") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('id eq "x" or id eq "y"', {"x", "y"}),
        ('(id eq "x" or id eq "y") and status eq "A"', {"x", "y"}),
        ('(id eq "x" or id eq "y") and id eq "y"', {"y"}),
        ('id eq "x" or status eq "A"', None),
        ('id sw "x"', None),
        ('not (id eq "x")', None),
    ],
)
def test_the_few_records_that_an_expression_names_are_known(
    text: str, expected: set[str] | None
) -> None:
    assert only(parse(text), "id") == expected


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    with suppress(FilterError):
        assert parse(text)


def test_and_binds_tighter_than_or() -> None:
    expression = parse('a eq "1" or b eq "2" and c eq "3"')
    assert isinstance(expression, Either)
    assert isinstance(expression.right, Both)


def test_operators_may_be_written_in_capitals() -> None:
    assert parse('a EQ "1" AND b Pr') == parse('a eq "1" and b pr')


def test_timestamps_are_compared_as_instants_whatever_their_form() -> None:
    for text in ("2024-01-01T00:00:00Z", "2024-01-01T01:00:00.000+01:00", "2024-01-01"):
        expression = parse(f'created eq "{text}"')
        assert holds(expression, {"created": "2024-01-01T00:00:00.000Z"}.get)
        assert holds(expression, {"created": 1_704_067_200}.get)


def test_a_list_matches_when_any_of_its_values_does() -> None:
    assert holds(parse('target.id eq "b"'), {"target.id": ["a", "b"]}.get)
    assert not holds(parse('target.id eq "c"'), {"target.id": ["a", "b"]}.get)


@pytest.mark.parametrize(
    "text",
    ["", "status", "status eq", 'status eq "a', "status eq a", 'status is "a"', '(a eq "1"',
     'a eq "1")', 'and a eq "1"', 'not a eq "1"', 'a eq "1" b eq "2"', 'a eq ["x"]',
     "(" * 60 + 'a eq "1"' + ")" * 60],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)


def test_a_dialect_allows_its_attributes_and_operators_only() -> None:
    dialect = Dialect({"status": frozenset({"eq"})}, others=frozenset({"sw"}), prefixes=("p.",))
    assert dialect.parse('status eq "a" and p.any sw "b"')
    for text in ('status sw "a"', 'other eq "a"', 'not (status eq "a")', "status pr"):
        with pytest.raises(FilterError):
            dialect.parse(text)


# --- on the endpoints -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def caller() -> Caller:
    return a_caller()


USERS, GROUPS, APPS = "/api/v1/users", "/api/v1/groups", "/api/v1/apps"


@pytest.mark.parametrize(
    ("path", "parameter", "text"),
    [
        (USERS, "filter", 'status ne "ACTIVE"'),
        (USERS, "filter", 'created gt "2020-01-01T00:00:00.000Z"'),
        (USERS, "filter", 'profile.department eq "IT"'),
        (USERS, "filter", 'not (status eq "ACTIVE")'),
        (USERS, "search", 'status ne "ACTIVE"'),
        (USERS, "search", 'profile.department co "Eng"'),
        (USERS, "search", 'nonsense eq "x"'),
        (GROUPS, "filter", 'profile.name eq "Everyone"'),
        (GROUPS, "search", 'type co "OKTA"'),
        (APPS, "filter", 'label eq "Payroll"'),
        (APPS, "filter", 'status eq "ACTIVE'),
    ],
)
def test_what_an_endpoint_does_not_take_is_an_error(
    caller: Caller, path: str, parameter: str, text: str
) -> None:
    response = caller.get(path, **{parameter: text})
    assert (response.status_code, response.json()["errorCode"]) == (400, "E0000031")


@pytest.mark.parametrize("status", ["ACTIVE", "LOCKED_OUT", "DEPROVISIONED"])
def test_users_are_filtered_by_status(caller: Caller, status: str) -> None:
    people = caller.sandbox.org.people
    expected = [people.ids.encode(i) for i in people.indexes() if people.status(i) == status]
    for parameter in ("filter", "search"):
        found = caller.all(USERS, **{parameter: f'status eq "{status}"', "limit": 50})
        assert [user["id"] for user in found] == expected


def test_everybody_but_one_status_is_found_by_less_or_greater(caller: Caller) -> None:
    found = caller.all(USERS, search='(status lt "STAGED" or status gt "STAGED")')
    assert "STAGED" not in {user["status"] for user in found}
    assert len(found) == 120 - len(caller.all(USERS, search='status eq "STAGED"'))


def test_users_are_searched_by_profile(caller: Caller) -> None:
    engineers = caller.all(
        USERS, search='profile.department eq "Engineering" and status eq "ACTIVE"'
    )
    assert engineers
    assert {user["profile"]["department"] for user in engineers} == {"Engineering"}


def test_a_quick_search_is_not_paged_and_hides_the_deactivated(caller: Caller) -> None:
    response = caller.get(USERS, q="a", limit=3)
    assert len(response.json()) == 3
    assert "next" not in response.links
    everybody = caller.get(USERS, q="", limit=200).json()
    assert "DEPROVISIONED" not in {user["status"] for user in everybody}


def test_a_projection_leaves_the_named_fields_and_the_id(caller: Caller) -> None:
    user = caller.get(USERS, fields="status,profile:(login, email)", limit=1).json()[0]
    assert set(user) == {"id", "status", "profile"}
    assert set(user["profile"]) == {"login", "email"}


def test_credentials_can_be_left_out(caller: Caller) -> None:
    caller = a_caller()
    caller.headers["content-type"] = "application/json; okta-response=omitCredentials"
    assert "credentials" not in caller.get(USERS, limit=1).json()[0]


def test_a_user_is_found_by_id_and_by_login_and_as_me(caller: Caller) -> None:
    user = caller.get(f"{USERS}/me").json()
    assert caller.get(f"{USERS}/{user['id']}").json() == user
    assert caller.get(f"{USERS}/{user['profile']['login']}").json() == user
    assert caller.get(f"{USERS}/{user['profile']['login'].replace('@', '%40')}").json() == user


def test_groups_are_filtered_and_searched(caller: Caller) -> None:
    imported = caller.all(GROUPS, filter='type eq "APP_GROUP"')
    assert {group["type"] for group in imported} == {"APP_GROUP"}
    assert caller.all(GROUPS, search='profile.name sw "every"')[0]["profile"]["name"] == "Everyone"
    assert caller.get(GROUPS, q="every").json()[0]["type"] == "BUILT_IN"


def test_applications_are_filtered_by_status_by_user_and_by_group(caller: Caller) -> None:
    org = caller.sandbox.org
    inactive = caller.all(APPS, filter='status eq "INACTIVE"')
    assert [app["id"] for app in inactive] == [a.id for a in org.apps.all if a.status != "ACTIVE"]
    user = org.admins.owner(0)
    mine = caller.all(APPS, filter=f'user.id eq "{org.people.ids.encode(user)}"')
    assert [app["id"] for app in mine] == [a.id for a in org.apps.all if org.apps.scope(a, user)]
    everyone = org.groups.all[0]
    shared = caller.all(APPS, filter=f'group.id eq "{everyone.id}"')
    assert [app["id"] for app in shared] == [app.id for app in org.apps.of_group(everyone)]
