"""People whom another list names and the list of users lacks: each is asked for by the id.

Okta's list of users goes through a search index that lags behind; roles, memberships, tokens and
assignments do not.
"""

from twin_okta.api import NotFound, OktaError
from twin_okta.api.addresses import path_to
from twin_okta.api.models import User
from twin_okta.api.structure import structure
from twin_okta.changes import Telling
from twin_okta.reading import Reading
from twin_okta.rules import load
from twin_okta.sync.lists import for_each
from twin_okta.sync.run import Run
from twin_okta.sync.subjects import ask, note
from twin_okta.sync.users import USERS

NAMED_BY = ("role", "group_member", "api_token", "assignment", "user")
"""The tables that say who is named and not listed; it is worked out again when one has changed, or
another generation of one is shown."""
GENERATIONS = "SELECT shown FROM dataset ORDER BY name"
FORGET_UNLISTED = "DROP TABLE IF EXISTS temp.unlisted"
UNLISTED = """
CREATE TEMP TABLE unlisted AS SELECT n.id FROM (
    SELECT holder_id AS id FROM shown_role WHERE holder_kind = 'user'
    UNION SELECT user_id FROM shown_group_member
    UNION SELECT user_id FROM shown_api_token WHERE user_id IS NOT NULL
    UNION SELECT user_id FROM shown_assignment a
        WHERE NOT EXISTS (SELECT 1 FROM shown_user u WHERE u.id = a.user_id)
) n WHERE NOT EXISTS (SELECT 1 FROM shown_user u WHERE u.id = n.id)
"""
STRANGERS = "SELECT id FROM temp.unlisted WHERE id NOT IN (SELECT id FROM gone_user) LIMIT ?"
LISTED = "SELECT count(*) FROM shown_user"
SHOWN = "SELECT shown FROM dataset WHERE name = 'users'"
IN_PART = "SELECT 1 FROM org WHERE sees_everybody = 0"


async def meet_strangers(run: Run) -> None:
    """Ask for each, and add whoever is found; whoever is no more is remembered so."""
    rule = load("doubts")["strangers"]
    few = max(rule["least"], int(rule["share"] * run.snapshot.number(LISTED)))
    most = min(rule["most"], few)
    found = strangers(run, most=most + 1)
    if len(found) > most:
        return  # so many are no matter of a lag
    reading = Reading.shown(run.snapshot, "users")

    async def meet(stranger: str) -> None:
        question = ask(run, "users", stranger)
        try:
            answer = await run.client.get(path_to("/api/v1/users/{id}", id=stranger))
        except NotFound:
            note(run, question, "gone")
            return
        except OktaError:
            return  # who is still unknown is doubted
        users, _ = structure([answer.json], User)
        telling = Telling(run.snapshot, "users", question.read_at)
        reading.put(USERS.table, "id", [user.id for user in users], map(USERS.row, users), telling)

    await for_each(found, meet)


def strangers(run: Run, *, most: int) -> list[str]:
    """The ids, at most so many; none where users were not read, or a credential sees some only."""
    snapshot = run.snapshot
    if not snapshot.number(SHOWN) or snapshot.number(IN_PART):
        return []
    generations = [shown for (shown,) in snapshot.rows(GENERATIONS)]
    if run.unlisted_as_of != (now := (*snapshot.changes(*NAMED_BY), *generations)):
        snapshot.rows(FORGET_UNLISTED)
        snapshot.rows(UNLISTED)
        run.unlisted_as_of = now
    return [str(row[0]) for row in snapshot.rows(STRANGERS, (most,))]
