"""The snapshot turned into facts, gaps, events and a profile section. No network, no clock."""

from twin_host.contract import Context, Enrichment
from twin_okta.posture.events import security_events
from twin_okta.posture.facts import facts
from twin_okta.posture.figures import Figures
from twin_okta.posture.gaps import gaps
from twin_okta.posture.profile import profile
from twin_okta.snapshot import Snapshot

__all__ = ["enrich_snapshot"]


def enrich_snapshot(context: Context) -> Enrichment:
    """What the snapshot in the connector's state directory means."""
    with Snapshot.to_read(context.state_dir) as snapshot:
        figures = Figures(snapshot)
        found_facts, found_gaps = facts(figures), gaps(figures)
        return Enrichment(
            facts=found_facts,
            gaps=found_gaps,
            events=security_events(context.state_dir),
            profile=profile(figures, found_facts, found_gaps),
        )
