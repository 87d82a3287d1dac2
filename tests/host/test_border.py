"""The border: whatever a connector does or answers ends that one call with one sentence."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

from twin_host import hookspecs
from twin_host.border import Hook, check_of, hook_names
from twin_host.contract import (
    CannotGoOn,
    Capability,
    Column,
    ColumnType,
    ConfigField,
    ConnectionReport,
    ConnectorInfo,
    Context,
    DatasetReport,
    Enrichment,
    Evidence,
    Fact,
    FieldKind,
    Gap,
    List,
    OptionType,
    Part,
    PlannedDataset,
    Problem,
    Progress,
    Rejected,
    SecurityEvent,
    SyncMode,
    SyncOption,
    SyncPlan,
    SyncReport,
    values,
)
from twin_host.errors import ConnectorError, UsageError

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
HALF = "half an emoji \ud83d"
VALID = {
    values.Name: "okta",
    values.Word: "mfa_coverage:87%",
    values.Slug: "users-without-mfa",
    values.Nist: "PR.AA-03",
    values.Environment: "OKTA_API_TOKEN",
    str: "text",
    int: 1,
    float: 1.5,
    bool: True,
    datetime: NOW,
    NoneType: None,
}
INVALID = {
    values.Name: ["", "../../pwn", "a b", "Okta", "a-b", "é", "1a", "a\n"],
    values.Word: ["", " ", "a b", "a\tb", "a\u2003b", "a\n", "\x1b[31m", "\x00"],
    values.Slug: ["", "../pwn", "a b", "A", "a_b", "-a", "a--b", "a\n"],
    values.Nist: ["", "PR.AA-3", "pr.aa-03", "XX.AA-03", "PR.AA-03 ", "PR.AA-03\n"],
    values.Filled: ["", "  ", "\n"],
    values.Environment: ["path", "A=B", "A B"],
    values.LongText: ["x" * 2_000_001],
    values.Count: [-1],
    values.Amount: [-0.5],
    str: [5, b"x", None, ["a"], HALF, "x" * 10_000_000],
    int: ["1", 1.0, True, None, 2**63, -(2**63) - 1, math.nan],
    float: ["1", True, None, math.nan, math.inf, -math.inf, 2**63, 10**400],
    bool: [1, "true", None],
    NoneType: ["text", 0],
    datetime: [
        "2026-01-31T12:00Z",
        None,
        NOW.timestamp(),
        NOW.date(),
        NOW.replace(tzinfo=None),
        NOW.astimezone(timezone(timedelta(hours=1))),
    ],
}


def crossing_classes():
    """Every class of the contract that a hook gives, with those inside it."""
    found, waiting = [], [
        get_type_hints(getattr(hookspecs, name), include_extras=True)["return"]
        for name in hook_names(hookspecs)
    ] + [Progress, Capability]  # fmt: skip
    while waiting:
        hint = waiting.pop()
        if not isinstance(hint, type) or get_origin(hint):
            waiting += [each for each in get_args(hint) if each is not ...]
        elif attrs.has(hint) and hint not in found:
            found.append(hint)
            waiting += get_type_hints(hint, include_extras=True).values()
    return found


def valid(hint):
    """A value that the hint allows."""
    if hint in VALID:
        return VALID[hint]
    if isinstance(hint, type) and not get_origin(hint):
        return next(iter(hint)) if issubclass(hint, Enum) else made(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Mapping:
        return {valid(arguments[0]): valid(arguments[1])}
    if origin in (tuple, Iterable):
        return (valid(arguments[0]),)
    return [valid(arguments[0])] if origin is list else valid(arguments[0])


FITTING = {
    List: {"columns": (Column(name="id", type=ColumnType.TEXT, meaning="Its id."),)}
    | dict.fromkeys(("order", "shown"), ("id",))
}
"""Where the fields of one object must fit each other."""


def made(cls, **changes):
    """An object that nothing is wrong with."""
    hints = get_type_hints(cls, include_extras=True)
    needed = {
        each.name: valid(hints[each.name])
        for each in attrs.fields(cls)
        if each.default is attrs.NOTHING
    }
    return cls(**needed | FITTING.get(cls, {}) | changes)  # fmt: skip


def wrong_values(hint):
    """Values that the hint forbids, each of another kind."""
    found = [*INVALID.get(hint, ())]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        plain = [value for value in INVALID[arguments[0]] if value != "x" * 10_000_000]
        return found + plain
    if origin in (Union, UnionType):
        pool = [value for each in arguments for value in wrong_values(each)]
        return [value for value in pool if all(is_wrong(value, each) for each in arguments)]
    if origin is Mapping:
        keys = [{key: valid(arguments[1])} for key in wrong_values(arguments[0]) if key.__hash__]
        inner = [{valid(arguments[0]): value} for value in wrong_values(arguments[1])]
        return [None, (), [], "text", *keys, *inner]
    if origin is tuple:
        inner = [(value,) for value in wrong_values(arguments[0])]
        return [None, "text", {}, [valid(arguments[0])], *inner]
    if origin is list:
        return [None, (), *([value] for value in wrong_values(arguments[0]))]
    if origin is Iterable:
        return [None, 5, "text", {}]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ["sure", None, str(next(iter(hint))), 0, True]
    return found or [None, {}, "text", object()]


def is_wrong(value, hint):
    """Whether the hint forbids a value, as the table above has it."""
    kinds = {type(valid(hint))} | ({int} if hint in (float, values.Amount) else set())
    return type(value) not in kinds or any(value is each for each in wrong_values(hint))


CASES = [
    pytest.param(cls, field.name, id=f"{cls.__name__}.{field.name}")
    for cls in crossing_classes()
    for field in attrs.fields(cls)
]


@pytest.mark.parametrize("cls", crossing_classes())
def test_nothing_is_wrong_with_what_is_right(cls):
    assert check_of(cls)(made(cls)) == ""


@pytest.mark.parametrize(("cls", "name"), CASES)
def test_every_wrong_value_of_every_field_is_one_sentence_with_its_path(cls, name):
    wrong = wrong_values(get_type_hints(cls, include_extras=True)[name])
    assert wrong
    for value in wrong:
        said = check_of(cls)(attrs.evolve(made(cls), **{name: value}))
        assert said.startswith(f".{name}"), (str(value)[:80], said)
        assert "\n" not in said
        assert len(said) < 500
        said.encode()


@pytest.mark.parametrize(("number", "named"), [(12, 12), (13, 12)])
def test_of_many_right_words_a_dozen_are_named(number, named):
    words = [f"word{place:02}" for place in range(number)]
    said = check_of(StrEnum("Many", words))("none")

    assert [word for word in words if word in said] == words[:named]
    assert ("…" in said) == (number > named)


def test_no_field_that_crosses_is_left_unchecked():
    names = {cls.__name__ for cls in crossing_classes()}
    assert {"Enrichment", "Fact", "Evidence", "Gap", "SecurityEvent", "SyncReport"} <= names
    assert {"SyncPlan", "PlannedDataset"} <= names
    assert {"ConnectorInfo", "ConfigField", "Configured", "Problem", "Progress"} <= names


FACT = made(Fact)
SETTING = made(ConfigField)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (made(Evidence, numerator=3, denominator=2), "numerator is 3, more than the denominator 2"),
        (made(Enrichment, facts=(FACT, FACT)), "two values of the key 'mfa_coverage:87%'"),
        (made(Enrichment, gaps=(made(Gap),) * 2), "two of the id 'users-without-mfa'"),
        (made(Enrichment, lists=(made(List),) * 2), ".lists has two of the kind 'okta'"),
        (made(Enrichment, lists=(made(List, parts=(made(Part, kind="none"),)),)), "'none'"),
        (made(List, order=("none",)), " names 'none', which is no column"),
        (made(List, kind="changes"), " tells of changes and has no column 'time'"),
        (made(List, shown=()), " has no key, order or shown column"),
        (made(List, thing="user", key=("id", "id")), ".key has 2 columns though each is a user"),
        (made(List, columns=(made(Column, name="id"),) * 2), "two of the name 'id'"),
        (made(ConnectorInfo, fields=(SETTING, SETTING)), "fields has two of the name 'okta'"),
        (
            made(ConnectorInfo, fields=(attrs.evolve(SETTING, when={"b": "c"}),)),
            "fields[0].when names 'b', which is no field",
        ),
        (made(ConfigField, kind=FieldKind.CHOICE), ".choices is ()"),
        (made(ConfigField, kind=FieldKind.SECRET, default="x"), ".default is 'x'"),
        (made(ConfigField, kind=FieldKind.NUMBER, default=True), ".default is True"),
        (made(SyncOption, type=OptionType.BOOLEAN, default=1), ".default is 1"),
        (made(SyncOption, type=OptionType.INTEGER, default=9, maximum=5), "not from None to 5"),
        (made(ConnectionReport, ok=False), ".error is empty"),
        (made(SyncReport, status=valid(get_type_hints(SyncReport)["status"]).FAILED), ".error is"),
        (
            made(DatasetReport, mode=SyncMode.NOTHING, changed=3),
            ".changed is 3 though the mode is nothing",
        ),
        (made(Rejected, problems=()), ".problems is empty"),
    ],
)
def test_what_must_hold_between_fields(value, said):
    assert said in check_of(type(value))(value)


# --- calling ------------------------------------------------------------------------------------


def hook(answer, name="enrich"):
    """A hook of a connector that does what `answer` does."""
    return Hook.of(hookspecs, name, title="Acme", caller=lambda **_given: answer())


def raising(error):
    def fail():
        raise error

    return fail


def too_deep():
    return too_deep()


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError


class Unshowable:
    def __repr__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raising(SystemExit(3)), "SystemExit: 3"),
        (raising(GeneratorExit()), "GeneratorExit: no message"),
        (raising(StopIteration()), "StopIteration: no message"),
        (raising(BaseExceptionGroup("many", [SystemExit("a"), ValueError()])), "SystemExit: a"),
        (raising(ExceptionGroup("m", [ExceptionGroup("n", [ValueError("deep")])])), "deep"),
        (raising(Unspeakable()), "Unspeakable: no message"),
        (raising(ValueError(HALF)), "half an emoji ?"),
        (raising(ValueError("a\nb" * 10_000)), "ValueError: a b"),
        (raising(MemoryError()), "MemoryError"),
        (too_deep, "RecursionError"),
        (lambda: None, "its answer is None"),
        (lambda: 5, "its answer is 5, not Enrichment."),
        (Unshowable, "its answer is <Unshowable"),
        (lambda: made(Enrichment, facts=(FACT, made(Fact, confidence="sure"))),
         "facts[1].confidence is 'sure', not Confidence (verified, observed, "),
    ],
)  # fmt: skip
def test_whatever_a_connector_does_is_one_sentence(answer, said):
    with pytest.raises(ConnectorError) as caught:
        hook(answer)()
    sentence = str(caught.value)
    assert sentence.startswith("The Acme connector failed in enrich: ")
    assert said in sentence
    assert sentence.endswith("what was stored before is unchanged.")
    assert "\n" not in sentence
    assert len(sentence) < 1200
    sentence.encode()


@pytest.mark.parametrize(
    "error",
    [CannotGoOn("The disk is full: make room."),
     BaseExceptionGroup("", [ValueError(), CannotGoOn("The disk is full: make room.")])],
)  # fmt: skip
def test_a_failure_that_the_connector_foresaw_is_shown_as_it_is(error):
    with pytest.raises(ConnectorError) as caught:
        hook(raising(error))()
    assert str(caught.value) == "The disk is full: make room."


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), BaseExceptionGroup("", [ValueError(), KeyboardInterrupt()])]
)
def test_an_interrupt_is_the_persons(error):
    with pytest.raises(KeyboardInterrupt):
        hook(raising(error))()


def test_an_error_of_the_host_itself_is_not_blamed_on_the_connector():
    with pytest.raises(UsageError, match="ours"):
        hook(raising(UsageError("ours")))()


def events(*found):
    yield from found


EVENT = made(SecurityEvent)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (
            lambda: attrs.evolve(EVENT, time=NOW.replace(tzinfo=None)),
            "events[2].time is 2026-01-31",
        ),
        (lambda: 5, "events[2] is 5, not SecurityEvent"),
        (raising(SystemExit("bye")), "SystemExit: bye"),
        (raising(GeneratorExit()), "GeneratorExit"),
    ],
)
def test_events_are_checked_as_they_are_read(last, said):
    def stream():
        yield EVENT
        yield EVENT
        yield last()

    found = hook(lambda: made(Enrichment, events=stream()))()
    reading = iter(found.events)
    assert [next(reading), next(reading)] == [EVENT, EVENT]
    with pytest.raises(ConnectorError, match="failed in enrich") as caught:
        next(reading)
    assert said in str(caught.value)


def test_events_that_cannot_be_read_at_all_are_one_sentence():
    class Odd:
        def __iter__(self):
            raise SystemExit("no")

    found = hook(lambda: made(Enrichment, events=Odd()))()
    with pytest.raises(ConnectorError, match="SystemExit: no"):
        list(found.events)


def test_reading_may_end_early():
    closed = []

    def stream():
        try:
            yield EVENT
            yield EVENT
        finally:
            closed.append(True)

    reading = iter(hook(lambda: made(Enrichment, events=stream()))().events)
    next(reading)
    reading.close()
    del reading
    assert closed


@pytest.mark.parametrize(
    "tell",
    [
        lambda context: context.report(made(Progress, read="many")),
        lambda context: context.report(None),
        lambda context: context.probed(5, made(Capability)),
        lambda context: context.probed("users", {"granted": True}),
    ],
)
def test_what_is_told_during_a_call_is_checked_too(tell):
    told = []

    def connector(context):
        tell(context)
        return made(SyncReport)

    given = Context(
        state_dir=None, secrets=None, clock=None, report=told.append,
        probed=lambda *it: told.append(it),
    )  # fmt: skip
    sync = Hook.of(hookspecs, "sync", title="Acme", caller=connector)
    with pytest.raises(ConnectorError, match="failed in sync: the "):
        sync(context=given)
    assert told == []


def test_a_problem_and_a_dataset_are_found_deep_inside():
    rejected = made(Rejected, problems=(made(Problem), made(Problem, message=" ")))
    with pytest.raises(ConnectorError, match=r"problems\[1\]\.message is ' '"):
        hook(lambda: rejected, "configure")()
    plan = made(SyncPlan, datasets={"users": made(PlannedDataset, requests=-1)})
    with pytest.raises(ConnectorError, match=r"datasets\['users'\]\.requests is -1"):
        hook(lambda: plan, "plan")()
    report = made(SyncReport, datasets={"users": made(DatasetReport, read=2**70)})
    with pytest.raises(ConnectorError, match=r"datasets\['users'\]\.read is a number beyond"):
        hook(lambda: report, "sync")()
