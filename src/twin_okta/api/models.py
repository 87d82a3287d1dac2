"""Okta's records: the fields we use, as plain attrs classes.

Okta adds fields and values at any time and leaves null ones out, so unknown fields are ignored,
unknown values are kept as text, and nothing but an id is required. A further model is its class:
`structure` reads any attrs class.
"""

from typing import Any, NewType

from attrs import field, frozen

Id = NewType("Id", str)
"""What Okta's ids look like: it is safe in a path, a table and a page."""
Word = NewType("Word", str)
"""A text that says something: an empty one is none."""
NULL_TELLS = "null tells"
"""Marks a field of which null is a value, and not the same as nothing."""
Time = NewType("Time", str)
"""A time as Okta writes it, in UTC and to the millisecond, so that text sorts as time does."""


@frozen
class UserProfile:
    login: str = ""
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    department: str | None = None
    manager: str | None = None
    user_type: str | None = None


@frozen
class CredentialProvider:
    type: str | None = None
    name: str | None = None


@frozen
class UserCredentials:
    provider: CredentialProvider = CredentialProvider()


@frozen
class UserType:
    id: str | None = None


@frozen
class User:
    """A person or account; times are ISO 8601 text as Okta sends them, None when never."""

    id: Id
    status: str = ""
    created: Time | None = None
    activated: Time | None = None
    status_changed: Time | None = None
    last_login: Time | None = None
    last_updated: Time | None = None
    password_changed: Time | None = None
    realm_id: str | None = None
    type: UserType = UserType()
    profile: UserProfile = UserProfile()
    credentials: UserCredentials = UserCredentials()


@frozen
class Factor:
    """One factor of one user; enrolled only when its status is ACTIVE."""

    id: Id
    factor_type: Word
    provider: str | None = None
    vendor_name: str | None = None
    status: str = ""
    created: Time | None = None
    last_updated: Time | None = None


@frozen
class GroupProfile:
    name: str | None = None
    description: str | None = None


@frozen
class GroupStats:
    """`expand=stats`; Okta's own schema spells the admin flag without its i."""

    users_count: int | None = None
    has_admin_privlege: bool | None = None
    has_admin_privilege: bool | None = None


@frozen
class GroupEmbedded:
    stats: GroupStats = GroupStats()


@frozen
class Group:
    id: Id
    type: str = ""
    last_membership_updated: Time | None = None
    profile: GroupProfile = GroupProfile()
    _embedded: GroupEmbedded = GroupEmbedded()

    @property
    def stats(self) -> GroupStats:
        """Its counts, when they were asked for."""
        return self._embedded.stats

    @property
    def has_admin_role(self) -> bool | None:
        """Whether members are administrators; None when Okta did not say."""
        spelled_so = self.stats.has_admin_privlege
        return self.stats.has_admin_privilege if spelled_so is None else spelled_so


@frozen
class Member:
    """A user as a group's member list shows it."""

    id: Id


@frozen
class RoleAssignee:
    """One row of /iam/assignees/users."""

    id: Id


@frozen
class Role:
    """One admin role of a user or group. `role` and `resource_set` are set for custom roles."""

    id: Id
    type: Word
    label: str | None = None
    status: str = ""
    assignment_type: str = ""
    role: Id | None = None
    resource_set: Id | None = None

    def __attrs_post_init__(self) -> None:
        if self.type == "CUSTOM" and not self.role:
            raise ValueError("a custom role does not say which")


@frozen
class Permission:
    """One permission of a custom role."""

    label: Word


@frozen
class Resource:
    """One resource of a resource set, by its name for all of Okta."""

    orn: Word


@frozen
class OAuthClient:
    application_type: str | None = None


@frozen
class AppSettings:
    oauth_client: OAuthClient = OAuthClient()


@frozen
class Address:
    href: str | None = None


@frozen
class AppLinks:
    access_policy: Address = Address()


@frozen
class App:
    """An application. `sign_on_mode` is None where Okta says that it has none, as directories
    have, and empty where Okta does not say."""

    id: Id
    name: str | None = None
    label: str | None = None
    status: str = ""
    sign_on_mode: str | None = field(default="", metadata={NULL_TELLS: True})
    created: Time | None = None
    last_updated: Time | None = None
    features: list[str] | None = None
    settings: AppSettings = AppSettings()
    _links: AppLinks = AppLinks()

    @property
    def application_type(self) -> str | None:
        """Of an OpenID Connect client: web, native, browser, or service for a machine."""
        return self.settings.oauth_client.application_type

    @property
    def policy_id(self) -> str | None:
        """The authentication policy that guards it; None in a Classic org."""
        address = self._links.access_policy.href or ""
        return address.rstrip("/").rpartition("/")[2] or None


@frozen
class AppGroup:
    """One group that an app is assigned to."""

    id: Id


@frozen
class TokenNetwork:
    connection: str | None = None


@frozen
class ApiToken:
    """An API token; its secret is nowhere in it."""

    id: Id
    name: str | None = None
    user_id: str | None = None
    client_name: str | None = None
    created: Time | None = None
    expires_at: Time | None = None
    last_updated: Time | None = None
    network: TokenNetwork = TokenNetwork()


@frozen
class Policy:
    id: Id
    type: str = ""
    name: str | None = None
    status: str = ""
    priority: int | None = None


@frozen
class SessionLimits:
    max_session_idle_minutes: int | None = None
    max_session_lifetime_minutes: int | None = None
    use_persistent_cookie: bool | None = None


@frozen
class SessionAction:
    """What a rule of a global session policy does."""

    access: str | None = None
    require_factor: bool | None = None
    primary_factor: str | None = None
    session: SessionLimits = SessionLimits()


@frozen
class AppAction:
    """What a rule of an authentication policy does; its method has many shapes."""

    access: str | None = None
    verification_method: dict[str, Any] | None = None


@frozen
class RuleActions:
    signon: SessionAction = SessionAction()
    app_sign_on: AppAction = AppAction()


@frozen
class PolicyRule:
    """One rule; what it says depends on its policy's type."""

    id: Id
    name: str | None = None
    status: str = ""
    priority: int | None = None
    conditions: dict[str, Any] | None = None
    actions: RuleActions = RuleActions()


@frozen
class AuthenticatorSettings:
    allowed_for: str | None = None


@frozen
class Authenticator:
    """`allowed_for` is any, sso, recovery or none, of those that may be kept for recovery."""

    id: Id
    key: str | None = None
    name: str | None = None
    type: str | None = None
    status: str = ""
    settings: AuthenticatorSettings = AuthenticatorSettings()


@frozen
class DeviceProfile:
    display_name: str | None = None
    platform: str | None = None
    registered: bool | None = None
    disk_encryption_type: str | None = None


@frozen
class DeviceUser:
    """One user of a device; `management_status` is MANAGED or NOT_MANAGED."""

    user: Member
    management_status: str | None = None


@frozen
class DeviceEmbedded:
    users: list[DeviceUser] | None = None


@frozen
class Device:
    """A device; one that is deactivated has lost its users."""

    id: Id
    status: str = ""
    profile: DeviceProfile = DeviceProfile()
    _embedded: DeviceEmbedded = DeviceEmbedded()

    @property
    def users(self) -> list[DeviceUser] | None:
        """Who uses it; None when Okta did not say."""
        return self._embedded.users


@frozen
class Zone:
    id: Id
    name: str | None = None
    type: str | None = None
    usage: str | None = None
    status: str = ""


@frozen
class ThreatInsight:
    """`action` is none, audit (log it) or block."""

    action: str


@frozen
class AppUser:
    """One user of an app; `scope` is USER when assigned directly, GROUP when through a group."""

    id: Id
    scope: str | None = None
    status: str | None = None


@frozen
class Org:
    """The org itself, from /api/v1/org."""

    id: str = ""
    company_name: str | None = None
    subdomain: str | None = None
    status: str | None = None


@frozen
class SignOn:
    """Of a log entry that tells of a sign-in: when that was."""

    published: Time
