"""What a twin knows after syncing again and again, against what one full sync finds."""

import tempfile
from pathlib import Path
from typing import Any

from attrs import evolve

from tests.support.virtual_org import VirtualOrg
from twin_okta.datasets import DATASETS
from twin_okta.differing import MOVES_UNTOLD
from twin_okta.snapshot import Snapshot

Rows = set[tuple[Any, ...]]


def afresh(org: VirtualOrg) -> VirtualOrg:
    """The same org at the same time, read by a twin that knows nothing yet."""
    return evolve(org, state_dir=Path(tempfile.mkdtemp(prefix="twin-okta-test-")), progress=[])


def differences(org: VirtualOrg, other: VirtualOrg) -> dict[str, tuple[Rows, Rows]]:
    """Table by table, the rows that the one has and the other has not."""
    return differences_of(org.state_dir, other.state_dir)


def differences_of(state_dir: Path, other: Path) -> dict[str, tuple[Rows, Rows]]:
    """The same of two folders in which snapshots are kept."""
    mine, others = _tables(state_dir), _tables(other)
    return {
        table: (mine[table] - others[table], others[table] - mine[table])
        for table in mine
        if mine[table] != others[table]
    }


def _tables(state_dir: Path) -> dict[str, Rows]:
    with Snapshot.to_read(state_dir) as snapshot:
        return {
            table: _rows(snapshot, f"shown_{table.removeprefix('okta_')}")
            for dataset in DATASETS.values()
            for table in dataset.tables
        }


def _rows(snapshot: Snapshot, view: str) -> Rows:
    telling = [
        name for name in snapshot.columns(f"SELECT * FROM {view}") if name not in MOVES_UNTOLD
    ]
    return set(snapshot.rows(f"SELECT {', '.join(telling)} FROM {view}"))


def wrongly_verified(org: VirtualOrg, other: VirtualOrg) -> dict[str, tuple[str, str]]:
    """Figures that are called verified and that the other does not find so."""
    told = {key: fact for key, fact in org.facts().items() if fact.confidence == "verified"}
    true = {key: fact.value for key, fact in other.facts().items()}
    return {
        key: (fact.value, true.get(key, "0"))
        for key, fact in told.items()
        if fact.value != true.get(key, "0") and key != "drift"
    }
