"""From JSON to models: what is odd costs one record, and says which field and why."""

from datetime import datetime
from typing import Any, get_origin

import attrs
import pytest

from twin_okta.api import UnreadableAnswer, models
from twin_okta.api.models import App, Group, Permission, Resource, SignOn, User
from twin_okta.api.structure import _okta_name, json_kind, structure


def names_of(model):
    return {a.name: a for a in attrs.fields(model)}


MODELS = [
    model
    for model in vars(models).values()
    if isinstance(model, type) and attrs.has(model) and {"id", "uuid"} & names_of(model).keys()
]
WITH_AN_ID = [
    (model, name)
    for model in MODELS
    for name in ("id", "uuid")
    if name in names_of(model) and names_of(model)[name].type is models.Id
]
ODD_IDS = ["", ".", "..", "../apps", "a/b", "00u1\x1b[2J", "00u1\n", "00u1 2", "a?b", "a#b",
           "%2e%2e", "\u202e00u", "é", "x" * 200, 7, True, None, {}, []]  # fmt: skip


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def a_record(model, **fields):
    """The least that a model needs."""
    needed = {"uuid": "u-1", "published": "2026-01-01T00:00:00.000Z", "eventType": "x", "id": "i1",
              "factorType": "push", "type": "USER_ADMIN"}  # fmt: skip
    names = {"event_type": "eventType", "factor_type": "factorType"}
    asked = {names.get(a.name, a.name) for a in attrs.fields(model) if a.default is attrs.NOTHING}
    return {name: value for name, value in needed.items() if name in asked} | fields


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("answer", [{}, {"id": "1"}, None, 7, "text", True])
def test_what_is_no_list_is_never_an_empty_one(model, answer):
    with pytest.raises(UnreadableAnswer, match=model.__name__):
        structure(answer, model)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [({}, "an object"), (None, "nothing"), ("text", "text"), (True, "true or false"),
     (False, "true or false"), (0, "a number"), (1, "a number"), (1.5, "a number"), ([], "a list")],
)  # fmt: skip
def test_what_came_instead_of_a_list_is_named(answer, kind):
    assert json_kind(answer) == kind


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("record", [None, 7, "text", [], True, nested(300)])
def test_what_is_no_record_costs_only_itself(model, record):
    good, bad = structure([a_record(model), record, a_record(model)], model)

    assert len(good) == 2
    assert bad[0].id == "(no id)"
    assert "expected an object @ $" in bad[0].reason or bad[0].reason == "nested too deeply"


@pytest.mark.parametrize(("model", "name"), WITH_AN_ID)
@pytest.mark.parametrize("odd", ODD_IDS, ids=ascii)
def test_an_id_that_is_none_costs_only_its_record(model, name, odd):
    good, bad = structure([a_record(model, **{name: odd}), a_record(model)], model)

    assert len(good) == 1
    assert f"@ $.{name}" in bad[0].reason or "missing" in bad[0].reason
    assert all(c.isprintable() for c in bad[0].id + bad[0].reason)
    assert len(bad[0].id) <= 100


def holds_an_object(field):
    types = (field.type, *getattr(field.type, "__args__", ()))
    takes_any = Any in types or any(get_origin(kind) is dict for kind in types)
    return takes_any or (field.type is not list and any(map(attrs.has, types)))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (model, _okta_name(field.name))
        for model in MODELS
        for field in attrs.fields(model)
        if not holds_an_object(field)
    ],
)
def test_an_object_where_a_text_number_or_time_belongs_costs_only_that_record(model, name):
    good, bad = structure([a_record(model) | {name: {"a": [1]}}, a_record(model)], model)

    assert len(good) == 1
    assert bad[0].reason.startswith("invalid value for type, expected ")
    assert bad[0].reason.endswith(f" @ $.{name}")


@pytest.mark.parametrize(
    ("model", "fields", "reason"),
    [
        (User, {"profile": {"login": {}}}, "expected text @ $.profile.login"),
        (User, {"profile": {"firstName": []}}, "expected text @ $.profile.firstName"),
        (User, {"profile": "x"}, "expected an object @ $.profile"),
        (User, {"lastLogin": "yesterday"}, "expected a time @ $.lastLogin"),
        (User, {"lastLogin": 1767225600}, "expected a time @ $.lastLogin"),
        (App, {"features": "SSO"}, "expected a list @ $.features"),
        (App, {"features": {"SSO": 1}}, "expected a list @ $.features"),
        (App, {"features": ["a", {}]}, "expected text @ $.features[1]"),
        (Group, {"_embedded": {"stats": {"usersCount": 2**63}}},
         "expected a whole number @ $._embedded.stats.usersCount"),
        (Group, {"_embedded": {"stats": {"usersCount": float("inf")}}},
         "expected a whole number @ $._embedded.stats.usersCount"),
        (Group, {"_embedded": {"stats": {"usersCount": 0.5}}},
         "expected a whole number @ $._embedded.stats.usersCount"),
        (Group, {"_embedded": {"stats": {"usersCount": float(2**70)}}},
         "expected a whole number @ $._embedded.stats.usersCount"),
        (Group, {"_embedded": {"stats": {"usersCount": True}}},
         "expected a whole number @ $._embedded.stats.usersCount"),
        (Group, {"_embedded": {"stats": {"hasAdminPrivilege": "false"}}},
         "expected true or false @ $._embedded.stats.hasAdminPrivilege"),
        (App, {"features": {"id": "x"}}, "expected a list @ $.features"),
        (SignOn, {"published": "9999-12-31T23:59:59-10:00"}, "expected a time @ $.published"),
    ],
)  # fmt: skip
def test_the_reason_names_the_field_in_okta_s_words_and_not_the_value(model, fields, reason):
    good, (bad,) = structure([a_record(model, **fields)], model)

    assert not good
    assert bad.reason == f"invalid value for type, {reason}"


@pytest.mark.parametrize(("model", "name"), [(Permission, "label"), (Resource, "orn")])
@pytest.mark.parametrize("odd", ["", 7, {}, []])
def test_a_record_that_is_one_word_must_say_it(model, name, odd):
    good, bad = structure([{name: odd}, {name: "a word"}], model)

    assert [getattr(one, name) for one in good] == ["a word"]
    assert bad[0].reason == f"invalid value for type, expected text @ $.{name}"


def test_a_missing_field_is_told_from_a_wrong_one():
    _, (bad,) = structure([{"uuid": "1", "eventType": "x", "published": None}], SignOn)

    assert bad.reason == "required field missing @ $.published"


def test_a_flag_or_count_that_okta_did_not_send_is_unknown():
    (group,), _ = structure([{"id": "00g1"}], Group)

    assert group.has_admin_role is None
    assert group.stats.users_count is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05.123456+02:00", "2026-01-02T01:04:05.123Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05.000Z"),
    ],
)
def test_times_are_kept_so_that_their_text_sorts(sent, kept):
    (user,), _ = structure([{"id": "00u1", "lastLogin": sent}], User)

    assert user.last_login == kept


def test_a_new_model_is_only_its_class():
    @attrs.frozen
    class Disk:
        disk_encryption_type: str | None = None

    @attrs.frozen
    class Device:
        id: models.Id
        last_seen: datetime | None = None
        disks: list[Disk] = attrs.Factory(list)

    good, bad = structure(
        [{"id": "guo1", "disks": [{"diskEncryptionType": "FULL"}]}, {"id": "guo2", "disks": [1]}],
        Device,
    )

    assert good == [Device("guo1", disks=[Disk("FULL")])]
    assert bad[0].reason == "invalid value for type, expected an object @ $.disks[0]"
