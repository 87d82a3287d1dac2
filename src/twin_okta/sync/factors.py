"""The factors of every user who can sign in: one call each, there is no bulk endpoint.

Privileged users come first and everybody else in random order, so that an unfinished sweep is a
fair sample. An interrupted sweep goes on where it stopped.
"""

from collections.abc import Iterator

from attrs import define, field

from twin_host.contract import DatasetReport
from twin_okta.api import Denied, NotFound
from twin_okta.api.models import Factor
from twin_okta.api.structure import structure
from twin_okta.snapshot import Reading, Record, iso_text
from twin_okta.sync.lists import GONE, READ
from twin_okta.sync.run import Run, each

AT_A_TIME = 24
TELL_EVERY = 50
"""Users between two words on how far the sweep is."""
HOPELESS = 20
"""This many refusals without one answer mean that the credential may read no factors."""

FORGET_SWEEP = "DROP TABLE IF EXISTS temp.sweep"
MAKE_SWEEP = """
CREATE TEMP TABLE sweep AS
SELECT u.id AS user_id, u.id IN (SELECT user_id FROM privilege) AS in_order
FROM shown_user u JOIN sign_in_status USING (status)
WHERE u.id NOT IN (SELECT user_id FROM factor_read WHERE generation = ?)
ORDER BY in_order DESC, random()
"""
NEXT = "SELECT rowid, user_id, in_order FROM sweep WHERE rowid > ? ORDER BY rowid LIMIT 500"


async def read_factors(run: Run) -> DatasetReport:
    """Sweep everybody who can sign in."""
    sweep = Sweep(run, run.start("factors", go_on=True))
    await each(sweep.users(), sweep.read_one, width=AT_A_TIME)
    if sweep.denied and not sweep.answered:
        raise sweep.denied[0]
    reason = f"Refused for {len(sweep.denied)} users: {sweep.denied[0]}" if sweep.denied else ""
    return run.finish(sweep.reading, lost=len(sweep.denied), reason=reason)


@define
class Sweep:
    """A factor sweep while it runs."""

    run: Run
    reading: Reading
    expected: int = 0
    answered: int = 0
    denied: list[Denied] = field(factory=list[Denied])

    def users(self) -> Iterator[tuple[str, int]]:
        """Those still to be read, in the sweep's order: id, and whether read first on purpose."""
        snapshot = self.run.snapshot
        snapshot.rows(FORGET_SWEEP)
        snapshot.rows(MAKE_SWEEP, (self.reading.generation,))
        self.expected = snapshot.number("SELECT count(*) FROM sweep")
        last = 0
        while batch := snapshot.rows(NEXT, (last,)):
            for last, user_id, in_order in batch:  # noqa: B007  the last one is where to go on
                yield user_id, in_order

    async def read_one(self, user: tuple[str, int]) -> None:
        """Read one user's factors."""
        user_id, in_order = user
        try:
            answer = await self.run.client.get(f"/api/v1/users/{user_id}/factors")
        except NotFound:
            self._note(user_id, GONE, in_order)
            return
        except Denied as refusal:
            self.denied.append(refusal)
            if not self.answered and len(self.denied) >= HOPELESS:
                raise
            return
        factors, unreadable = structure(answer.json, Factor)
        with self.run.snapshot.together():
            rows = ({"user_id": user_id, **_row(factor)} for factor in factors)
            self.reading.store("factor", rows)
            self.reading.leave_out(unreadable)
            self._note(user_id, READ, in_order)

    def _note(self, user_id: str, outcome: str, in_order: int) -> None:
        row: Record = {
            "user_id": user_id,
            "outcome": outcome,
            "in_order": in_order,
            "read_at": iso_text(self.run.now()),
        }
        self.reading.store("factor_read", [row])
        self.answered += 1
        if self.answered % TELL_EVERY == 0:
            self.run.progress("factors", self.answered, self.expected)


def _row(factor: Factor) -> Record:
    return {
        "id": factor.id,
        "type": factor.factor_type,
        "provider": factor.provider,
        "vendor": factor.vendor_name,
        "status": factor.status,
        "created": factor.created,
        "last_updated": factor.last_updated,
    }
