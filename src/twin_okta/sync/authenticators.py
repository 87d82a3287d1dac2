"""The authenticators that an org has set up; a Classic org has no such list."""

from twin_host.contract import DatasetReport, DatasetState
from twin_okta.api.models import Authenticator
from twin_okta.datasets import CLASSIC
from twin_okta.sync.lists import Listing, read_list
from twin_okta.sync.run import Run

AUTHENTICATORS = Listing(
    path="/api/v1/authenticators",
    model=Authenticator,
    table="authenticator",
    row=lambda found: {
        "id": found.id,
        "key": found.key,
        "name": found.name,
        "type": found.type,
        "status": found.status,
    },
)


async def read_authenticators(run: Run) -> DatasetReport:
    """Read all authenticators."""
    if run.edition == CLASSIC:
        return DatasetReport(
            state=DatasetState.SKIPPED, reason="A Classic Engine org has none to list."
        )
    reading = run.begin("authenticators")
    await read_list(run, reading, AUTHENTICATORS)
    return run.finish(reading)
