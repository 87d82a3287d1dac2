"""What can be done to accounts."""

from typing import Any

from attrs import evolve

from okta_sandbox.org.actions.acting import Acting
from okta_sandbox.org.entries import SYSTEM, party, user_party
from okta_sandbox.org.records import User


class PeopleActions(Acting):
    """Accounts that come, change and go."""

    def add_user(self, first_name: str, last_name: str, *, status: str = "ACTIVE") -> User:
        """A new account, in Everyone and in what Everyone is assigned to."""
        people, at_s = self._org.people, int(self._at_s)
        index = people.size + len(self._changes.added)
        active = status not in {"STAGED", "PROVISIONED"}
        model = people.user(self._org.admins.owner(0))
        user = evolve(
            model,
            index=index,
            id=people.ids.encode(index),
            login=f"{first_name}.{last_name}{index}@{model.login.partition('@')[2]}".lower(),
            first_name=first_name,
            last_name=last_name,
            kind="Employee",
            status=status,
            created_s=at_s,
            activated_s=at_s if active else None,
            status_changed_s=at_s,
            last_login_s=None,
            last_updated_s=at_s,
            password_changed_s=at_s if active else None,
            provider_type="OKTA",
            provider_name="OKTA",
        )
        self._log("user.lifecycle.create", user_party(user))
        if active:
            self._log("user.lifecycle.activate", user_party(user))
        self._changes.past_users.note(index, self._at_s, None)
        with self._assignments_follow([index]):
            self._changes.added.append(user)
            self._changes.factors[index] = ()
            self._changes.membership_changed_s[0] = self._at_s
            self._changes.version += 1
        return user

    def delete_user(self, user: int) -> None:
        """The account is gone: not listed, not found."""
        self._end(user)
        self._note(user)
        self._log("user.lifecycle.delete.completed", self._party(user))
        with self._assignments_follow([user], only_active=True):
            self._changes.deleted.add(user)
            self._changes.version += 1

    def deactivate_user(self, user: int) -> None:
        """The account becomes DEPROVISIONED and loses groups, applications, factors and tokens.

        Of the groups Okta logs nothing, nor of applications that are switched off.
        """
        self._end(user)
        self._log("user.lifecycle.deactivate", self._party(user))
        with self._assignments_follow([user], only_active=True):
            for app in self._org.apps.all:
                if self._org.apps.scope(app, user) == "USER":
                    self._changes.assigned.discard((user, app.index))
                    self._changes.unassigned.add((user, app.index))
            self._change(user, status="DEPROVISIONED", status_changed_s=int(self._at_s))
        self._changes.factors[user] = ()

    def _end(self, user: int) -> None:
        """What goes with an account: its places in groups, and its API tokens."""
        self._groups_change(user)
        for token in self._org.security.tokens:
            if token.owner == user:
                self._changes.tokens[token.name] = None
                gone = party(token.id, "Token", token.name)
                self._log("system.api_token.revoke", gone, by=SYSTEM)

    def activate_user(self, user: int) -> None:
        """A STAGED, PROVISIONED or DEPROVISIONED account becomes ACTIVE.

        Its groups know it again, of which Okta logs nothing, and open what they opened before.
        """
        at_s = int(self._at_s)
        self._log("user.lifecycle.activate", self._party(user))
        with self._assignments_follow([user]):
            self._change(user, status="ACTIVE", status_changed_s=at_s, activated_s=at_s)
        self._groups_change(user)

    def reactivate_user(self, user: int) -> None:
        """A PROVISIONED account gets another activation mail and stays what it is."""
        self._change(user)
        self._log("user.lifecycle.reactivate", self._party(user))

    def suspend_user(self, user: int) -> None:
        """The account can no longer sign in and keeps what it is assigned."""
        self._set_status(user, "SUSPENDED", "user.lifecycle.suspend")

    def unsuspend_user(self, user: int) -> None:
        """The account can sign in again."""
        self._set_status(user, "ACTIVE", "user.lifecycle.unsuspend")

    def lock_user(self, user: int) -> None:
        """Too many wrong passwords."""
        self._set_status(user, "LOCKED_OUT", "user.account.lock")

    def unlock_user(self, user: int) -> None:
        """An administrator unlocks the account."""
        self._set_status(user, "ACTIVE", "user.account.unlock_by_admin")

    def reset_password(self, user: int) -> None:
        """The account is in RECOVERY until it has a new password."""
        self._set_status(user, "RECOVERY", "user.account.reset_password")

    def expire_password(self, user: int) -> None:
        """The account must change its password; as recorded, that leaves `statusChanged` alone."""
        self._change(user, status="PASSWORD_EXPIRED")
        self._log("user.account.expire_password", self._party(user))

    def change_password(self, user: int) -> None:
        """The user sets a new password, which ends RECOVERY and PASSWORD_EXPIRED."""
        self._change(user, status="ACTIVE", password_changed_s=int(self._at_s))
        self._log("user.account.update_password", self._party(user), by=self._party(user))

    def update_profile(self, user: int, **fields: Any) -> None:
        """Change fields of the record, such as `title` or `department`."""
        self._change(user, **fields)
        changed = {"changedAttributes": ",".join(fields)}
        self._log("user.account.update_profile", self._party(user), debug=changed)

    def sign_in(self, user: int) -> None:
        """The user signs in; that moves `lastLogin`, to when the entry is published, only."""
        self._note(user)
        self._changes.update(user, last_login_s=self._at_s)
        self._log("user.session.start", by=self._party(user))

    def change_status_silently(self, user: int, status: str) -> None:
        """What Okta evaluates at sign-in, such as an expired password: nothing else tells of it."""
        self._note(user)
        self._changes.update(user, status=status)

    # --- how a record changes -------------------------------------------------------------

    def _set_status(self, user: int, status: str, event_type: str) -> None:
        self._change(user, status=status, status_changed_s=int(self._at_s))
        self._log(event_type, self._party(user))

    def _change(self, user: int, **fields: Any) -> None:
        """Change a record, which moves its `lastUpdated`."""
        self._note(user)
        self._changes.update(user, **fields, last_updated_s=int(self._at_s))

    def _note(self, user: int) -> None:
        """Remember the record as it is, for the search index that lags behind."""
        self._changes.past_users.note(user, self._at_s, self._org.people.user(user))

    def _groups_change(self, user: int) -> None:
        """The groups of an account lose or regain a member, of which Okta logs nothing."""
        for group in self._org.groups.of_user(user):
            self._changes.membership_changed_s[group.index] = self._at_s
