"""One org a snapshot: what was read of one is never mixed with what is read of another."""

from pathlib import Path

from twin_host.contract import CannotGoOn
from twin_okta.snapshot import FILE_NAME, Snapshot

SET_OWNER = """
INSERT INTO org (only, privileged_groups, stale_after_days, okta_id, origin)
VALUES (1, '[]', 90, ?, ?) ON CONFLICT DO UPDATE SET
    okta_id = coalesce(nullif(excluded.okta_id, ''), okta_id), origin = excluded.origin
"""
OWNER_ID = "SELECT okta_id FROM org WHERE okta_id <> ''"
GET_OWNER = "SELECT coalesce(okta_id, ''), coalesce(origin, 'https://' || name) FROM org"


def snapshot_of(state_dir: Path, org_id: str, origin: str) -> Snapshot:
    """The snapshot of that org, for the writer; another org's is set aside, and found again when
    its own turn comes.

    `org_id` is "" when it could not be told. Raises CannotGoOn when then not even the address says
    that it is the org that was read before.
    """
    snapshot = Snapshot.for_sync(state_dir)
    for known_id, known_origin in snapshot.rows(GET_OWNER):
        same_place = known_origin == origin
        if org_id == known_id or (same_place and not (org_id and known_id)):
            break
        if not org_id:
            snapshot.close()
            raise CannotGoOn(
                f"{origin} does not say which org it is, and {known_origin} was read before: "
                "nothing was read, so that two orgs are never mixed. Try again later."
            )
        snapshot.close()
        _set_aside(state_dir, known_id or known_origin)
        _take_back(state_dir, org_id)
        snapshot = Snapshot.for_sync(state_dir)
        break
    snapshot.write(SET_OWNER, [(org_id, origin)])
    return snapshot


def org_of(snapshot: Snapshot) -> str:
    """The id of the org that was read; empty when it was never told."""
    return next((str(org_id) for (org_id,) in snapshot.rows(OWNER_ID)), "")


def owner_of(snapshot: Snapshot) -> str:
    """The origin of the org that was read; empty when none was."""
    return next((str(origin) for (_, origin) in snapshot.rows(GET_OWNER)), "")


def _set_aside(state_dir: Path, org: str) -> None:
    _move(state_dir / FILE_NAME, _place_of(state_dir, org))


def _take_back(state_dir: Path, org: str) -> None:
    if _place_of(state_dir, org).exists():
        _move(_place_of(state_dir, org), state_dir / FILE_NAME)


def _place_of(state_dir: Path, org: str) -> Path:
    """Where another org's snapshot is kept: under its id, made fit for a file's name."""
    return state_dir / f"snapshot-{''.join(c if c.isalnum() else '-' for c in org)[:80]}.db"


def _move(source: Path, target: Path) -> None:
    """With SQLite's own files beside it, which may hold what was written last."""
    for beside in ("-wal", "-shm", ""):
        part = Path(f"{source}{beside}")
        if part.exists():
            part.replace(f"{target}{beside}")
