"""What the connector is."""

from twin_host.contract import ConfigField, ConnectorInfo, Permission, Provision, SyncOption

INFO = ConnectorInfo(
    name="entra_id",
    title="Entra ID",
    category="identity",
    summary="Users with their MFA registration, roles, sign-ins and applications of a tenant.",
    version="0.1.0",
    provides=(Provision("Users", "with MFA registration"), Provision("Roles", "of the directory")),
    enriches=("MFA coverage", "Privileged users"),
    fields=(
        ConfigField("tenant_id", "Tenant ID", "text", "From the app registration.", required=True),
        ConfigField("client_id", "Client ID", "text", "From the app registration.", required=True),
        ConfigField("client_secret", "Client secret", "secret", "Of the app.", required=True,
                    env="ENTRA_CLIENT_SECRET"),
        ConfigField("graph_url", "Graph address", "text", "Of Microsoft Graph.", advanced=True,
                    default="https://graph.microsoft.com"),
    ),
    permissions=(Permission("User.Read.All", "users"),),
    options=tuple(
        SyncOption(name, "boolean", default=True, help=f"Read {name[5:].replace('_', ' ')}.")
        for name in ("sync_users", "sync_roles", "sync_sign_ins", "sync_apps")
    ),
)  # fmt: skip
