"""How a request proves who sends it."""

from collections.abc import Generator

import httpx
from attrs import frozen

from twin_host.contract import Secret


@frozen
class ApiToken(httpx.Auth):
    """An SSWS API token: it has the privileges of the administrator who made it."""

    token: Secret

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header that Okta's page "Create an API token" describes."""
        request.headers["Authorization"] = f"SSWS {self.token.reveal()}"
        yield request
