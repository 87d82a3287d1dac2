"""A simulated Okta org over HTTP: seeded, of any size, with Okta's limits, paging and errors."""

from okta_sandbox.api.app import Sandbox, create_app
from okta_sandbox.api.faults import FaultKind
from okta_sandbox.api.settings import Settings
from okta_sandbox.org.org import Org
from okta_sandbox.serving import serve

__all__ = ["FaultKind", "Org", "Sandbox", "Settings", "create_app", "serve"]
