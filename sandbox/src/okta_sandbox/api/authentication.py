"""From the Authorization header to a caller, or to the error that Okta answers."""

from okta_sandbox.api.answers import OAuthError, access_denied, invalid_token, no_credential
from okta_sandbox.api.credentials import AccessToken, Credentials, Principal
from okta_sandbox.api.dpop import thumbprint_of
from okta_sandbox.api.requests import Request
from okta_sandbox.api.routes import Route


def authenticate(request: Request, credentials: Credentials, *, now_s: float) -> Principal:
    """Who calls. Raises ApiError or OAuthError for a credential that does not work."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    text = text.strip()
    if scheme == "SSWS":
        token = credentials.by_secret(text)
        if token is None:
            raise invalid_token()
        return token.principal
    if scheme in {"Bearer", "DPoP"}:
        access_token = credentials.by_access_token(text, now_s=now_s)
        if access_token is None:
            raise invalid_token(headers=_INVALID_TOKEN)
        _check_binding(access_token, scheme, text, request, credentials, now_s=now_s)
        return access_token.principal
    raise invalid_token() if scheme else no_credential()


_INVALID_TOKEN = (
    (
        "www-authenticate",
        'Bearer error="invalid_token", error_description="The access token is invalid."',
    ),
)


def _check_binding(
    token: AccessToken,
    scheme: str,
    text: str,
    request: Request,
    credentials: Credentials,
    *,
    now_s: float,
) -> None:
    """A token that is bound to a key takes a proof by that key; one that isn't takes none."""
    if token.jkt is None:
        if scheme == "DPoP":
            raise OAuthError(401, "invalid_token", "The access token is not DPoP bound.")
        return
    if "dpop" not in request.headers:
        raise OAuthError(400, "invalid_request", "The resource request requires a DPoP proof.")
    if scheme != "DPoP":
        raise OAuthError(
            400,
            "invalid_request",
            "The resource request must use the DPoP authentication scheme when the access token "
            "is DPoP bound.",
        )
    jkt = thumbprint_of(request, credentials.proofs, now_s=now_s, access_token=text)
    if jkt != token.jkt:
        raise OAuthError(
            400, "invalid_dpop_proof", "The access token is not bound to the key of the DPoP proof."
        )


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
