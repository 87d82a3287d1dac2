"""A snapshot written row by row, for what no simulated org shows: each test says what matters."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define

from twin_host.contract import Context, Enrichment, Fact, Gap
from twin_okta.datasets import DATASETS
from twin_okta.posture import enrich_snapshot
from twin_okta.snapshot import Snapshot, folded, iso_text
from twin_okta.sync.log_entries import Entry, entries, keep

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RECENTLY = iso_text(NOW - timedelta(days=3))
LONG_AGO = iso_text(NOW - timedelta(days=300))


READ = """
INSERT OR REPLACE INTO subject_read
    (dataset, subject, outcome, read_at, newer_from, after_event, in_order, sync, failure)
VALUES (?, ?, ?, ?, ?, 0, 0, 1, '')
"""
READ_THE_REST = """
INSERT OR IGNORE INTO subject_read
    (dataset, subject, outcome, read_at, newer_from, after_event, in_order, sync, failure)
SELECT dataset, subject, 'read', ?, ?, 0, 0, 1, '' FROM unread
"""


class _NoSecrets:
    def get(self, _name: str) -> None:
        return None


@define
class SmallSnapshot:
    """A snapshot whose every dataset was read to its end; nothing is in it until it is said."""

    folder: Path
    _number: int = 0

    @classmethod
    def made(cls, folder: Path, *, edition: str = "idx", groups: tuple[str, ...] = ()) -> Any:
        with Snapshot.for_sync(folder) as snapshot:
            snapshot.set_org("small", groups=groups, stale_days=90, service_names=())
            snapshot.set_view(edition=edition, sees_everybody=True)
            snapshot.write(
                "UPDATE dataset SET shown = 1, as_of = ?, started_at = ?, state = 'complete'"
                " WHERE name = ?",
                [(iso_text(NOW), iso_text(NOW), name) for name in DATASETS],
            )
        return cls(folder)

    def execute(self, sql: str, *values: Any) -> None:
        """Change whatever matters."""
        with Snapshot.for_sync(self.folder) as snapshot:
            snapshot.write(sql, [values])

    def add(self, table: str, **columns: Any) -> None:
        """Add one row to the shown generation."""
        columns = {"generation": 1} | columns
        places = ", ".join("?" * len(columns))
        self.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *columns.values()
        )

    def person(self, user_id: str, *factors: str, **columns: Any) -> None:
        """Somebody who can sign in, with active factors given as `type/PROVIDER`."""
        told = {
            "login": f"{user_id}@example.com", "status": "ACTIVE", "provider": "OKTA",
            "created": LONG_AGO, "activated": LONG_AGO, "last_login": RECENTLY,
        }  # fmt: skip
        self.add("user", id=user_id, **told | columns)
        self.read("factors", user_id)
        for factor in factors:
            kind, _, provider = factor.partition("/")
            self._number += 1
            self.execute(
                "INSERT INTO factor (generation, user_id, id, type, provider, status)"
                " VALUES (1, ?, ?, ?, ?, 'ACTIVE')",
                user_id, f"f{self._number}", kind, provider or "OKTA",
            )  # fmt: skip

    def read(self, dataset: str, subject: str, outcome: str = "read") -> None:
        """A subject that was asked for."""
        self.execute(READ, dataset, subject, outcome, iso_text(NOW), iso_text(NOW))

    def administrator(
        self, user_id: str, *factors: str, role: str = "SUPER_ADMIN", **c: Any
    ) -> None:
        """A person who holds a role."""
        self.person(user_id, *factors, **c)
        self.add(
            "role", holder_kind="user", holder_id=user_id, id=f"ra-{user_id}", type=role,
            status="ACTIVE", assignment_type="USER",
        )  # fmt: skip

    def group(self, group_id: str, name: str | None, *members: str, **columns: Any) -> None:
        told: dict[str, Any] = {"type": "OKTA_GROUP", "has_admin_role": 0, "users_count": 1}
        self.add(
            "okta_group", id=group_id, name=name, folded_name=name and folded(name),
            **told | columns,
        )  # fmt: skip
        for member in members:
            self.add("group_member", group_id=group_id, user_id=member)

    def authenticators(self, **allowed_for: str | None) -> None:
        """Active authenticators by key, each with what it is allowed for."""
        for key, purpose in allowed_for.items():
            self.add(
                "authenticator", id=f"aut-{key}", key=key, name=key, status="ACTIVE",
                allowed_for=purpose,
            )  # fmt: skip

    def app(self, app_id: str, mode: str | None = "SAML_2_0", **columns: Any) -> None:
        told = {"name": app_id, "label": app_id, "status": "ACTIVE", "policy_id": "pol"}
        self.add("app", id=app_id, sign_on_mode=mode, **told | columns)

    def rule(self, policy: str, kind: str, *, priority: int = 1, **columns: Any) -> None:
        """A rule for everybody of a policy that is made with it."""
        self.execute(
            "INSERT OR IGNORE INTO policy (generation, id, type, name, status, priority)"
            " VALUES (1, ?, ?, ?, 'ACTIVE', 1)",
            policy, kind, policy,
        )  # fmt: skip
        told = {
            "name": f"rule {priority}", "status": "ACTIVE", "access": "ALLOW", "for_everybody": 1,
            "id": f"{policy}-{priority}",
        }  # fmt: skip
        self.add("policy_rule", policy_id=policy, priority=priority, **told | columns)

    def log(self, *records: Any) -> None:
        """Entries of the System Log, as Okta would send them."""
        good, bad = entries([*records], lambda _user_id: True)
        assert not bad
        self.keep(good)

    def keep(self, found: list[Entry]) -> None:
        """Entries, taken apart already."""
        with Snapshot.for_sync(self.folder) as snapshot:
            keep(snapshot, found)

    def enrich(self) -> Enrichment:
        """What it means; whoever is not said to be unread was read."""
        self.read_the_rest()
        return enrich_snapshot(self.context)

    def read_the_rest(self) -> None:
        """Every subject of which nothing was said was read."""
        self.execute(READ_THE_REST, iso_text(NOW), iso_text(NOW))

    @property
    def context(self) -> Context:
        return Context(state_dir=self.folder, secrets=_NoSecrets(), clock=lambda: NOW)

    def facts(self) -> dict[str, Fact]:
        return {fact.key: fact for fact in self.enrich().facts}

    def gaps(self) -> dict[str, Gap]:
        return {gap.id: gap for gap in self.enrich().gaps}

    def ids(self, told: Fact | Gap) -> set[str]:
        """Who is behind a fact or gap, by its query run anew."""
        query = told.query if isinstance(told, Gap) else told.evidence.query
        with Snapshot.to_read(self.folder) as snapshot:
            return {row["id"] for row in snapshot.records(query, {})}
