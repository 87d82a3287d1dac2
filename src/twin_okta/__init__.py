"""The Okta connector: turns an Okta org into knowledge for a security digital twin."""

from importlib.util import find_spec

if find_spec("twin_host") is None:
    raise ImportError(
        "twin-okta is a connector and works within a host: install it beside one, such as ./host "
        "of its source, which brings the contract twin_host.contract."
    )
