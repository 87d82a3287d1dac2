"""What all actions share: the instant, who acts, and the entries they write."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

from okta_sandbox.org.chance import Chance
from okta_sandbox.org.directory import Directory
from okta_sandbox.org.entries import SYSTEM, frame, no_origin, origin, party, user_party, uuid_of
from okta_sandbox.org.events import MAX_DELAY_MS
from okta_sandbox.org.records import App, Event, Group
from okta_sandbox.org.tables import table

Json = dict[str, Any]

_ROWS: dict[str, Json] = table("actions")
_ADDRESS = "192.0.2.10"
_PLACE: Json = table("events")["places"][0]
_AGENT: Json = table("events")["agents"][0]


class Acting:
    """One instant of one org, in which an administrator acts."""

    def __init__(self, org: Directory, *, at_s: float, log_delay_s: float) -> None:
        if not 0 <= log_delay_s * 1000 <= MAX_DELAY_MS:
            raise ValueError(f"The log is never {log_delay_s} s late.")
        self._log_delay_ms = int(log_delay_s * 1000)
        self._org = org
        self._changes = org.changes
        self._at_s = at_s
        self._by = user_party(org.people.user(org.admins.owner(0)))

    # --- the log --------------------------------------------------------------------------

    def _log(
        self, event_type: str, *targets: Json, by: Json | None = None, debug: Json | None = None
    ) -> None:
        """Write an entry; `by` is the administrator unless said otherwise."""
        at_ms = int(self._at_s * 1000)
        row = {"type": event_type, "outcome": "SUCCESS", **_ROWS[event_type]}
        if debug:
            row["debug"] = debug
        chance = Chance(self._org.seed, "change", len(self._changes.events), at_ms)
        entry = {
            **frame(row, uuid=uuid_of(chance), published_ms=at_ms, chance=chance),
            "actor": by or self._by,
            "target": list(targets) or None,
            **self._context(row, chance, by=by),
        }
        self._changes.events.append(Event(at_ms, at_ms + self._log_delay_ms, entry))

    def _context(self, row: Json, chance: Chance, *, by: Json | None) -> Json:
        if by == SYSTEM:
            return no_origin()
        return origin(_ADDRESS, place=_PLACE, agent=_AGENT, away=False, chance=chance, row=row)

    def _party(self, user: int) -> Json:
        return user_party(self._org.people.user(user))

    def _group_party(self, group: Group) -> Json:
        return party(group.id, "UserGroup", group.name)

    def _app_party(self, app: App) -> Json:
        return party(app.id, "AppInstance", app.label)

    # --- what follows from a change -------------------------------------------------------

    @contextmanager
    def _assignments_follow(
        self, users: Iterable[int], *, only_active: bool = False
    ) -> Generator[None]:
        """Log which applications these people gain and lose by what is done in the block.

        Okta itself is the actor. `only_active`: of an application that is switched off, nothing is
        logged.
        """
        people = list(users)
        before = self._assigned(people)
        yield
        after = self._assigned(people)
        for pair, app in before.items():
            if pair not in after:
                self._changes.opened_s.pop(pair, None)
                if app.status == "ACTIVE" or not only_active:
                    self._log_assignment("application.user_membership.remove", pair[0], app)
        for pair, app in after.items():
            if pair not in before:
                self._changes.opened_s[pair] = self._at_s
                self._log_assignment("application.user_membership.add", pair[0], app)

    def _assigned(self, users: list[int]) -> dict[tuple[int, int], App]:
        apps = self._org.apps
        return {
            (user, app.index): app
            for app in apps.all
            for user in users
            if apps.scope(app, user) is not None
        }

    def _log_assignment(self, event_type: str, user: int, app: App, *, by: Json = SYSTEM) -> None:
        account = self._org.people.user(user)
        id_ = self._org.security.id("0ua", app.index, user)
        name = {"alternateId": account.login, "displayName": account.name}
        app_user = {**party(id_, "AppUser", account.name), **name}
        self._log(event_type, user_party(account), self._app_party(app), app_user, by=by)
