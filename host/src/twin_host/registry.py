"""Finds the installed connectors, and says of those that cannot be used why."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import pluggy
from attrs import frozen

from twin_host import hookspecs
from twin_host.border import Hook, guarded, hook_names
from twin_host.contract import (
    Config,
    Configured,
    ConnectionReport,
    ConnectorInfo,
    Context,
    Enrichment,
    FieldKind,
    OptionValue,
    Rejected,
    Secret,
    SyncPlan,
    SyncReport,
)
from twin_host.errors import ConnectorError, UsageError


@frozen
class Broken:
    """An installed plugin that cannot be used."""

    entry_point: str
    distribution: str
    reason: str


@frozen
class Connector:
    """One usable connector: its description, and its hooks, each called through the border."""

    info: ConnectorInfo
    distribution: str
    _hooks: Mapping[str, Hook]

    def configure(self, values: Mapping[str, str | Secret]) -> Configured | Rejected:
        """Validate raw form values."""
        outcome = self._call("configure", values=values)
        secrets = {field.name for field in self.info.fields if field.kind is FieldKind.SECRET}
        if isinstance(outcome, Configured) and (shown := sorted(secrets & outcome.config.keys())):
            reason = f"its settings hold the secret {shown[0]}"
            raise ConnectorError(f"The {self.info.title} connector is refused: {reason}.", reason)
        return outcome

    def test_connection(self, config: Config, context: Context) -> ConnectionReport:
        """Ask the product who we are and what we may read."""
        return self._call("test_connection", config=config, context=context)

    def sync(
        self, config: Config, options: Mapping[str, OptionValue], context: Context
    ) -> SyncReport:
        """Read the product into the connector's snapshot."""
        return self._call("sync", config=config, options=options, context=context)

    @property
    def can_plan(self) -> bool:
        """Whether it can say beforehand what a sync would read."""
        return "plan" in self._hooks

    def plan(
        self, config: Config, options: Mapping[str, OptionValue], context: Context
    ) -> SyncPlan:
        """What a sync would read. Raises UsageError for a connector that cannot say."""
        if not self.can_plan:
            raise UsageError(
                f"The {self.info.title} connector cannot say beforehand what a sync would read."
            )
        return self._call("plan", config=config, options=options, context=context)

    def enrich(self, context: Context) -> Enrichment:
        """Turn the snapshot into facts, gaps and events, the last read as a stream."""
        return self._call("enrich", context=context)

    def parameters(self, hook: str) -> set[str]:
        """What the connector's own implementation of a hook takes; nothing if it has none."""
        if hook not in self._hooks:
            return set()
        implementations = self._hooks[hook].caller.get_hookimpls()  # pyright: ignore[reportFunctionMemberAccess]
        return {name for each in implementations for name in (*each.argnames, *each.kwargnames)}

    def answer_for(self, name: str, hook: str, arguments: Mapping[str, Any]) -> Any:
        """What the hook answers when it is asked about a connector of another name."""
        return self._hooks[hook].caller(connector=name, **arguments)

    def _call(self, hook: str, **arguments: Any) -> Any:
        return self._hooks[hook](connector=self.info.name, **arguments)


@frozen
class Plugin:
    """A plugin that loads and has the hooks it must have."""

    entry: EntryPoint
    module: object


class Registry:
    """Every connector by name, and the `broken` ones beside them."""

    def __init__(
        self, found: Iterable[EntryPoint] | None = None, specs: ModuleType = hookspecs
    ) -> None:
        self.connectors: dict[str, Connector] = {}
        self.broken: list[Broken] = []
        self._specs = specs
        self._manager = pluggy.PluginManager(hookspecs.PROJECT_NAME)
        self._manager.add_hookspecs(specs)
        if found is None:
            found = entry_points(group=hookspecs.ENTRY_POINT_GROUP)
        plugins = [plugin for plugin in map(self._register, found) if plugin]
        usable = [connector for plugin in plugins if (connector := self._describe(plugin, plugins))]
        self._refuse_doubles(usable)

    def get(self, name: str) -> Connector:
        """The connector of that name. Raises UsageError when there is none."""
        try:
            return self.connectors[name]
        except KeyError:
            known = ", ".join(self.connectors) or "none"
            sentence = f"There is no connector {name!r} (installed: {known})."
            raise UsageError(sentence + self._why_broken(name)) from None

    def _why_broken(self, name: str) -> str:
        reasons = [broken.reason for broken in self.broken if broken.entry_point == name]
        return f" One of that name cannot be used: {reasons[0]}" if reasons else ""

    def _register(self, entry: EntryPoint) -> Plugin | None:
        plugin: object = None
        try:
            plugin = guarded(entry.load)
            guarded(self._manager.register, plugin, f"{entry.name} ({_distribution(entry)})")
        except ConnectorError as error:
            if self._manager.is_registered(plugin):  # pluggy took it out itself, or did not
                self._manager.unregister(plugin)
            self._refuse(entry, f"it does not load: {error.reason.rstrip('.')}.")
            return None
        if reason := self._wrong_hooks(plugin):
            self._manager.unregister(plugin)
            self._refuse(entry, f"{reason}.")
            return None
        return Plugin(entry, plugin)

    def _wrong_hooks(self, plugin: object) -> str:
        """Why the hooks that a plugin has are not those that this host needs, or empty."""
        callers = self._manager.get_hookcallers(plugin) or []
        implemented = {caller.name for caller in callers}
        needed = hook_names(self._specs, required=True)
        reasons: list[str] = []
        if missing := [name for name in needed if name not in implemented]:
            reasons.append(f"it lacks the hook {', '.join(missing)}")
        if unknown := sorted(each.name for each in callers if _is_unknown(each, plugin)):
            reasons.append(
                f"it has the hook {', '.join(unknown)}, which this host does not know: upgrade the "
                "host, or mark the hook with optionalhook=True"
            )
        return "; ".join(reasons)

    def _describe(
        self, plugin: Plugin, plugins: list[Plugin]
    ) -> tuple[EntryPoint, Connector] | None:
        others = [other.module for other in plugins if other is not plugin]
        entry = plugin.entry
        hooks = {
            name: self._hook(name, "", others)
            for name in hook_names(self._specs)
            if _implements(self._manager, plugin.module, name)
        }
        try:
            info: ConnectorInfo = hooks["describe"]()
        except ConnectorError as error:
            self._refuse(entry, f"its describe failed: {error.reason.rstrip('.')}.")
            return None
        hooks = {name: self._hook(name, info.title, others) for name in hooks}
        return entry, Connector(info, _distribution(entry), hooks)

    def _hook(self, name: str, title: str, others: list[object]) -> Hook:
        caller = self._manager.subset_hook_caller(name, remove_plugins=others)
        return Hook.of(self._specs, name, title=title, caller=caller)

    def _refuse_doubles(self, usable: list[tuple[EntryPoint, Connector]]) -> None:
        for entry, connector in usable:
            name = connector.info.name
            rivals = [c.distribution for _, c in usable if c.info.name == name and c != connector]
            if rivals:
                self._refuse(
                    entry,
                    f"two connectors are called {name}: this one and that of {', '.join(rivals)}. "
                    "Uninstall one of them.",
                )
            else:
                self.connectors[name] = connector

    def _refuse(self, entry: EntryPoint, reason: str) -> None:
        self.broken.append(Broken(entry.name, _distribution(entry), reason))


def _implements(manager: pluggy.PluginManager, plugin: object, hook: str) -> bool:
    caller = getattr(manager.hook, hook)
    return any(implementation.plugin is plugin for implementation in caller.get_hookimpls())


def _is_unknown(caller: pluggy.HookCaller, plugin: object) -> bool:
    own = [each for each in caller.get_hookimpls() if each.plugin is plugin]
    return not caller.has_spec() and not all(each.optionalhook for each in own)


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
