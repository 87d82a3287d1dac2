"""Which addresses a request may go to: the configured origin, and nothing else."""

import re
from urllib.parse import quote

import httpx

from twin_okta.api.errors import NotOkta, UnreadableAnswer

_PLAIN_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~%-]+)+")
_PLAIN_ADDRESS = re.compile(r"(https?:/)?/[!-\[\]-~]*")  # printable ASCII without a backslash


def path_to(template: str, **ids: str) -> str:
    """A path with its ids filled in, quoted: an id is one step of it, whatever it holds."""
    return template.format(**{name: quote(one, safe="") for name, one in ids.items()})


def whole_address(origin: httpx.URL, link: str) -> str:
    """Where a link in an answer leads; nothing when it cannot be told. It is judged when it is
    followed, so that it does not cost the answer that it came with."""
    try:
        return str(origin.join(link)) if _PLAIN_ADDRESS.fullmatch(link) else ""
    except (httpx.InvalidURL, ValueError):
        return ""


def own_address(origin: httpx.URL, path: str) -> httpx.URL:
    """The whole address of one of our paths, or of a link that was made whole.

    The credential goes to the origin and nowhere else, whatever a link says. Raises NotOkta for
    a foreign one, and UnreadableAnswer for a path that an odd id has spoilt.
    """
    if _PLAIN_PATH.fullmatch(path):
        return httpx.URL(str(origin).rstrip("/") + path)
    if "://" not in path:
        raise UnreadableAnswer(
            "A path with an odd id in it is not asked for."
            if path
            else "Okta's next-page link cannot be read: the list is cut short."
        )
    url = httpx.URL(path)
    own = (origin.scheme, origin.host, origin.port)
    if (url.scheme, url.host, url.port) != own or url.userinfo:
        raise NotOkta(
            f"A next-page link led to {url.host} instead of {origin.host}: it was not followed. "
            "If the org has a custom domain, configure the address that its links use."
        )
    return url
