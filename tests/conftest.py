"""Options of the whole suite."""

import pytest
from hypothesis import HealthCheck, settings

# The same examples everywhere, so that a failure is somebody's change and not chance; and no limits
# in seconds, which measure the machine. `--hypothesis-profile=default` looks for new examples.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "fuzz", max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        action="store_true",
        help="Record the cassettes anew: against the sandbox, or against the org that "
        "OKTA_RECORD_DOMAIN and OKTA_API_TOKEN name.",
    )
