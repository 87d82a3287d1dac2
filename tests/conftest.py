"""Options of the whole suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        action="store_true",
        help="Record the cassettes anew: against the sandbox, or against the org that "
        "OKTA_RECORD_DOMAIN and OKTA_API_TOKEN name.",
    )
