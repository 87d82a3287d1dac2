"""What changes say, put together: the things that there must be now, if there were those before."""

import json
from pathlib import Path
from typing import Any

from attrs import define, field

from twin_okta.datasets import DATASETS, Dataset
from twin_okta.differing import Kind, kinds
from twin_okta.snapshot import Snapshot

Things = dict[tuple[str, str], dict[str, Any]]
"""What is told of each thing, by its kind and key."""
ALL = "SELECT * FROM change WHERE NOT is_held ORDER BY number"
READ = "SELECT dataset || ' ' || subject FROM subject_read WHERE outcome = 'read'"


@define
class Told:
    """Follows one snapshot by what it tells to have changed.

    What hangs on a subject that nobody read is not known; it is taken as it is found once that is
    read, unless the subject itself has appeared.
    """

    state_dir: Path
    things: Things = field(factory=dict)
    subjects: set[str] = field(factory=set)
    done: set[int] = field(factory=set)

    def begin(self) -> None:
        """Take everything as it is."""
        with Snapshot.to_read(self.state_dir) as snapshot:
            self.things, self.subjects = things_in(snapshot), subjects_read(snapshot)
            self.done = {row["number"] for row in snapshot.records(ALL, {})}

    def follow(self) -> list[dict[str, Any]]:
        """Do what was told since; the changes."""
        with Snapshot.to_read(self.state_dir) as snapshot:
            told = [it for it in snapshot.records(ALL, {}) if it["number"] not in self.done]
            subjects, now = subjects_read(snapshot), things_in(snapshot)
        appeared = {(row["kind"], row["key"]) for row in told if row["change"] == "appeared"}
        for row in told:
            self._do(row)
        for where, thing in now.items():
            hangs_on = subject_of(*where)
            if hangs_on and hangs_on not in self.subjects and where not in appeared:
                self.things[where] = thing
        for where in list(self.things):
            hangs_on = subject_of(*where)
            if hangs_on and hangs_on not in subjects:
                self.things.pop(where)
        self.subjects = subjects
        self.done |= {row["number"] for row in told}
        return told

    def _do(self, row: dict[str, Any]) -> None:
        where = row["kind"], row["key"]
        match row["change"]:
            case "appeared":
                assert where not in self.things, row
                self.things[where] = json.loads(row["after"])
            case "went":
                assert _agree(row["kind"], self.things.pop(where), json.loads(row["before"])), row
            case _:
                before = self.things[where][row["column"]]
                known = kind_named(row["kind"]).knows(row["column"], before)
                assert before == row["before"] or not known, row
                self.things[where][row["column"]] = row["after"]

    def differences(self) -> Any:
        """What is not as the changes say."""
        with Snapshot.to_read(self.state_dir) as snapshot:
            now = things_in(snapshot)
        return {
            where: (self.things.get(where), now.get(where))
            for where in self.things.keys() | now.keys()
            if not _agree(where[0], self.things.get(where), now.get(where))
        }


def kind_named(name: str) -> Kind:
    return next(kind for kind in kinds().values() if kind.name == name)


def _agree(name: str, one: dict[str, Any] | None, other: dict[str, Any] | None) -> bool:
    """Whether two say the same of a thing, as far as both know."""
    if one is None or other is None:
        return one is other
    kind = kind_named(name)
    return all(
        one[column] == other[column]
        for column in kind.columns
        if kind.knows(column, one[column]) and kind.knows(column, other[column])
    )


def dataset_of(kind: Kind) -> Dataset:
    return next(it for it in DATASETS.values() if kind.table in it.tables)


def key_of(snapshot: Snapshot, kind: Kind) -> list[str]:
    if kind.key is not None:
        return list(kind.key)
    info = snapshot.rows(f"PRAGMA table_info({kind.table})")
    return [row[1] for row in info if row[5] and row[1] != "generation"]


def things_in(snapshot: Snapshot) -> Things:
    """All that is shown of which changes are told."""
    found: Things = {}
    for kind in kinds().values():
        view, key = f"shown_{kind.table.removeprefix('okta_')}", key_of(snapshot, kind)
        for row in snapshot.records(f"SELECT * FROM {view}", {}):
            its_key = json.dumps([row[name] for name in key], separators=(",", ":"))
            found[kind.name, its_key] = {name: row[name] for name in kind.columns}
    return found


def subjects_read(snapshot: Snapshot) -> set[str]:
    """Those of which it is known what hangs on them."""
    return {subject for (subject,) in snapshot.rows(READ)}


def subject_of(kind_name: str, key: str) -> str:
    """What a thing hangs on; empty where it is listed."""
    kind = kind_named(kind_name)
    dataset = dataset_of(kind)
    if kind.table not in dataset.hang_on:
        return ""
    with_kind = kind.table == "role"
    return f"{dataset.name} {json.loads(key)[1 if with_kind else 0]}"
