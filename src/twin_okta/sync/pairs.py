"""Who joined or left an application, without listing all of its people again.

Okta writes an entry for each person and application. Okta lists the applications of one person in
one request (API reference, "List all applications": `filter=user.id eq`, `expand=user/{id}`), so
one tells of all of them; an application of which something else changed as well, or more people
than its list has pages, is listed.
"""

from collections import defaultdict
from collections.abc import Mapping

from attrs import frozen

from twin_okta.api import OktaError, UnreadableAnswer
from twin_okta.api.json_path import at
from twin_okta.api.models import AppUser
from twin_okta.api.structure import structure
from twin_okta.changes import Telling
from twin_okta.datasets import DATASETS, PAGE
from twin_okta.reading import put
from twin_okta.snapshot import Snapshot, iso_text
from twin_okta.sync.lists import for_each
from twin_okta.sync.run import Run
from twin_okta.sync.subjects import WHOLE, ask, note_news

CHANGES = """
SELECT c.subject, (SELECT t.id FROM target t WHERE t.event = c.number AND t.type = 'User'
    AND t.id IS NOT NULL AND e.event_type IN (SELECT p.event_type FROM pair_event p)) AS user_id
FROM told_change c JOIN log_event e ON e.number = c.number
JOIN subject_read r ON r.dataset = c.dataset AND r.subject = c.subject
WHERE c.dataset = 'assignments' AND c.number > r.after_event AND c.published >= r.newer_from
    AND r.outcome = 'read' AND r.failure = ''
"""
PEOPLE_OF = "SELECT count(*) FROM assignment WHERE generation = 1 AND app_id = ?"
ITS = "generation = 1 AND app_id = :app_id AND user_id = :user_id"
OF_DELETED_GROUPS = """
generation = 1 AND group_id IN (SELECT t.id FROM log_event e
    JOIN target t ON t.event = e.number AND t.type = 'UserGroup'
    WHERE e.event_type = 'group.lifecycle.delete' AND e.outcome IS NOT 'FAILURE')
"""
"""Their applications have no entry of their own."""


@frozen
class Pairs:
    """How many people were asked for, and how many assignments are otherwise than before."""

    asked: int = 0
    changed: int = 0


async def read_pairs(run: Run) -> Pairs:
    """Bring up to date the applications that a few people joined or left. The others are left to be
    listed."""
    telling = Telling(run.snapshot, "assignments", iso_text(run.okta_now()))
    put(telling, "app_group", OF_DELETED_GROUPS, {}, ())
    joined = _few(run.snapshot)
    people = sorted({user_id for who in joined.values() for user_id in who})
    if not people or len(people) >= sum(_cost(run.snapshot, app) for app in joined):
        return Pairs()
    questions = {app: ask(run, "assignments", app) for app in joined}
    failed: set[str] = set()
    changed = 0

    async def read(user_id: str) -> None:
        nonlocal changed
        its_apps = {app for app, who in joined.items() if user_id in who}
        try:
            assigned = await _apps_of(run, user_id)
        except OktaError:
            failed.update(its_apps)
            return
        with run.snapshot.together():
            for app in its_apps:
                changed += _put(telling, app, user_id, assigned.get(app))

    await for_each(people, read)
    with run.snapshot.together():
        for app in joined.keys() - failed:
            note_news(run, questions[app])
    return Pairs(len(people), changed)


def _few(snapshot: Snapshot) -> dict[str, set[str]]:
    """Applications of which nothing else changed, each with the people who joined or left."""
    joined: defaultdict[str, set[str]] = defaultdict(set)
    listed: set[str] = set()
    for app, user_id in snapshot.rows(CHANGES):
        if user_id is None:
            listed.add(app)
        else:
            joined[app].add(user_id)
    return {app: who for app, who in joined.items() if app not in listed and app != WHOLE}


def _cost(snapshot: Snapshot, app: str) -> int:
    """The requests that listing an application's people and groups takes."""
    return max(1, -(-snapshot.number(PEOPLE_OF, (app,)) // DATASETS["assignments"].page)) + 1


async def _apps_of(run: Run, user_id: str) -> Mapping[str, AppUser]:
    """A person's applications by their ids, each with how it is assigned."""
    found: dict[str, AppUser] = {}
    params = {"filter": f'user.id eq "{user_id}"', "expand": f"user/{user_id}", "limit": PAGE}
    async for page in run.client.pages("/api/v1/apps", params):
        for app in page.records:
            assigned, unreadable = structure([at(app, "_embedded.user")], AppUser)
            if unreadable:
                raise UnreadableAnswer(f"How {user_id} is assigned an application was not sent.")
            found[str(at(app, "id"))] = assigned[0]
    return found


def _put(telling: Telling, app: str, user_id: str, assigned: AppUser | None) -> bool:
    """Show one assignment as it is now; whether that is otherwise than before."""
    key = {"app_id": app, "user_id": user_id}
    now = [{**key, "scope": assigned.scope, "status": assigned.status}] if assigned else []
    return bool(put(telling, "assignment", ITS, key, now))
