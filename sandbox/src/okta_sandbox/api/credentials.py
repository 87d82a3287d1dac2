"""Who may call: SSWS tokens, service apps and the access tokens they were given."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import Factory, define, frozen

from okta_sandbox.api.dpop import Ledger
from okta_sandbox.org.org import Org
from okta_sandbox.org.records import ApiToken, Group
from okta_sandbox.org.tables import table

_CREDENTIALS = table("credentials")
TOKEN_LIFETIME_S = 3600


@frozen
class Principal:
    """A caller: what it may read, and of whom.

    `scopes` is None for an SSWS token, which has none; `groups` is None for a caller who sees
    everybody, else the groups whose members it sees. `owner` is the user an SSWS token belongs to.
    """

    name: str
    id: str
    permissions: frozenset[str]
    scopes: frozenset[str] | None = None
    groups: tuple[Group, ...] | None = None
    owner: int | None = None

    def sees_group(self, group: Group) -> bool:
        """Whether the group is among those the caller may see."""
        return self.groups is None or any(group.index == each.index for each in self.groups)

    def sees_user(self, org: Org, user: int) -> bool:
        """Whether the user is among those the caller may see."""
        if self.groups is None:
            return True
        return any(org.groups.has(group, user) for group in self.groups)


ANONYMOUS = Principal(name="anonymous", id="anonymous", permissions=frozenset())


@frozen
class Token:
    """An SSWS token with which somebody may call."""

    name: str
    secret: str
    principal: Principal


@define
class Client:
    """A service app that authenticates with a private key.

    `jwks` holds its public keys, each with a `kid`; `granted` the scopes it was granted; `role` the
    admin role that decides which resources those scopes reach ("" for none).
    """

    id: str
    jwks: list[dict[str, Any]]
    granted: frozenset[str]
    role: str
    dpop_bound: bool


@frozen
class AccessToken:
    """An access token that was given out. `jkt` is the key it is bound to, None for Bearer."""

    principal: Principal
    expires_s: float
    jkt: str | None


@define
class Credentials:
    """Every credential of one org."""

    org: Org
    tokens: tuple[Token, ...]
    clients: dict[str, Client] = Factory(dict[str, Client])
    access_tokens: dict[str, AccessToken] = Factory(dict[str, AccessToken])
    revoked: set[str] = Factory(set[str])
    """Secrets and access tokens that no longer work."""
    assertions: Ledger = Factory(Ledger)
    proofs: Ledger = Factory(Ledger)

    @classmethod
    def of(cls, org: Org) -> "Credentials":
        """The credentials that every org begins with: the tokens of the table."""
        rows: dict[str, dict[str, Any]] = _CREDENTIALS["tokens"]
        first = (token for token in org.security.tokens if token.name in rows)
        return cls(org, tuple(_token(org, token, rows[token.name]) for token in first))

    def secret(self, name: str = "super_admin") -> str:
        """The SSWS token of this kind. Raises KeyError for an unknown one."""
        return next((t.secret for t in self.tokens if t.name == name), None) or _unknown(name)

    def by_secret(self, secret: str) -> Token | None:
        """The token with this secret, if it still works."""
        if secret in self.revoked:
            return None
        if all(token.secret != secret for token in self.org.security.tokens):
            return None
        return next((token for token in self.tokens if token.secret == secret), None)

    def by_access_token(self, text: str, *, now_s: float) -> AccessToken | None:
        """The access token of this text, if it still works."""
        token = self.access_tokens.get(text)
        works = token is not None and token.expires_s > now_s and text not in self.revoked
        return token if works else None

    def revoke(self, secret: str) -> None:
        """Make a token of either kind stop working."""
        self.revoked.add(secret)

    def add_client(
        self,
        jwk: Mapping[str, Any],
        *,
        scopes: Iterable[str],
        role: str = "READ_ONLY_ADMIN",
        dpop_bound: bool = False,
        client_id: str | None = None,
    ) -> Client:
        """Register a service app with one public key (a JWK with a `kid`) and these scopes."""
        client = Client(
            id=client_id or self.org.apps.ids.encode(10_000_000 + len(self.clients)),
            jwks=[dict(jwk)],
            granted=frozenset(scopes),
            role=role,
            dpop_bound=dpop_bound,
        )
        self.clients[client.id] = client
        return client

    def principal_of(self, client: Client, scopes: frozenset[str]) -> Principal:
        """The caller that a service app becomes with these scopes."""
        return Principal(
            name=client.id,
            id=client.id,
            permissions=frozenset(_CREDENTIALS["roles"].get(client.role, ())),
            scopes=scopes,
        )


def _unknown(name: str) -> str:
    raise KeyError(f"There is no token of kind {name!r}.")


def _token(org: Org, token: ApiToken, row: dict[str, Any]) -> Token:
    names: list[str] | None = row.get("groups")
    groups = None
    if names is not None:
        groups = tuple(group for group in map(org.groups.named, names) if group)
    principal = Principal(
        name=token.name,
        id=token.id,
        permissions=frozenset(row["permissions"]),
        groups=groups,
        owner=token.owner,
    )
    return Token(name=token.name, secret=token.secret, principal=principal)
