"""The factors of every user who can sign in: one call each, there is no bulk endpoint.

A user is read who never was, whom the log says to have changed since, or whose reading is old;
privileged users first, then those never read in random order, so that an unfinished sweep is a
fair sample. There is no other list of work: stopped anywhere, the next sync goes on.
"""

from collections.abc import Iterator
from datetime import timedelta

from attrs import define, field

from twin_host.contract import DatasetReport, DatasetState
from twin_okta.api import Denied, NotFound, OktaError
from twin_okta.api.addresses import path_to
from twin_okta.api.json_path import at
from twin_okta.api.models import Factor
from twin_okta.api.structure import structure
from twin_okta.snapshot import iso_text
from twin_okta.sync.lists import HOPELESS, OF_ONE
from twin_okta.sync.run import Run, each
from twin_okta.sync.subjects import Question, ask, note, note_failure

AT_A_TIME = 24
TELL_EVERY = 50
"""Users between two words on how far the sweep is."""
READ_ANEW_AFTER = timedelta(days=7)
"""What no event tells (see rules/due.toml) is found after so long."""
TRUSTED_WITHOUT_LOG = timedelta(hours=1)
"""How long a reading is taken to hold when nothing tells of changes."""

FORGET_WORK = "DROP TABLE IF EXISTS temp.factor_work"
MAKE_WORK = """
CREATE TEMP TABLE factor_work AS
SELECT u.id AS user_id, coalesce(r.in_order, u.id IN (SELECT user_id FROM privilege)) AS in_order,
    coalesce(r.failure, '') <> '' AS failed_before
FROM shown_user u JOIN sign_in_status USING (status)
LEFT JOIN subject_read r ON r.dataset = 'factors' AND r.subject = u.id
WHERE r.subject IS NULL OR r.failure <> '' OR r.read_at < ?
    OR r.subject IN (SELECT subject FROM due WHERE dataset = 'factors')
    OR r.outcome = 'gone' AND r.read_at < (SELECT as_of FROM dataset WHERE name = 'users')
ORDER BY failed_before, u.id IN (SELECT user_id FROM privilege) DESC, r.subject IS NOT NULL,
    r.read_at, random()
"""
NEXT = """
SELECT rowid, user_id, in_order, failed_before FROM factor_work WHERE rowid > ? ORDER BY rowid
LIMIT 500
"""
FORGET_LEFT = "DELETE FROM factor WHERE user_id NOT IN (SELECT id FROM user)"
FORGET_LEFT_READINGS = """
DELETE FROM subject_read WHERE dataset = 'factors' AND subject NOT IN (SELECT id FROM user)
"""
FORGET_FACTORS = "DELETE FROM factor WHERE user_id = ?"
INSERT_FACTOR = "INSERT OR REPLACE INTO factor VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
POPULATION = """
SELECT count(*) FILTER (WHERE r.outcome IS NOT 'gone'),
    count(*) FILTER (WHERE r.outcome = 'read' AND r.failure = ''),
    count(*) FILTER (WHERE r.failure <> ''), count(*) FILTER (WHERE r.subject IS NULL)
FROM shown_user u JOIN sign_in_status USING (status)
LEFT JOIN subject_read r ON r.dataset = 'factors' AND r.subject = u.id
"""
FAILED = """
SELECT subject, failure FROM subject_read WHERE dataset = 'factors' AND failure <> ''
ORDER BY subject LIMIT 1
"""


async def read_factors(run: Run) -> DatasetReport:
    """Read whoever is to be read."""
    sweep = Sweep(run)
    await each(sweep.users(), sweep.read_one, width=AT_A_TIME)
    if sweep.failures and not sweep.answered and isinstance(sweep.failures[0], Denied):
        raise sweep.failures[0]
    return _report(run)


@define
class Sweep:
    """A factor sweep while it runs."""

    run: Run
    expected: int = 0
    asked: int = 0
    answered: int = 0
    failures: list[OktaError] = field(factory=list[OktaError])
    """Those since the last answer."""

    def users(self) -> Iterator[tuple[str, int, int]]:
        """Those to be read, in the sweep's order: id, whether read first on purpose, whether that
        failed the last time."""
        snapshot = self.run.snapshot
        with snapshot.together():
            snapshot.rows(FORGET_LEFT)
            snapshot.rows(FORGET_LEFT_READINGS)
            snapshot.rows(FORGET_WORK)
            snapshot.rows(MAKE_WORK, (self._old_before(),))
        self.expected = snapshot.number("SELECT count(*) FROM factor_work")
        last = 0
        while batch := snapshot.rows(NEXT, (last,)):
            for last, *user in batch:  # noqa: B007  the last one is where to go on
                yield tuple(user)

    async def read_one(self, user: tuple[str, int, int]) -> None:
        """Read one user's factors."""
        user_id, in_order, failed_before = user
        question = ask(self.run, "factors", user_id, in_order=in_order)
        try:
            page = await self.run.client.page(
                path_to("/api/v1/users/{id}/factors", id=user_id), patient=not failed_before
            )
        except NotFound as missing:
            await self._confirm(question, missing)
        except Denied as refusal:
            self._fail(question, "denied", refusal)
        except OF_ONE as error:
            self._fail(question, "unreadable", error)
        else:
            self._keep(question, page.records)
        self._tell()

    def _keep(self, question: Question, records: list[object]) -> None:
        self.failures.clear()
        self.answered += 1
        factors, unreadable = structure(records, Factor)
        with self.run.snapshot.together():
            self.run.snapshot.write(FORGET_FACTORS, [(question.subject,)])
            self.run.snapshot.write(
                INSERT_FACTOR, (_row(question.subject, each) for each in factors)
            )
            if unreadable:
                reason = f"factor {unreadable[0].id}: {unreadable[0].reason}"
                note_failure(self.run, question, "unreadable", reason)
            else:
                note(self.run, question, "read")

    async def _confirm(self, question: Question, missing: NotFound) -> None:
        """A user is gone only when that is so of the user, not of the list of factors."""
        try:
            answer = await self.run.client.get(path_to("/api/v1/users/{id}", id=question.subject))
        except NotFound:
            self.failures.clear()
            note(self.run, question, "gone")
        except OktaError as error:
            self._fail(question, "unreadable", error)
        else:
            left = "SELECT count(*) FROM sign_in_status WHERE status = ?"
            if self.run.snapshot.number(left, (str(at(answer.json, "status")),)):
                self._fail(question, "unreadable", missing)
            else:
                note(self.run, question, "gone")

    def _fail(self, question: Question, outcome: str, error: OktaError) -> None:
        self.failures.append(error)
        note_failure(self.run, question, outcome, str(error))
        if len(self.failures) >= HOPELESS:
            raise error

    def _tell(self) -> None:
        self.asked += 1
        if self.asked % TELL_EVERY == 0:
            self.run.progress("factors", self.asked, self.expected)

    def _old_before(self) -> str:
        """Readings before this time are too old, or the log does not reach back to them."""
        now = self.run.okta_now()
        if not self.run.log_was_read:
            return iso_text(now - TRUSTED_WITHOUT_LOG)
        return max(iso_text(now - READ_ANEW_AFTER), self.run.snapshot.log_reaches_back_to())


def _report(run: Run) -> DatasetReport:
    ((expected, read, failed, never),) = run.snapshot.rows(POPULATION)
    reasons: list[str] = []
    if failed:
        ((user_id, failure),) = run.snapshot.rows(FAILED)
        reasons.append(f"{failed} users could not be read, such as {user_id}: {failure}")
    if never:
        reasons.append(f"{never} users were never read.")
    if not reasons:
        run.snapshot.write("UPDATE dataset SET shown = 1 WHERE name = 'factors'", [()])
    state = DatasetState.PARTIAL if reasons else DatasetState.COMPLETE
    return DatasetReport(state=state, read=read, expected=expected, reason=" ".join(reasons))


def _row(user_id: str, factor: Factor) -> tuple[str | None, ...]:
    return (
        user_id,
        factor.id,
        factor.factor_type,
        factor.provider,
        factor.vendor_name,
        factor.status,
        factor.created,
        factor.last_updated,
    )
