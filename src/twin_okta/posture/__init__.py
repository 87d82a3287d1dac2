"""The snapshot turned into facts, gaps, events and a profile section. No network, no clock."""

from twin_host.contract import Confidence, Context, Enrichment, Evidence, Fact
from twin_okta.manifest import NAME
from twin_okta.orgs import org_of
from twin_okta.posture.book import figures, gap_rules
from twin_okta.posture.events import end_of_log, place_of, security_events
from twin_okta.posture.gaps import gaps
from twin_okta.posture.lists import lists
from twin_okta.posture.measure import Measuring
from twin_okta.posture.profile import profile
from twin_okta.posture.standing import Standings
from twin_okta.snapshot import Snapshot

__all__ = ["enrich_snapshot"]


def enrich_snapshot(context: Context) -> Enrichment:
    """What the snapshot in the connector's state directory means, all of it of one moment; of its
    events those behind the bookmark.

    The events go on reading the snapshot, and let go of it when they end or are given up.
    """
    snapshot = Snapshot.to_read(context.state_dir)
    try:
        snapshot.compute_once()
        standings = Standings.of(snapshot)
        measuring = Measuring(snapshot, standings, figures())
        facts = (*measuring.facts(), _tool(standings)) if standings.anything else ()
        found = gaps(measuring, gap_rules())
        section, org = profile(standings, facts, found), org_of(snapshot)
        told_to, bookmark = place_of(snapshot, context.bookmark), end_of_log(snapshot)
    except BaseException:
        snapshot.close()
        raise
    return Enrichment(
        facts=facts,
        gaps=found,
        events=security_events(snapshot, after=told_to),
        profile=section,
        org=org,
        bookmark=bookmark,
        lists=lists(standings),
    )


def _tool(standings: Standings) -> Fact:
    """That this org uses the product at all."""
    times = {name: standing.as_of for name, standing in standings.datasets.items()}
    read = {name: as_of for name, as_of in times.items() if as_of}
    return Fact(
        key="tool",
        value=NAME,
        confidence=Confidence.VERIFIED,
        as_of=max(read.values()),
        title="Products",
        short="tool",
        headline=14,
        evidence=Evidence(
            complete=True,
            datasets=tuple(read),
            definition=f"This org uses Okta: {standings.org_name}.",
        ),
    )
