"""What a person or an assistant can do with a twin; command line, pages and tools show it."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from threading import Event
from typing import Any

from attrs import evolve, field, frozen

from twin_host import shapes
from twin_host.contract import (
    Capability,
    Configured,
    ConnectionReport,
    Context,
    OptionValue,
    Problem,
    Progress,
    Rejected,
    Secret,
    SyncReport,
    SyncStatus,
)
from twin_host.errors import HostError, UsageError
from twin_host.home import Home
from twin_host.loop import run_loop
from twin_host.picture import picture_of, unread
from twin_host.profile import read_profile
from twin_host.registry import Connector, Registry
from twin_host.search import Hit, search
from twin_host.secrets import SecretStore
from twin_host.sif import Tier, compile_sif
from twin_host.store import Ingested, Row, Store, fact_row

SNAPSHOT = "snapshot.db"


@frozen
class SyncOutcome:
    """A sync, and what the intelligence loop made of it; None when there was nothing to make."""

    report: SyncReport
    ingested: Ingested | None


@frozen
class Explanation:
    """One fact and who is behind it. `more` is set when there are more subjects than asked for."""

    fact: Row
    subjects: list[Row]
    more: bool


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


@frozen
class Twin:
    """One twin and the connectors that feed it."""

    home: Home = field(factory=Home.default)
    registry: Registry = field(factory=Registry)
    clock: Callable[[], datetime] = utc_now

    # --- connectors -------------------------------------------------------------------------

    def configure(
        self, name: str, values: Mapping[str, str], secrets: Mapping[str, Secret]
    ) -> dict[str, str]:
        """Change the settings that are named, keep the others; says where each secret was kept.

        Raises InvalidSettings, with nothing changed, when any of them will not do.
        """
        connector = self.registry.get(name)
        store = SecretStore(self.home, connector.info)
        raw: dict[str, str | Secret] = self._present(connector) | dict(values) | dict(secrets)
        outcome = connector.configure(raw)
        if isinstance(outcome, Rejected):
            raise InvalidSettings(outcome.problems)
        self._keep(name, outcome)
        return {secret: store.keep(secret, value) for secret, value in secrets.items()}

    def test(
        self,
        name: str,
        *,
        probed: Callable[[str, Capability], None] = lambda _name, _capability: None,
    ) -> ConnectionReport:
        """Ask a connector's product who we are; `probed` is told each capability once known."""
        connector = self.registry.get(name)
        context = evolve(self.context(connector), probed=probed)
        return connector.test_connection(self._config(name), context)

    def sync(
        self,
        name: str,
        options: Mapping[str, OptionValue],
        *,
        report: Callable[[Progress], None] = lambda _progress: None,
        cancelled: Event | None = None,
    ) -> SyncOutcome:
        """Read a connector's product, then run the intelligence loop."""
        connector = self.registry.get(name)
        config, asked = self._config(name), sync_options(connector, options)
        with self.home.only_sync(name):
            context = self.context(connector, report=report, cancelled=cancelled)
            found = connector.sync(config, asked, context)
            with self.store() as store:
                store.keep_sync(name, found, self.clock())
            if found.status == SyncStatus.FAILED:
                return SyncOutcome(found, None)
            return SyncOutcome(found, self.enrich(name))

    def check_options(self, name: str, options: Mapping[str, OptionValue]) -> None:
        """Raises UsageError if a sync with these options could not start."""
        self._config(name)
        sync_options(self.registry.get(name), options)

    def enrich(self, name: str) -> Ingested:
        """Run the intelligence loop on what a connector has read."""
        connector = self.registry.get(name)
        if not (self.home.state_dir(name) / SNAPSHOT).exists():
            raise UsageError(f"Nothing has been read yet: run `twin sync {name}` first.")
        with self.store() as store:
            return run_loop(self.home, store, connector, self.context(connector), self.clock())

    def early(self, name: str) -> list[Row]:
        """The connector's facts as they would be now, while it is still reading."""
        connector = self.registry.get(name)
        if not (self.home.state_dir(name) / SNAPSHOT).exists():
            return []
        return [fact_row(name, fact) for fact in connector.enrich(self.context(connector)).facts]

    def context(
        self,
        connector: Connector,
        *,
        report: Callable[[Progress], None] = lambda _progress: None,
        cancelled: Event | None = None,
    ) -> Context:
        """What a connector is lent for one call."""
        return Context(
            state_dir=self.home.state_dir(connector.info.name),
            secrets=SecretStore(self.home, connector.info),
            clock=self.clock,
            report=report,
            cancelled=cancelled or Event(),
        )

    def connectors(self) -> list[dict[str, Any]]:
        """Every installed connector, usable or not."""
        with self.store() as store:
            usable = [
                shapes.connector(
                    connector,
                    configured=self.home.config(name) is not None,
                    last_sync=store.last_sync(name),
                )
                for name, connector in sorted(self.registry.connectors.items())
            ]
        return usable + [shapes.broken(broken) for broken in self.registry.broken]

    def status(self, name: str) -> dict[str, Any]:
        """How one connector stands: settings, where its secrets are, last sync, its facts."""
        connector = self.registry.get(name)
        secrets = SecretStore(self.home, connector.info)
        with self.store() as store:
            last, facts = store.last_sync(name), store.facts()
        config = self.home.config(name)
        return {
            "name": name,
            "configured": config is not None,
            "config": config,
            "secrets": {
                setting.name: secrets.where(setting.name)
                for setting in connector.info.fields
                if setting.kind == "secret"
            },
            "last_sync": last,
            "facts": [shapes.fact(fact) for fact in facts if fact["source"] == name],
        }

    # --- the twin ---------------------------------------------------------------------------

    def store(self) -> Store:
        """The twin's database, open."""
        self.home.ensure()
        return Store(self.home.database)

    def explain(self, key: str, *, limit: int) -> list[Explanation]:
        """Every fact of that key (or `key:value`), with at most `limit` of those behind each."""
        key = key.partition(":")[0]
        with self.store() as store:
            facts = store.facts()
        found = [fact for fact in facts if fact["key"] == key]
        if not found:
            known = ", ".join(sorted({fact["key"] for fact in facts})) or "none yet"
            raise UsageError(f"There is no fact {key!r}. Known facts: {known}.")
        return [self._explain(fact, limit) for fact in found]

    def search(self, words: str, *, limit: int) -> list[Hit]:
        """Everything in the twin that has all those words, or else any of them."""
        with self.store() as store:
            return search(store, words, limit=limit)

    def sif(self, tier: Tier) -> str:
        """The twin compiled for an AI assistant."""
        with self.store() as store:
            return compile_sif(tier, picture_of(self.registry, store, self.profile()))

    def unread(self) -> dict[str, dict[str, str]]:
        """By connector, the state of every dataset that its last sync did not read in full."""
        with self.store() as store:
            return unread(self.registry, store)

    def profile(self) -> str:
        """The profile as it is; empty when there is none."""
        return read_profile(self.home.profile)

    # --- inside -----------------------------------------------------------------------------

    def _present(self, connector: Connector) -> dict[str, str | Secret]:
        """The settings and secrets as they are, as a person would type them."""
        config = self.home.config(connector.info.name) or {}
        store = SecretStore(self.home, connector.info)
        present: dict[str, str | Secret] = {name: as_typed(value) for name, value in config.items()}
        for setting in connector.info.fields:
            secret = store.get(setting.name) if setting.kind == "secret" else None
            if secret:
                present[setting.name] = secret
        return present

    def _keep(self, name: str, outcome: Configured) -> None:
        self.home.write_config(name, outcome.config)

    def _config(self, name: str) -> dict[str, Any]:
        config = self.home.config(name)
        if config is None:
            raise UsageError(f"{name} is not configured: run `twin configure {name}` first.")
        return config

    def _explain(self, fact: Row, limit: int) -> Explanation:
        query = fact["evidence"].get("query")
        snapshot = self.home.path / "connectors" / fact["source"] / SNAPSHOT
        if not query or not snapshot.exists():
            return Explanation(fact, [], more=False)
        subjects = list(_read_only(snapshot, query, limit + 1))
        return Explanation(fact, subjects[:limit], more=len(subjects) > limit)


class InvalidSettings(UsageError):
    """Settings that will not do; one sentence for each field."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems


def sync_options(
    connector: Connector, options: Mapping[str, OptionValue]
) -> dict[str, OptionValue]:
    """The options of a sync with the manifest's defaults and bounds."""
    known = {option.name: option for option in connector.info.options}
    if unknown := options.keys() - known.keys():
        raise UsageError(f"There is no option {', '.join(sorted(unknown))}: see --help.")
    asked = {name: options.get(name, option.default) for name, option in known.items()}
    for name, option in known.items():
        low, high, value = option.minimum, option.maximum, asked[name]
        if (low is not None and value < low) or (high is not None and value > high):
            raise UsageError(f"{name} must be from {low} to {high}, not {value}.")
    return asked


def as_typed(value: Any) -> str:
    """A setting as a person would type it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType]
    return str(value)


def _read_only(database: Any, query: str, limit: int) -> Iterator[Row]:
    """A connector's query can read its snapshot and do nothing else."""
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=30)
    try:
        connection.execute("PRAGMA query_only = 1")
        connection.row_factory = sqlite3.Row
        for row in connection.execute(f"SELECT * FROM ({query}) LIMIT ?", (limit,)):
            yield dict(row)
    except sqlite3.DatabaseError as error:
        raise HostError(f"The people behind this figure cannot be listed: {error}.") from error
    finally:
        connection.close()
