"""A request as the handlers see it: who asks, which org, at what time."""

from attrs import frozen

from okta_sandbox.api.credentials import Credentials, Principal
from okta_sandbox.api.requests import Request
from okta_sandbox.api.settings import Settings
from okta_sandbox.org.org import Org


@frozen
class Call:
    """A request that may be answered: by whom, of which org, at what time."""

    org: Org
    request: Request
    principal: Principal
    now_s: float
    arguments: tuple[str, ...]
    """What stood in the path's places, e.g. a user's id."""
    credentials: Credentials
    settings: Settings

    @property
    def query(self) -> dict[str, str]:
        """The query parameters."""
        return self.request.query

    @property
    def base(self) -> str:
        """Scheme and host for links."""
        return self.request.base
