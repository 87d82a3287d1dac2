"""What an org that answers oddly may leave behind, held against the same org answering well.

Every verified figure must be what the undisturbed org gives, down to the subjects behind it, unless
an answer said otherwise in words that Okta might use: then only those figures are compared that do
not rest on what it said.
"""

import sqlite3
from collections.abc import Iterator
from functools import cache
from typing import Any

from attrs import frozen

from okta_sandbox import Settings
from tests.support.virtual_org import VirtualOrg, virtual_org
from twin_host import hookspecs
from twin_host.border.call import Hook
from twin_host.contract import (
    Confidence,
    DatasetState,
    Enrichment,
    Fact,
    Gap,
    SyncReport,
    SyncStatus,
)
from twin_okta.datasets import DATASETS
from twin_okta.snapshot import FILE_NAME, Snapshot

PARAMETERS = {"users": 24, "apps": 16, "groups": 6, "admins": 6, "seed": 5, "variety": True}
"""A small org in which next to no figure is nought or all: where one is lost, it shows."""

RESTS_ON = {
    "factors": ("users", "authenticators"),
    "members": ("groups",),
    "roles": ("groups",),
    "custom_roles": ("roles", "service_apps"),
    "assignments": ("apps",),
    "service_apps": ("apps",),
    "app_use": ("apps", "logs"),
}
"""Whose lists of subjects are made of which other datasets."""

ALSO_ON = {
    "stale_": {"api_tokens", "roles", "groups"},
    "privileged_": {"custom_roles"},
}
"""What else figures rest on whose keys begin so, without which they would still be told."""

TELLING = {
    "assigned_users", "assigned_directly", "assigned_through_groups", "assigned_groups", "belongs",
    "counts", "held_by", "last_used", "owner", "seen", "tier", "users_count",
}  # fmt: skip
"""The columns of lists that say how much or whether; the others describe."""


@frozen
class Left:
    """What a sync and an enrichment left behind."""

    report: SyncReport
    facts: dict[str, Fact]
    gaps: dict[str, Gap]
    subjects: dict[str, dict[Any, dict[str, Any]]]
    """The rows behind each fact and gap, by their ids."""
    rows: dict[str, set[tuple[Any, ...]]]
    """The rows of each dataset's tables that are shown."""

    @property
    def verified(self) -> dict[str, str]:
        """The values that are said to be so."""
        return {
            key: fact.value
            for key, fact in self.facts.items()
            if fact.confidence == Confidence.VERIFIED
        }


def odd_org(settings: Settings | None = None, **parameters: Any) -> VirtualOrg:
    """The small org, to be disturbed."""
    return virtual_org(settings=settings, **(PARAMETERS | parameters))


@cache
def undisturbed() -> Left:
    """What the org leaves behind when nothing is odd."""
    left = read(odd_org())
    assert left.report.status == SyncStatus.COMPLETE
    assert len(left.verified) == len(left.facts)
    return left


def read(org: VirtualOrg) -> Left:
    """Sync and enrich as the host does, which looks at whatever crosses its border."""
    options = {"hours_back": 24}
    report = _hook("sync", lambda **_: org.sync(**options))()
    return after(org, report)


def after(org: VirtualOrg, report: SyncReport) -> Left:
    """What a sync left behind, once enriched."""
    enrichment: Enrichment = _hook("enrich", lambda **_: org.enrich())()
    list(enrichment.events)
    facts = {fact.key: fact for fact in enrichment.facts}
    gaps = {gap.id: gap for gap in enrichment.gaps}
    return Left(report, facts, gaps, dict(_subjects(org, facts, gaps)), _rows(org))


def _hook(name: str, call: Any) -> Hook:
    return Hook.of(hookspecs, name, title="Okta", caller=call)


def _subjects(
    org: VirtualOrg, facts: dict[str, Fact], gaps: dict[str, Gap]
) -> Iterator[tuple[str, dict[Any, dict[str, Any]]]]:
    queries = {key: fact.evidence.query for key, fact in facts.items()}
    queries |= {name: gap.query for name, gap in gaps.items()}
    with Snapshot.to_read(org.state_dir) as snapshot:
        for key, query in queries.items():
            if query:
                yield key, {row["id"]: row for row in snapshot.records(query, {})}


def _rows(org: VirtualOrg) -> dict[str, set[tuple[Any, ...]]]:
    path = org.state_dir / FILE_NAME
    if not path.exists():
        return {}
    found: dict[str, set[tuple[Any, ...]]] = {}
    with sqlite3.connect(path) as db:
        for table in (table for dataset in DATASETS.values() for table in dataset.tables):
            shown = db.execute(f"SELECT * FROM shown_{table.removeprefix('okta_')}")
            names = [column[0] for column in shown.description]
            keep = [place for place, name in enumerate(names) if name != "generation"]
            found[table] = {tuple(row[place] for place in keep) for row in shown}
    return found


# --- the oracle ----------------------------------------------------------------------------------


def touched_by(*datasets: str) -> set[str]:
    """These, and what rests on them."""
    touched = set(datasets)
    while more := {n for n, before in RESTS_ON.items() if touched & {*before}} - touched:
        touched |= more
    return touched


def wrongly_verified(left: Left, *, said_otherwise: set[str] = frozenset()) -> list[str]:  # pyright: ignore[reportArgumentType]
    """Every verified figure and every complete gap that differs from the truth.

    `said_otherwise`: the datasets of which an answer said something else that could be so; what
    rests on them is not compared.
    """
    changed, true, wrong = touched_by(*said_otherwise), undisturbed(), []
    for key, fact in left.facts.items():
        rests_on = {*fact.evidence.datasets}.union(
            *(also for start, also in ALSO_ON.items() if key.startswith(start))
        )
        if fact.confidence != Confidence.VERIFIED or changed & rests_on:
            continue
        if fact.value != getattr(true.facts.get(key), "value", None):
            told = true.facts[key].value if key in true.facts else "none"
            wrong.append(f"{key} is {fact.value}, not {told}")
        elif not said_otherwise:
            wrong += _wrong_subjects(key, left.subjects.get(key), true.subjects.get(key))
    for name, gap in left.gaps.items():
        if not gap.complete or said_otherwise:
            continue
        if gap.count != getattr(true.gaps.get(name), "count", 0):
            wrong.append(f"gap {name} has {gap.count}")
        elif gap.count:
            wrong += _wrong_subjects(name, left.subjects.get(name), true.subjects.get(name))
    return wrong


def _wrong_subjects(key: str, found: Any, true: Any) -> list[str]:
    """Subjects that are others, and cells that are neither unknown nor true."""
    if not found and not true:
        return []
    if found.keys() != true.keys():
        return [f"{key} lists {found.keys() ^ true.keys()}"]
    return [
        f"{key} says of {its_id} that {name} is {row[name]!r}, not {true[its_id][name]!r}"
        for its_id, row in found.items()
        for name in row.keys() & TELLING
        if row[name] not in (None, "")
        and _to_the_hour(row[name]) != _to_the_hour(true[its_id][name])
    ]


def _to_the_hour(value: Any) -> Any:
    """Reading uses a token, so a slower sync makes its last use later by as much."""
    is_time = isinstance(value, str) and value[10:11] == "T" and value.endswith("Z")
    return value[:13] if is_time else value


def unnamed(left: Left) -> list[str]:
    """Datasets that are not complete and do not say why."""
    return [
        name
        for name, each in left.report.datasets.items()
        if each.state not in (DatasetState.COMPLETE, DatasetState.SKIPPED) and not each.reason
    ]


def lost(left: Left) -> dict[str, set[tuple[Any, ...]]]:
    """Rows that the undisturbed org gives and this one does not."""
    true = undisturbed().rows
    return {t: rows - left.rows.get(t, set()) for t, rows in true.items()}
