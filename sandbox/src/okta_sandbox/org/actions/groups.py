"""What can be done to groups and who is in them."""

from attrs import evolve

from okta_sandbox.org.actions.acting import Acting
from okta_sandbox.org.chance import Chance
from okta_sandbox.org.records import Group
from okta_sandbox.org.shuffle import Shuffle


class GroupActions(Acting):
    """Groups that come, change and go, and their members.

    Whoever gains or loses applications by it has an entry for each, by Okta itself.
    """

    def add_group(self, name: str) -> Group:
        """A new group of nobody."""
        at_s = int(self._at_s)
        index = max(len(self._org.groups.base), *(i + 1 for i in self._changes.groups), 0)
        group = Group(
            index=index,
            id=self._org.groups.ids.encode(index),
            name=name,
            description=name,
            type="OKTA_GROUP",
            roles=(),
            shuffle=Shuffle.of(1, Chance(self._org.seed, "group", index)),
            start=0,
            stop=0,
            created_s=at_s,
            updated_s=at_s,
            membership_changed_s=at_s,
        )
        self._set_group(index, group)
        self._log("group.lifecycle.create", self._group_party(group))
        return group

    def rename_group(self, group: Group, name: str) -> Group:
        """The group has another name, which moves its `lastUpdated`."""
        now = evolve(self._now(group), name=name, updated_s=int(self._at_s))
        self._set_group(group.index, now)
        self._log("group.profile.update", self._group_party(now))
        return now

    def delete_group(self, group: Group) -> None:
        """The group is gone, and with it what it opened and the roles that it gave."""
        members = [user for _, user in self._org.groups.members(group)]
        self._log("group.lifecycle.delete", self._group_party(group))
        with self._assignments_follow(members):
            for app in self._org.apps.of_group(group):
                kept = tuple(each for each in app.groups if each.index != group.index)
                self._changes.apps[app.index] = evolve(app, groups=kept)
            self._set_group(group.index, None)

    def join_group(self, user: int, group: Group) -> None:
        """Add the user to the group."""
        if self._org.groups.has(group, user):
            return
        self._changes.left.discard((user, group.index))
        self._log("group.user_membership.add", self._party(user), self._group_party(group))
        with self._assignments_follow([user]):
            self._changes.joined.add((user, group.index))
            self._members_change(group)

    def leave_group(self, user: int, group: Group) -> None:
        """Remove the user from the group."""
        if not self._org.groups.has(group, user):
            return
        self._log("group.user_membership.remove", self._party(user), self._group_party(group))
        with self._assignments_follow([user]):
            self.leave_group_silently(user, group)
            self._members_change(group)

    def leave_group_silently(self, user: int, group: Group) -> None:
        """The user is no longer a member, and neither log nor `lastMembershipUpdated` tells."""
        self._changes.joined.discard((user, group.index))
        self._changes.left.add((user, group.index))
        self._changes.version += 1

    def _members_change(self, group: Group) -> None:
        self._changes.membership_changed_s[group.index] = self._at_s
        self._changes.version += 1

    def _now(self, group: Group) -> Group:
        return self._org.groups.at(group.index) or group

    def _set_group(self, index: int, group: Group | None) -> None:
        self._changes.groups[index] = group
        self._changes.version += 1
