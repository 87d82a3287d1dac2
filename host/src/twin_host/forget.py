"""Forgetting a connector: its settings, its secrets, and all that was read with it."""

from attrs import frozen

from twin_host.home import Home
from twin_host.orgs import KEPT
from twin_host.profile import has_section, remove_section
from twin_host.registry import Connector
from twin_host.search import index_knowledge
from twin_host.secrets import SecretStore
from twin_host.store import Store

BESIDE = ("org", "thing", "search_knowledge")
"""Further tables with rows of a source, of which none is set aside."""


@frozen(kw_only=True)
class Parts:
    """What is to be forgotten of a connector."""

    settings: bool = False
    secrets: bool = False
    data: bool = False


def forget(home: Home, connector: Connector, parts: Parts) -> None:
    """Forget these parts, for good. Raises Busy while a sync of the connector is running."""
    name = connector.info.name
    with home.only_sync(name):
        if parts.secrets:
            SecretStore(home, connector.info).forget()
        if parts.settings:
            home.forget_config(name)
        if parts.data:
            home.forget_state(name)
            _forget_knowledge(home, name)


def _forget_knowledge(home: Home, source: str) -> None:
    if has_section(home.profile, source):
        remove_section(home.profile, source)
    if not home.database.exists():
        return
    with Store.to_write(home.database) as store:
        with store.together():
            for table in (*BESIDE, *KEPT, *(f"aside_{table}" for table in KEPT)):
                store.write(f"DELETE FROM {table} WHERE source = ?", [(source,)])
        index_knowledge(store, home.profile)
        store.execute("VACUUM")  # what was deleted stays in the file until it is written anew
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # and in the one beside it until then
