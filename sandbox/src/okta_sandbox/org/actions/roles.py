"""What can be done to admin roles and API tokens."""

from attrs import evolve

from okta_sandbox.org.actions.acting import Acting
from okta_sandbox.org.entries import party
from okta_sandbox.org.records import ApiToken, CustomRole, Group
from okta_sandbox.org.tables import table

_LABELS: dict[str, str] = table("roles")["labels"]


class RoleActions(Acting):
    """Roles that are given and taken, and what custom ones may do."""

    def grant_role(self, user: int, role: str) -> None:
        """Give a role directly: a type such as `SUPER_ADMIN`, or `CUSTOM:<label>`."""
        self.grant_role_silently(user, role)
        debug = {"privilegeGranted": _label(role)}
        self._log("user.account.privilege.grant", self._party(user), debug=debug)

    def grant_role_silently(self, user: int, role: str) -> None:
        """A role that comes by an import or a group rule, which the log did not tell until 2026."""
        held = self._changes.granted.get(user, ())
        self._changes.granted[user] = (*held, role)
        self._changes.version += 1

    def revoke_roles(self, user: int) -> None:
        """Take every direct role away."""
        self._changes.granted.pop(user, None)
        self._changes.revoked.add(user)
        self._changes.version += 1
        self._log("user.account.privilege.revoke", self._party(user))

    def grant_group_role(self, group: Group, role: str) -> None:
        """Give every member of the group a role."""
        now = self._org.groups.at(group.index) or group
        self._set_roles(now, (*now.roles, role))
        debug = {"privilegeGranted": _label(role)}
        self._log("group.privilege.grant", self._group_party(now), debug=debug)

    def revoke_group_roles(self, group: Group) -> None:
        """Take every role from the group."""
        now = self._org.groups.at(group.index) or group
        self._set_roles(now, ())
        self._log("group.privilege.revoke", self._group_party(now))

    def _set_roles(self, group: Group, roles: tuple[str, ...]) -> None:
        self._changes.groups[group.index] = evolve(group, roles=tuple(dict.fromkeys(roles)))
        self._changes.version += 1

    def set_permissions(self, label: str, *permissions: str) -> CustomRole:
        """Say what a custom role may do from now on; what is added and what is taken is logged."""
        admins = self._org.admins
        index, role = next(
            (place, each) for place, each in enumerate(admins.custom_roles) if each.label == label
        )
        now = evolve(role, permissions=permissions, updated_s=int(self._at_s))
        self._changes.custom_roles[index] = now
        self._changes.version += 1
        for event_type, differ in (
            ("iam.role.permissions.add", set(permissions) - set(role.permissions)),
            ("iam.role.permissions.delete", set(role.permissions) - set(permissions)),
        ):
            if differ:
                debug = {"permissions": ",".join(sorted(differ))}
                self._log(event_type, party(role.id, "ROLE", role.label), debug=debug)
        return now

    # --- API tokens -----------------------------------------------------------------------

    def add_token(self, name: str, user: int) -> ApiToken:
        """The user makes an API token, which is listed and which nobody calls with."""
        token = self._org.security.token(name, user, int(self._at_s))
        self._changes.tokens[name] = token
        self._changes.version += 1
        self._log("system.api_token.create", party(token.id, "Token", name), by=self._party(user))
        return token

    def revoke_token(self, token: ApiToken) -> None:
        """The token no longer works and is no longer listed."""
        self._changes.tokens[token.name] = None
        self._changes.version += 1
        self._log("system.api_token.revoke", party(token.id, "Token", token.name))


def _label(role: str) -> str:
    return role.partition(":")[2] or _LABELS.get(role, role)
