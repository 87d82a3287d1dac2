"""What can be done to applications and to whom they are assigned."""

from typing import Any

from attrs import evolve

from okta_sandbox.org.actions.acting import Acting
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.records import App, Group, Policy
from okta_sandbox.org.shuffle import Shuffle


class AppActions(Acting):
    """Applications that come, change and go, and their assignments."""

    def add_app(self, label: str, *, mode: str = "SAML_2_0", name: str = "custom_app") -> App:
        """A new application of nobody."""
        at_s = int(self._at_s)
        index = max(len(self._org.apps.base), *(i + 1 for i in self._changes.apps), 0)
        app = App(
            index=index,
            id=self._org.apps.ids.encode(index),
            name=name,
            label=label,
            mode=mode,
            status="ACTIVE",
            machine=False,
            features=(),
            groups=(),
            shuffle=Shuffle.of(1, Chance(self._org.seed, "app", index)),
            direct=0,
            created_s=at_s,
            updated_s=at_s,
        )
        self._set_app(index, app)
        self._log("application.lifecycle.create", self._app_party(app))
        return app

    def rename_app(self, app: App, label: str) -> App:
        """The application has another label."""
        return self._change_app(app, "application.lifecycle.update", label=label)

    def set_app_policy(self, app: App, policy: Policy) -> App:
        """The application is put under another authentication policy."""
        return self._change_app(app, "application.lifecycle.update", policy=policy.id)

    def activate_app(self, app: App) -> App:
        """The application is switched on."""
        return self._change_app(app, "application.lifecycle.activate", status="ACTIVE")

    def deactivate_app(self, app: App) -> App:
        """The application is switched off and stays assigned to whom it was."""
        return self._change_app(app, "application.lifecycle.deactivate", status="INACTIVE")

    def delete_app(self, app: App) -> None:
        """The application is gone; no entry tells of its assignments."""
        self._set_app(app.index, None)
        self._log("application.lifecycle.delete", self._app_party(app))

    def _change_app(self, app: App, event_type: str, **fields: Any) -> App:
        now = evolve(self._now_of(app), **fields, updated_s=int(self._at_s))
        self._set_app(app.index, now)
        self._log(event_type, self._app_party(now))
        return now

    # --- assignments ----------------------------------------------------------------------

    def assign_app(self, user: int, app: App) -> None:
        """Assign the application to the user directly."""
        scope = self._org.apps.scope(app, user)
        if scope == "USER":
            return
        if scope is None:
            self._changes.opened_s[user, app.index] = self._at_s
        self._changes.unassigned.discard((user, app.index))
        self._changes.assigned.add((user, app.index))
        self._changes.version += 1
        self._log_assignment("application.user_membership.add", user, app, by=self._by)

    def unassign_app(self, user: int, app: App) -> None:
        """Take the direct assignment away; one through a group stays."""
        if self._org.apps.scope(app, user) != "USER":
            return
        self._changes.assigned.discard((user, app.index))
        self._changes.unassigned.add((user, app.index))
        self._changes.version += 1
        self._log_assignment("application.user_membership.remove", user, app, by=self._by)

    def assign_group(self, group: Group, app: App) -> App:
        """Assign the application to the group; its members have an entry each, by Okta itself."""
        now = self._now_of(app)
        return self._set_groups(group, now, "group.application_assignment.add", add=True)

    def unassign_group(self, group: Group, app: App) -> App:
        """Take the application from the group; who has it by no other way has an entry each."""
        now = self._now_of(app)
        return self._set_groups(group, now, "group.application_assignment.remove", add=False)

    def _set_groups(self, group: Group, app: App, event_type: str, *, add: bool) -> App:
        others = tuple(each for each in app.groups if each.index != group.index)
        now = evolve(app, groups=(*others, group) if add else others)
        if len(now.groups) == len(app.groups):
            return app
        members = [user for _, user in self._org.groups.members(group)]
        self._log(event_type, self._app_party(app), self._group_party(group))
        with self._assignments_follow(members):
            self._set_app(app.index, now)
        return now

    def _now_of(self, app: App) -> App:
        return self._org.apps.at(app.index) or app

    def _set_app(self, index: int, app: App | None) -> None:
        self._changes.apps[index] = app
        self._changes.version += 1
