"""From the Authorization header to a caller, or to the error that Okta answers."""

from okta_sandbox.api.answers import access_denied, invalid_token, no_credential
from okta_sandbox.api.credentials import Credentials, Principal
from okta_sandbox.api.requests import Request
from okta_sandbox.api.routes import Route


def authenticate(request: Request, credentials: Credentials, *, now_s: float) -> Principal:
    """Who calls. Raises ApiError for a credential that is missing or does not work."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        raise no_credential()
    if scheme == "SSWS":
        token = credentials.by_secret(secret.strip())
        if token is None:
            raise invalid_token()
        return token.principal
    raise invalid_token()


def authorize(principal: Principal, route: Route, request: Request) -> None:
    """Raise ApiError unless the caller has both the scope and the role for the endpoint."""
    if route.scope is None:
        return
    if principal.scopes is not None and route.scope not in principal.scopes:
        raise access_denied(headers=(("www-authenticate", _scope_challenge(route.scope, request)),))
    if route.scope not in principal.permissions:
        raise access_denied()


def _scope_challenge(scope: str, request: Request) -> str:
    """What tells a missing scope from a missing admin role."""
    return (
        f'Bearer authorization_uri="{request.base}/oauth2/v1/authorize", realm="{request.base}", '
        f'scope="{scope}", error="insufficient_scope", '
        'error_description="The access token provided does not contain the required scopes.", '
        f'resource="{request.path}"'
    )
