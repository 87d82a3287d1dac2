"""What Okta does with requests from addresses that it calls malicious."""

from twin_okta.api.models import ThreatInsight
from twin_okta.api.structure import structure
from twin_okta.changes import Difference
from twin_okta.sync.lists import begin, show
from twin_okta.sync.run import Run


async def read_threat_insight(run: Run) -> Difference:
    """Read ThreatInsight's one setting."""
    reading, begun = begin(run, "threat_insight", anew=True)
    answer = await run.client.get("/api/v1/threats/configuration")
    found, unreadable = structure([answer.json], ThreatInsight)
    with run.snapshot.together():
        reading.store("threat_insight", ({"action": setting.action} for setting in found))
        reading.leave_out(unreadable)
        return show(run, reading, begun.question)
