"""The sandbox as the conformance kit wants it."""

from collections.abc import Iterator
from contextlib import contextmanager

from okta_sandbox import Org, Settings, create_app
from okta_sandbox.serving import serve
from twin_host.conformance import Product


@contextmanager
def okta_product() -> Iterator[Product]:
    sandbox = create_app(Org(users=40, apps=5, groups=4, admins=3), Settings(window_s=2))
    token = sandbox.token()

    def deny() -> str:
        sandbox.faults.add("denied", "/api/v1/logs*", times=None)
        return "logs"

    with serve(sandbox) as url:
        yield Product(
            values={"domain": url, "allow_loopback_http": "true"},
            secrets={"token": token},
            deny=deny,
            vanish=lambda: sandbox.credentials.revoke(token),
        )
