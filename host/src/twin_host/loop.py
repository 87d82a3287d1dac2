"""The intelligence loop: after a sync, everything the twin knows is brought up to date."""

from datetime import datetime

from twin_host.asking.names import index_things
from twin_host.contract import Context
from twin_host.home import Home
from twin_host.ingest import Ingested, ingest
from twin_host.profile import has_section, rewrite_section
from twin_host.registry import Connector
from twin_host.search import index_knowledge
from twin_host.store import Store


def run_loop(
    home: Home, store: Store, connector: Connector, context: Context, now: datetime
) -> Ingested:
    """Facts, contradictions, gaps and events; then the profile; then what is searched."""
    enrichment = connector.enrich(context)
    ingested = ingest(store, connector.info.name, enrichment, now)
    if enrichment.profile or has_section(home.profile, connector.info.name):
        rewrite_section(home.profile, connector.info.name, enrichment.profile)
    index_knowledge(store, home.profile)
    index_things(store, home.path / "connectors", store.lists())
    return ingested
