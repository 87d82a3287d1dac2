"""What is read of a subject waits beside what is shown of it, at a cost that does not grow."""

import random
from pathlib import Path

from twin_okta.changes import Telling
from twin_okta.reading import replace, stage
from twin_okta.snapshot import Record, Snapshot

APP = {"app_id": "0oa1"}
SHOWN = "SELECT user_id, scope FROM shown_assignment ORDER BY user_id"
PAGES, PAGE = 60, 200


def _page(chance: random.Random) -> list[Record]:
    return [
        {**APP, "user_id": f"00u{chance.getrandbits(68):017x}", "scope": "USER", "status": "ACTIVE"}
        for _ in range(PAGE)
    ]


def test_a_page_of_ids_in_no_order_writes_little_more_than_itself(tmp_path: Path) -> None:
    chance = random.Random(1)
    with Snapshot.for_sync(tmp_path) as snapshot:
        log = Path(f"{snapshot.path}-wal")
        for _ in range(PAGES):
            stage(snapshot, "assignment", _page(chance))
        rows_bytes = PAGES * PAGE * 60
        assert log.stat().st_size < 6 * rows_bytes


def test_of_a_record_that_came_twice_the_later_is_shown(tmp_path: Path) -> None:
    with Snapshot.for_sync(tmp_path) as snapshot:
        snapshot.write("UPDATE dataset SET shown = 1 WHERE name = 'assignments'", [()])
        for scope in ("USER", "GROUP"):
            row = {**APP, "user_id": "00u1", "scope": scope, "status": "ACTIVE"}
            stage(snapshot, "assignment", [row])
        assert snapshot.rows(SHOWN) == []
        replace(
            Telling(snapshot, "assignments", "2026-01-01T00:00:00.000Z"),
            "assignment",
            APP,
            compare=False,
        )
        assert snapshot.rows(SHOWN) == [("00u1", "GROUP")]
        assert snapshot.number("SELECT count(*) FROM staged_assignment") == 0
