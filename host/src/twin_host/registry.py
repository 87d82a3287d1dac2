"""Finds the installed connectors, and says of those that cannot be used why."""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import pluggy
from attrs import frozen

from twin_host import hookspecs
from twin_host.contract import (
    Config,
    Configured,
    ConnectionReport,
    ConnectorInfo,
    Context,
    Enrichment,
    OptionValue,
    Rejected,
    Secret,
    SyncReport,
)
from twin_host.errors import ConnectorError, UsageError

HOOKS = ("describe", "configure", "test_connection", "sync", "enrich")


@frozen
class Broken:
    """An installed plugin that cannot be used."""

    entry_point: str
    distribution: str
    reason: str


@frozen
class Connector:
    """One usable connector: its description, and its hooks with errors made plain."""

    info: ConnectorInfo
    distribution: str
    _hooks: Mapping[str, Callable[..., Any]]

    def configure(self, values: Mapping[str, str | Secret]) -> Configured | Rejected:
        """Validate raw form values."""
        return self._call("configure", (Configured, Rejected), values=values)

    def test_connection(self, config: Config, context: Context) -> ConnectionReport:
        """Ask the product who we are and what we may read."""
        return self._call("test_connection", ConnectionReport, config=config, context=context)

    def sync(
        self, config: Config, options: Mapping[str, OptionValue], context: Context
    ) -> SyncReport:
        """Read the product into the connector's snapshot."""
        return self._call("sync", SyncReport, config=config, options=options, context=context)

    def enrich(self, context: Context) -> Enrichment:
        """Turn the snapshot into facts, gaps and events."""
        return self._call("enrich", Enrichment, context=context)

    def parameters(self, hook: str) -> set[str]:
        """What the connector's own implementation of a hook takes."""
        implementations = self._hooks[hook].get_hookimpls()  # pyright: ignore[reportFunctionMemberAccess]
        return {name for each in implementations for name in (*each.argnames, *each.kwargnames)}

    def answer_for(self, name: str, hook: str, arguments: Mapping[str, Any]) -> Any:
        """What the hook answers when it is asked about a connector of another name."""
        return self._hooks[hook](connector=name, **arguments)

    def _call(self, hook: str, expected: Any, **arguments: Any) -> Any:
        try:
            result = self._hooks[hook](connector=self.info.name, **arguments)
        except Exception as error:
            raise ConnectorError(_failed(self.info.title, hook, error)) from error
        if not isinstance(result, expected):
            raise ConnectorError(
                f"The {self.info.title} connector's {hook} answered with {type(result).__name__}, "
                "which is not what its contract says."
            )
        return result


class Registry:
    """Every connector by name, and the `broken` ones beside them."""

    def __init__(self, found: Iterable[EntryPoint] | None = None) -> None:
        self.connectors: dict[str, Connector] = {}
        self.broken: list[Broken] = []
        self._manager = pluggy.PluginManager(hookspecs.PROJECT_NAME)
        self._manager.add_hookspecs(hookspecs)
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

    def _register(self, entry: EntryPoint) -> "tuple[EntryPoint, object] | None":
        plugin: object = None
        try:
            plugin = entry.load()
            self._manager.register(plugin, name=f"{entry.name} ({_distribution(entry)})")
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            if self._manager.is_registered(plugin):  # pluggy took it out itself, or did not
                self._manager.unregister(plugin)
            self._refuse(entry, " ".join(str(error).split()))
            return None
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin does on import
            self._refuse(entry, f"it does not load: {type(error).__name__}: {_first_line(error)}")
            return None
        missing = [hook for hook in HOOKS if not _implements(self._manager, plugin, hook)]
        if missing:
            self._manager.unregister(plugin)
            self._refuse(entry, f"it lacks the hook {', '.join(missing)}.")
            return None
        return entry, plugin

    def _describe(
        self, plugin: tuple[EntryPoint, object], plugins: list[tuple[EntryPoint, object]]
    ) -> "tuple[EntryPoint, Connector] | None":
        entry, module = plugin
        others = [other for _, other in plugins if other is not module]
        hooks = {
            hook: self._manager.subset_hook_caller(hook, remove_plugins=others) for hook in HOOKS
        }
        try:
            info = hooks["describe"]()
        except Exception as error:  # noqa: BLE001  whatever a plugin does
            self._refuse(
                entry, f"its describe failed: {type(error).__name__}: {_first_line(error)}"
            )
            return None
        if not isinstance(info, ConnectorInfo):
            self._refuse(entry, "its describe gives no ConnectorInfo.")
            return None
        return entry, Connector(info, _distribution(entry), hooks)

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


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _failed(title: str, hook: str, error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return (
        f"The {title} connector failed in {hook}: {type(error).__name__}: {_first_line(error)}. "
        "This is a fault in the connector; what was stored before is unchanged."
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0][:300]
