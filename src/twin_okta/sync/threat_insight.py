"""What Okta does with requests from addresses that it calls malicious."""

from twin_host.contract import DatasetReport
from twin_okta.api.models import ThreatInsight
from twin_okta.api.structure import structure
from twin_okta.sync.run import Run


async def read_threat_insight(run: Run) -> DatasetReport:
    """Read ThreatInsight's one setting."""
    reading = run.start("threat_insight")
    answer = await run.client.get("/api/v1/threats/configuration")
    found, unreadable = structure([answer.json], ThreatInsight)
    reading.store("threat_insight", ({"action": setting.action} for setting in found))
    reading.leave_out(unreadable)
    return run.finish(reading)
