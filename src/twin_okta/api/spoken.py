"""What a server says, made fit to be shown and kept: the one place that all of its text passes.

A server can repeat what it was sent, by mistake or on purpose, so this client knows every secret
that it has shown or holds, and looks for each in the encodings that servers use. A text that
repeats one is not shown at all: cutting it out would leave what stands around it.
"""

import base64
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import parse_qs, quote, unquote

import httpx
from attrs import define, field

HIDDEN = "(not shown: it repeats a secret)"
LONGEST_SHOWN = 200
LONGEST_LOOKED_AT = 20_000
SHORTEST_SECRET = 6
"""Fewer letters and digits than this occur in any text."""
PIECE = 16
"""So much of a secret in a row gives it away."""
BEGINNING = 24
"""So much of a proof's or an assertion's claims is the same in all of them."""
LONG_FORM = 256
LONGEST_NEEDLE = 48

_LETTERS_AND_DIGITS = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = bytes(range(256)).lower()
_REST = bytes(set(range(256)) - set(_LETTERS_AND_DIGITS))
_A_JWT = re.compile(r"eyJ[\w-]{10,}(?:\.|[\w-]{10})")
_AN_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|[bfnrt])")
_A_CREDENTIAL = re.compile(r"\b(?:SSWS|Bearer|DPoP|Basic)[\s:=]+\S{20,}", re.IGNORECASE)


@define(repr=False)
class KnownSecrets:
    """Every secret that this client could meet again, each looked for in many encodings."""

    _pieces: dict[str, frozenset[bytes]] = field(factory=dict[str, frozenset[bytes]])
    _sent: dict[str, frozenset[bytes]] = field(factory=dict[str, frozenset[bytes]])

    def learn(self, secret: str, *, sent: bool = False) -> None:
        """From now on show no text that repeats it; `sent` when a server gets to see it."""
        if secret not in self._pieces:
            self._pieces[secret] = frozenset(p for form in _forms(secret) for p in _cut(form))
        if sent and secret not in self._sent:
            self._sent[secret] = frozenset(map(_middle, _forms(secret)))

    def learn_sent(self, request: httpx.Request) -> None:
        """Learn what a request shows. Proofs and assertions are made anew for each, so of these
        it is what they all begin with."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        self.learn(credential or scheme, sent=True)
        made_anew = [request.headers.get("dpop", "")]
        if request.method == "POST":
            made_anew += parse_qs(request.content.decode()).get("client_assertion", [])
        for jwt in filter(None, made_anew):
            self.learn(jwt.split(".")[1][:BEGINNING], sent=True)

    def fit(self, text: str, longest: int = LONGEST_SHOWN) -> str:
        """The text as it may be shown: printable, short, and only if it repeats no secret."""
        looked_at = text[:LONGEST_LOOKED_AT]
        if self.repeated_in(looked_at):
            return HIDDEN
        return "".join(c for c in looked_at if c.isprintable())[:longest]

    def repeated_in(self, text: str) -> bool:
        """Whether a text repeats a secret, or anything that looks like one."""
        return any(map(self._gives_away, _readings(text)))

    def repeated_in_body(self, body: bytes) -> bool:
        """The same for a whole answer, quickly: only what was sent, only whole."""
        squeezed = _squeeze(_unescaped(body))
        return any(needle in squeezed for needles in self._sent.values() for needle in needles)

    def without(self, json: Any) -> Any:
        """JSON with every text hidden that repeats a secret."""
        if isinstance(json, str):
            return HIDDEN if self.repeated_in(json) else json
        if isinstance(json, list):
            return [self.without(item) for item in cast("list[Any]", json)]
        if isinstance(json, dict):
            fields = cast("dict[str, Any]", json)
            return {self.without(name): self.without(value) for name, value in fields.items()}
        return json

    def _gives_away(self, text: str) -> bool:
        squeezed = _squeeze(text.encode(errors="replace"))
        if any(piece in squeezed for pieces in self._pieces.values() for piece in pieces):
            return True
        visible = "".join(c for c in text if c.isprintable() or c.isspace())
        return bool(_A_JWT.search("".join(visible.split())) or _A_CREDENTIAL.search(visible))


def _squeeze(text: bytes) -> bytes:
    """Letters and digits only, in lower case: whatever was put in between is gone."""
    return text.translate(_LOWER, _REST)


def _unescaped(body: bytes) -> bytes:
    """JSON without its escapes and wide letters, as far as it matters here."""
    if b"\\" in body:
        body = _AN_ESCAPE.sub(_meant_by, body)
    if b"\xef" in body and (b"\xef\xbc" in body or b"\xef\xbd" in body):
        body = unicodedata.normalize("NFKC", body.decode(errors="replace")).encode()
    return body


def _meant_by(escape: re.Match[bytes]) -> bytes:
    return chr(int(escape[1], 16)).encode(errors="replace") if escape[1] else b""


def _readings(text: str) -> Iterator[str]:
    """A text as it stands, and as it would be read once decoded."""
    yield text
    once = unquote(text)
    for other in (once, unquote(once), html.unescape(text), unicodedata.normalize("NFKC", text)):
        if other != text:
            yield other


def _forms(secret: str) -> set[bytes]:
    """A secret as servers write it, squeezed."""
    raw = secret.encode()
    codes = [f"{byte:02x}" for byte in raw]
    spelled: Iterable[str] = (
        secret,
        quote(secret, safe=""),
        re.sub(r"\W|_", lambda sign: f"u{ord(sign[0]):04x}", secret),
        re.sub(r"\W|_", lambda sign: f"{ord(sign[0]):02x}", secret),
        "".join(codes),
        "".join(f"x{code}" for code in codes),
        "".join(f"u00{code}" for code in codes),
        "".join(f"25{code}" for code in codes),
        "".join(map(str, raw)),
        *_base64_forms(raw),
    )
    squeezed = {_squeeze(text.encode()) for text in spelled}
    return {form for form in squeezed if len(form) >= SHORTEST_SECRET}


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Base64 of any text that holds it: what stands before shifts it by zero to two bytes."""
    for before, spoilt in ((0, 0), (1, 2), (2, 3)):
        whole = base64.b64encode(bytes(before) + raw).decode()
        yield whole.rstrip("=")[spoilt : -1 if whole.endswith("=") else None]


def _cut(form: bytes) -> Iterator[bytes]:
    """Pieces that give it away; fewer of a long form, of which more is needed to be of use."""
    step = PIECE if len(form) <= LONG_FORM else LONG_FORM // 4
    for start in range(0, len(form) - PIECE, step):
        yield form[start : start + PIECE]
    yield form[-PIECE:]


def _middle(form: bytes) -> bytes:
    start = max(0, (len(form) - LONGEST_NEEDLE) // 2)
    return form[start : start + LONGEST_NEEDLE]
