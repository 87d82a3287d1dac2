"""What a person or an assistant can do with a twin; command line, pages and tools show it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from threading import Event
from typing import Any

from attrs import evolve, field, frozen

from twin_host.asking.tables import Tables
from twin_host.contract import (
    Budget,
    Capability,
    Config,
    ConfigField,
    ConnectionReport,
    ConnectorInfo,
    Context,
    OptionValue,
    Problem,
    Progress,
    Rejected,
    Secret,
    SyncPlan,
    SyncReport,
    SyncStatus,
)
from twin_host.errors import HostError, UsageError
from twin_host.home import Home
from twin_host.ingest import Ingested
from twin_host.known import Freshness, KnownFact, fact_of, is_same
from twin_host.loop import run_loop
from twin_host.moment import Moment
from twin_host.orgs import name_org, show_org
from twin_host.profile import read_profile
from twin_host.registry import Connector, Registry
from twin_host.secrets import SecretStore, origin_of
from twin_host.settings import read_settings
from twin_host.status import PAST_SYNCS, Installed, Status
from twin_host.store import Store
from twin_host.subjects import SNAPSHOT, Snapshots


@frozen
class SyncOutcome:
    """A sync, and what the intelligence loop made of it; None when there was nothing to make."""

    report: SyncReport
    ingested: Ingested | None


@frozen
class Declared:
    """What became of a declaration. `is_known` says whether any connector speaks of that key; when
    none does, `likely` are the keys that may have been meant."""

    is_known: bool
    likely: Sequence[str] = ()


NO_BOUND = Budget()


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
        self._refuse_strange_secrets(connector, outcome.config, given=secrets)
        store.settle()
        origin = origin_of(connector.info, outcome.config)
        self._settle_org(name, before=store.origin, after=origin)
        self.home.write_config(name, outcome.config)
        return {secret: store.keep(secret, value, origin) for secret, value in secrets.items()}

    def to_give_anew(self, name: str, values: Mapping[str, str]) -> set[str]:
        """The secrets that were given for another origin than these settings lead to."""
        connector = self.registry.get(name)
        outcome = connector.configure(self._present(connector) | dict(values))
        if isinstance(outcome, Rejected):
            return set()
        return set(self._strange_secrets(connector, outcome.config))

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
        budget: Budget = NO_BOUND,
        report: Callable[[Progress], None] = lambda _progress: None,
        cancelled: Event | None = None,
        unless_same: bool = False,
    ) -> SyncOutcome:
        """Read a connector's product within a budget, then run the intelligence loop; with
        `unless_same` only when the sync says something else than the last one."""
        connector = self.registry.get(name)
        config, asked = self._config(name), sync_options(connector, options)
        with self.home.only_sync(name):
            context = evolve(
                self.context(connector, report=report, cancelled=cancelled), budget=budget
            )
            found = connector.sync(config, asked, context)
            with self._to_write() as store, store.together():
                is_another = show_org(store, name, found.org)
                last = store.last_sync(name)
                store.keep_sync(name, found, self.clock())
            nothing_to_say = found.status == SyncStatus.FAILED or (
                unless_same and last is not None and is_same(found, last.report)
            )
            if nothing_to_say and not is_another:
                return SyncOutcome(found, None)
            return SyncOutcome(found, self.enrich(name))

    def plan(
        self, name: str, options: Mapping[str, OptionValue], *, budget: Budget = NO_BOUND
    ) -> SyncPlan:
        """What a sync would read now. Raises UsageError for a connector that cannot say."""
        connector = self.registry.get(name)
        config, asked = self._config(name), sync_options(connector, options)
        return connector.plan(config, asked, evolve(self.context(connector), budget=budget))

    def check_options(self, name: str, options: Mapping[str, OptionValue]) -> None:
        """Raises UsageError if a sync with these options could not start."""
        self._config(name)
        sync_options(self.registry.get(name), options)

    def enrich(self, name: str) -> Ingested:
        """Run the intelligence loop on what a connector has read."""
        connector = self.registry.get(name)
        if not (self.home.state_dir(name) / SNAPSHOT).exists():
            raise UsageError(
                f"Nothing of {connector.info.title} has been read yet.", command=f"twin sync {name}"
            )
        with self._to_write() as store:
            context = evolve(self.context(connector), bookmark=store.bookmark(name))
            return run_loop(self.home, store, connector, context, self.clock())

    def early(self, name: str) -> list[KnownFact]:
        """The connector's facts as they would be now, while it is still reading."""
        connector = self.registry.get(name)
        if not (self.home.state_dir(name) / SNAPSHOT).exists():
            return []
        facts = connector.enrich(self.context(connector)).facts
        return [fact_of(name, fact, place) for place, fact in enumerate(facts)]

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

    def connectors(self) -> list[Installed]:
        """Every connector that can be used, and its last sync; `registry.broken` has the rest."""
        with self.store() as store:
            return [
                Installed(
                    connector=connector,
                    is_configured=self.is_configured(name),
                    last_sync=store.last_sync(name),
                    notes=self.notes(name),
                )
                for name, connector in sorted(self.registry.connectors.items())
            ]

    def is_configured(self, name: str) -> bool:
        """Whether a connector has settings, be they readable or not."""
        try:
            return self.home.config(name) is not None
        except HostError:
            return True

    def notes(self, name: str) -> tuple[str, ...]:
        """What is odd about a connector: its manifest's unknown keys, settings that cannot be read;
        said beside it, so that it hides no other."""
        notes = self.registry.get(name).info.notes
        try:
            self.home.config(name)
        except HostError as error:
            return (*notes, str(error))
        return notes

    def status(self, name: str) -> Status:
        """How one connector stands."""
        connector = self.registry.get(name)
        secrets = SecretStore(self.home, connector.info)
        with self.store() as store:
            return Status(
                connector=connector,
                config=self.home.config(name),
                secrets={
                    setting.name: secrets.where(setting.name)
                    for setting in connector.info.fields
                    if setting.kind == "secret"
                },
                syncs=store.syncs(name, limit=PAST_SYNCS),
                facts=[fact for fact in store.facts() if fact.source == name],
                syncing=self.home.syncing(name),
            )

    # --- the twin ---------------------------------------------------------------------------

    def store(self) -> Store:
        """The twin's database, open to read."""
        days = read_settings(self.home).stale_figure_days
        freshness = Freshness(now=self.clock(), days=days)
        return Store.to_read(self.home.database, freshness=freshness)

    def moment(self) -> Moment:
        """The twin as it is now, open to be asked."""
        folder = self.home.path / "connectors"
        return Moment(
            self.home,
            self.registry,
            self.store(),
            self.clock,
            Snapshots(folder),
            Tables(folder),
        )

    def declare(self, key: str, value: str) -> Declared:
        """Keep what a person says is so. Raises UsageError for what no fact could say."""
        if any(text.split() != [text] for text in (key, value)):
            raise UsageError("A fact's key and value are single words without spaces.")
        with self._to_write() as store:
            known = {fact.key for fact in store.facts() if not fact.is_declared}
            store.declare(key, value, self.clock())
        if key in known or not known:
            return Declared(is_known=True)
        return Declared(is_known=False, likely=get_close_matches(key, known))

    def take_back(self, key: str) -> None:
        """Forget what a person said of this."""
        with self._to_write() as store:
            store.take_back(key)

    def profile(self) -> str:
        """The profile as it is; empty when there is none."""
        return read_profile(self.home.profile)

    # --- inside -----------------------------------------------------------------------------

    def _settle_org(self, name: str, *, before: str | None, after: str) -> None:
        """What is kept without the name of its org is of the one that was configured until now."""
        if before and before != after and self.home.database.exists():
            with self._to_write() as store:
                name_org(store, name, before)

    def _to_write(self) -> Store:
        self.home.ensure()
        return Store.to_write(self.home.database)

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

    def _strange_secrets(self, connector: Connector, config: Config) -> dict[str, str]:
        """The secrets that these settings use and that were given for another origin."""
        store, info = SecretStore(self.home, connector.info), connector.info
        used = {
            field.name for field in info.fields if applies(field, defaults(info) | dict(config))
        }
        strange = store.strange(origin_of(info, config))
        return {name: origin for name, origin in strange.items() if name in used}

    def _refuse_strange_secrets(
        self, connector: Connector, config: Config, given: Collection[str] = ()
    ) -> None:
        origin = origin_of(connector.info, config)
        strange = self._strange_secrets(connector, config)
        problems = [
            Problem(
                field=name,
                message=f"It was given for {given_for} and is not sent to {origin}: give it anew.",
            )
            for name, given_for in strange.items()
            if name not in given
        ]
        if problems:
            raise InvalidSettings(tuple(problems))

    def _config(self, name: str) -> Config:
        """The settings for a call, as the connector understands what is kept."""
        connector, config = self.registry.get(name), self.home.config(name)
        if config is None:
            raise UsageError(
                f"{connector.info.title} is not configured yet.", command=f"twin configure {name}"
            )
        self._refuse_strange_secrets(connector, config)
        outcome = connector.configure(self._present(connector))
        if isinstance(outcome, Rejected):
            wrong = "; ".join(f"{each.field}: {each.message}" for each in outcome.problems)
            raise UsageError(f"The settings of {name} will not do ({wrong}): configure it anew.")
        return outcome.config


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
        raise UsageError(
            f"There is no option {', '.join(sorted(unknown))}: known are {', '.join(known)}."
        )
    asked = {name: options.get(name, option.default) for name, option in known.items()}
    for name, option in known.items():
        low, high, value = option.minimum, option.maximum, asked[name]
        if (low is not None and value < low) or (high is not None and value > high):
            raise UsageError(f"{name} must be from {low} to {high}, not {value}.")
    return asked


def applies(wanted: ConfigField, settings: Mapping[str, Any]) -> bool:
    """Whether a field belongs to the choice that was made elsewhere."""
    return all(str(settings.get(name, "")) == value for name, value in wanted.when.items())


def defaults(info: ConnectorInfo) -> dict[str, Any]:
    """The manifest's defaults."""
    return {field.name: field.default for field in info.fields if field.default is not None}


def as_typed(value: Any) -> str:
    """A setting as a person would type it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType]
    return str(value)
