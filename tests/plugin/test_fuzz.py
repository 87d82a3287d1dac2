"""Whatever a server answers: no traceback, nothing untrue called verified, no secret anywhere.

A whole small sync, of which answers are spoilt at random: any part of a body, its bytes, its
headers, its status. In the suite a few, the same each time; CONTRIBUTING.md says how to try many.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from attrs import evolve, frozen
from hypothesis import given, note, settings
from hypothesis import strategies as st

from okta_sandbox.api import tricks
from okta_sandbox.api.answers import Answer
from okta_sandbox.api.requests import Request
from tests.plugin.test_oddities import ENDPOINTS, HEADERS, LEADING_ON, STATUSES, Endpoint
from tests.support.oddities import after, odd_org, unnamed, wrongly_verified
from twin_host import hookspecs
from twin_host.border.call import Hook
from twin_host.home import Home
from twin_host.registry import Registry
from twin_host.store import Store
from twin_host.twin import Twin
from twin_okta.datasets import DATASETS

WHERE = (
    *ENDPOINTS,
    Endpoint("", "/.well-known/okta-organization"),
    Endpoint("", "/api/v1/org"),
    Endpoint("users", "/api/v1/users/????????????????????"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)
Node = tuple[Any, Any]
"""What holds a value, and under which name or number."""


@frozen
class Mutation:
    """How an answer is spoilt. `says_otherwise`: it may then say something else that could be so;
    if not, it says less than it did, or the same."""

    how: str
    play: Callable[[Request, Answer], Answer]
    says_otherwise: bool
    is_of_time: bool = False
    """It says what time it is, on which all may rest."""

    def __repr__(self) -> str:
        return self.how


def nodes(value: Any, way: str = "") -> Iterator[tuple[str, Any, Any]]:
    items: Any = ()
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        items = enumerate(cast("list[Any]", value))
    for name, inner in items:
        yield f"{way}.{name}", value, name
        yield from nodes(inner, f"{way}.{name}")


def on_node(which: int, change: Callable[[str, Any, Any], None]) -> Callable[..., Answer]:
    """A trick on one part of a body, whichever the number leads to."""

    def play(_: Request, answer: Answer) -> Answer:
        try:
            body = json.loads(answer.body)
        except ValueError:
            return answer
        found = list(nodes(body))
        if not found:
            return answer
        change(*found[which % len(found)])
        return evolve(answer, body=json.dumps(body).encode())

    return play


def kind_of(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else (
        type(value).__name__)  # fmt: skip


@st.composite
def replaced(draw: st.DrawFn) -> Mutation:
    """Another kind of value where there was one, which tells nothing."""
    which, value = draw(st.integers(0, 10**6)), draw(JSON)

    def change(way: str, holder: Any, name: Any) -> None:
        was = holder[name]
        tells_nothing = value is not None and was is not None and kind_of(value) != kind_of(was)
        if tells_nothing and ".conditions" not in way:
            holder[name] = value

    return Mutation(
        f"node {which} is {value!r} if that tells nothing",
        on_node(which, change),
        says_otherwise=False,
    )


@st.composite
def said_otherwise(draw: st.DrawFn) -> Mutation:
    """Any value in place of another, or none."""
    which, value = draw(st.integers(0, 10**6)), draw(JSON)
    how = draw(st.sampled_from(["is", "is dropped", "is swapped", "is there twice"]))

    def change(_: str, holder: Any, name: Any) -> None:
        if how == "is":
            holder[name] = value
        elif how == "is dropped":
            del holder[name]
        elif how == "is swapped":
            other = next(iter(holder)) if isinstance(holder, dict) else 0
            holder[name], holder[other] = holder[other], holder[name]
        elif isinstance(holder, list):
            holder.append(holder[name])  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]

    return Mutation(f"node {which} {how} {value!r}", on_node(which, change), says_otherwise=True)


@st.composite
def bytes_spoilt(draw: st.DrawFn) -> Mutation:
    """A body that ends early, or holds bytes that nobody wrote."""
    place, junk = draw(st.integers(0, 10**6)), draw(st.binary(max_size=4))
    cut = draw(st.booleans())

    def play(_: Request, answer: Answer) -> Answer:
        at = place % (len(answer.body) + 1)
        rest = b"" if cut else answer.body[at:]
        return evolve(answer, body=answer.body[:at] + junk + rest)

    return Mutation(f"bytes {place} {junk!r} cut {cut}", play, says_otherwise=not cut or bool(junk))


@st.composite
def headers_spoilt(draw: st.DrawFn) -> Mutation:
    name = draw(
        st.sampled_from(
            ["link", "date", "retry-after", "x-rate-limit-limit", "x-rate-limit-remaining",
             "x-rate-limit-reset", "content-encoding", "content-type", "x-okta-request-id"]
        )
    )  # fmt: skip
    text = draw(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20))
    is_date = name == "date"
    trick = tricks.header(name, text)
    return Mutation(f"{name}: {text!r}", trick, says_otherwise=is_date, is_of_time=is_date)


@st.composite
def status_changed(draw: st.DrawFn) -> Mutation:
    status = draw(
        st.sampled_from([201, 204, 206, 302, 304, 402, 409, 410, 418, 451, 502, 503, 504])
    )
    return Mutation(f"status {status}", lambda _, a: evolve(a, status=status), says_otherwise=False)


NAMED = {**HEADERS, **LEADING_ON, **STATUSES}
ECHOES = {
    "echoed error": tricks.echoed_error(),
    "echoed 403": tricks.echoed_error(403, "E0000006"),
    "echoed OAuth error": tricks.echoed_oauth_error(),
    "echoed request id": tricks.echoed_header(),
    "echoed link": tricks.echoed_header("link"),
    "echoed date": tricks.echoed_header("date"),
}


@st.composite
def echoed(draw: st.DrawFn) -> Mutation:
    """What was sent, in any text of the body, alone or within."""
    which, around = draw(st.integers(0, 10**6)), draw(st.text(max_size=8))

    def play(request: Request, answer: Answer) -> Answer:
        def change(_: str, holder: Any, name: Any) -> None:
            if isinstance(holder[name], str):
                holder[name] = around + request.headers.get("authorization", "") + around

        return on_node(which, change)(request, answer)

    return Mutation(f"node {which} echoes", play, says_otherwise=True)


def named(tricks_by_name: dict[str, Any]) -> st.SearchStrategy[Mutation]:
    return st.sampled_from(sorted(tricks_by_name)).map(
        lambda name: Mutation(name, tricks_by_name[name], says_otherwise=False)
    )


MUTATIONS = st.one_of(
    replaced(), replaced(), said_otherwise(), bytes_spoilt(), headers_spoilt(), status_changed(),
    named(NAMED), named(ECHOES), echoed(),
)  # fmt: skip
TIMES = st.fixed_dictionaries(
    {}, optional={"times": st.integers(1, 5), "skip": st.integers(0, 5), "part": st.just(0.34)}
)


EXAMPLES = 40 if settings().derandomize else settings().max_examples


@settings(max_examples=EXAMPLES)
@given(st.lists(st.tuples(st.sampled_from(WHERE), MUTATIONS, TIMES), min_size=1, max_size=3))
def test_whatever_a_server_answers(spoilt: list[tuple[Endpoint, Mutation, dict[str, Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        org = odd_org(state_dir=home.state_dir("okta"))
        for where, mutation, times in spoilt:
            note(f"{where}: {mutation} {times}")
            org.sandbox.faults.play(mutation.play, where.path, query=where.query, **times)

        report = Hook.of(
            hookspecs, "sync", title="Okta", caller=lambda **_: org.sync(hours_back=24)
        )()
        twin = Twin(home, Registry(), clock=org.clock)
        with Store.to_write(home.database) as store:
            store.keep_sync("okta", report, org.clock())
        twin.enrich("okta")
        left = after(org, report)

        touched = {
            dataset
            for where, mutation, _ in spoilt
            if mutation.says_otherwise
            for dataset in (
                [where.dataset] if where.dataset and not mutation.is_of_time else DATASETS
            )
        }
        assert wrongly_verified(left, said_otherwise=touched) == []
        assert unnamed(left) == []
        told = repr(report) + repr(left) + repr(org.progress) + repr(twin.status("okta"))
        kept = b"".join(path.read_bytes() for path in home.path.rglob("*") if path.is_file())
        assert org.secrets["token"] not in told
        assert org.secrets["token"].encode() not in kept
