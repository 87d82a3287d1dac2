"""What a server repeats of what it was sent: no secret comes out anywhere, in any writing."""

import base64
import html
import itertools
import json
import traceback
from pathlib import Path
from urllib.parse import parse_qs, quote

import httpx
import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey

from tests.plugin.test_oauth import service_org
from tests.support.odd_server import TOKEN, OddServer, always
from tests.support.virtual_org import virtual_org
from twin_okta.api import OktaError
from twin_okta.api.keys import SigningKey
from twin_okta.api.spoken import HIDDEN, LONGEST_SHOWN, KnownSecrets

WRITINGS = {
    "plain": str,
    "upper case": str.upper,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "every byte in percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64, shifted": lambda text: base64.b64encode(b"x" + text.encode()).decode(),
    "base64, shifted more": lambda text: base64.b64encode(b"no" + text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "JSON escapes": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "HTML": html.escape,
    "HTML numbers": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "HTML hexadecimal": lambda text: "".join(f"&#x{ord(c):x};" for c in text),
    "split by spaces": " ".join,
    "split by lines": "\r\n".join,
    "split by control characters": "\x00\x1b".join,
    "split by invisible ones": "\u200b\u202e".join,
    "in pieces of four": lambda text: " ".join(text[i : i + 4] for i in range(0, len(text), 4)),
    "full width": lambda text: "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text
    ),
    "its first half": lambda text: text[: -len(text) // 3],
    "with much before it": lambda text: "x" * 190 + text,
}
AROUND = ["{}", "Authorization: SSWS {}", "ssws {} is wrong", "token={}&x=1", '{{"a":"{}"}}']


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
def test_a_text_that_repeats_a_secret_in_any_writing_is_not_shown(write, around):
    secrets = KnownSecrets()
    secrets.learn(TOKEN)

    assert secrets.fit(around.format(write(TOKEN))) == HIDDEN
    assert secrets.fit(write(around.format(TOKEN))) == HIDDEN


@pytest.mark.parametrize("in_ascii", [False, True])
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("writing", [name for name in WRITINGS if name != "its first half"])
def test_a_record_that_repeats_what_was_sent_loses_that_text_and_no_other(
    writing, around, in_ascii
):
    secrets = KnownSecrets()
    secrets.learn(TOKEN, sent=True)
    said = around.format(WRITINGS[writing](TOKEN))
    records = [{"id": "1", "name": said, said: ["Zoë \\ \n", {"x": said}]}, 7, None]

    assert secrets.repeated_in_body(json.dumps(records, ensure_ascii=in_ascii).encode())
    assert secrets.without(records) == [
        {"id": "1", "name": HIDDEN, HIDDEN: ["Zoë \\ \n", {"x": HIDDEN}]}, 7, None
    ]  # fmt: skip


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=20,
               max_size=60), st.text(max_size=20), st.sampled_from(list(WRITINGS)))  # fmt: skip
def test_any_secret_is_found_whatever_stands_around_it(secret, around, writing):
    if sum(c.isalnum() for c in secret) < 16:
        return
    secrets = KnownSecrets()
    secrets.learn(secret)

    assert secrets.fit(f"{around} {WRITINGS[writing](secret)} {around}") == HIDDEN


@pytest.mark.parametrize(
    "text",
    ["The client secret supplied for a confidential client is invalid.",
     "Invalid token provided", "The DPoP proof JWT header is missing.",
     "Bearer authentication is not configured", "E0000006", "You do not have permission"],
)  # fmt: skip
def test_what_okta_usually_says_is_shown_as_it_is(text):
    secrets = KnownSecrets()
    secrets.learn(TOKEN, sent=True)
    for part in SigningKey.generate().private_texts():
        secrets.learn(part)

    assert secrets.fit(text) == text


def test_what_is_shown_is_short_and_has_nothing_invisible_in_it():
    shown = KnownSecrets().fit("\x1b[2J\x07\u202eword\u200b\n" * 1000)

    assert len(shown) == LONGEST_SHOWN
    assert shown.isprintable()
    assert shown.startswith("[2Jword")


@pytest.mark.parametrize(
    "text",
    ["eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiIwb2EifQ.c2ln", "DPoP " + "x" * 40, "bearer " + "y" * 40],
)
def test_what_looks_like_a_credential_is_not_shown_even_if_it_is_not_ours(text):
    assert KnownSecrets().fit(f"seen: {text}") == HIDDEN


def test_every_private_part_of_a_key_is_a_secret():
    rsa = RSAKey.generate_key(2048).as_pem(private=True).decode()
    ec = [SigningKey(ECKey.generate_key(curve), "", None) for curve in ("P-256", "P-384", "P-521")]
    for key in (*ec, SigningKey.parse(rsa)):
        secrets = KnownSecrets()
        for text in key.private_texts():
            secrets.learn(text)
        fields = key.key.as_dict(private=True)
        for name in set(fields) - set(key.public()):
            assert secrets.fit(f"it is {fields[name]}") == HIDDEN
        assert secrets.fit(key.key.as_pem(private=True).decode()) == HIDDEN
        assert secrets.fit(json.dumps(key.public())) != HIDDEN


# --- a whole server that repeats ----------------------------------------------------------------


@define
class Echo(httpx.AsyncBaseTransport):
    """Puts what it was sent into every text of every answer, each time in the next writing."""

    inner: httpx.AsyncBaseTransport
    what: str
    seen: dict = field(factory=dict)
    writings: object = field(factory=lambda: itertools.cycle(WRITINGS.values()))

    async def handle_async_request(self, request):
        response = await self.inner.handle_async_request(request)
        await response.aread()
        told = self._told(request)
        if self.what == "errors" and request.method == "GET":
            return self._error(request, told)
        if self.what == "records" and response.status_code == 200 and request.method == "GET":
            return self._records(response, told)
        return response

    def _told(self, request):
        form = parse_qs(request.content.decode()) if request.method == "POST" else {}
        shown = [
            request.headers.get("authorization", "").partition(" ")[2],
            request.headers.get("dpop", ""),
            *form.get("client_assertion", []),
        ]
        self.seen |= {one: None for one in shown if one}
        return " ".join(one for one in shown if one)

    def _error(self, request, told):
        said = next(self.writings)(told)
        headers = {"x-okta-request-id": said, "www-authenticate": f'Bearer error="{said}"'}
        headers = {k: v for k, v in headers.items() if v.isascii() and v.isprintable()}
        body = {"errorCode": said, "errorSummary": said}
        if "groups" in request.url.path:
            raise httpx.ReadError(f"cannot read {said}")
        status = 400 if "apps" in request.url.path else 403
        return httpx.Response(status, json=body, headers=headers)

    def _records(self, response, told):
        def spoil(value, name=""):
            if isinstance(value, dict):
                whole = {key: spoil(inner, key) for key, inner in value.items()}
                return whole | {next(self.writings)(told): 1}
            if isinstance(value, list):
                return [spoil(item) for item in value]
            texts = ("firstName", "label", "name", "displayMessage", "displayName", "userAgent")
            spoils = isinstance(value, str) and name in texts
            return next(self.writings)(told) if spoils else value

        headers = dict(response.headers)
        headers.pop("content-length", None)
        return httpx.Response(200, json=spoil(json.loads(response.content)), headers=headers)


def left_by(org, report):
    """Every byte that a sync leaves behind, and all that it says."""
    files = [path.read_bytes() for path in Path(org.state_dir).rglob("*") if path.is_file()]
    said = repr(report) + repr(org.progress) + repr(org.enrich())
    return b"".join(files) + said.encode(errors="surrogatepass")


@pytest.mark.parametrize("what", ["errors", "records"])
@pytest.mark.parametrize("service_app", [False, True], ids=["token", "DPoP"])
def test_a_server_that_repeats_what_it_was_sent_puts_it_nowhere(what, service_app):
    org = service_org(users=5, apps=3, dpop_bound=True) if service_app else virtual_org()
    echo = Echo(org._transport(), what)
    org._transport = lambda: echo

    left = left_by(org, org.sync(hours_back=6))

    assert len(echo.seen) > (10 if service_app else 0)
    shown = [name for name in WRITINGS if name != "its first half"]
    some = [*echo.seen][:4] + [*echo.seen][-4:]
    for secret, name in itertools.product(some, shown):
        assert WRITINGS[name](secret).encode() not in left, name


def test_an_answer_of_the_token_endpoint_that_repeats_the_assertion_is_not_shown():
    org = service_org(users=2, dpop_bound=True)
    echo = Echo(org._transport(), "")

    class Refusing(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            body = {"error": "invalid_client", "error_description": f"Bad: {echo._told(request)}"}
            return httpx.Response(401, json=body)

    org._transport = Refusing

    report = org.sync()

    assert HIDDEN in report.error
    assert echo.seen
    assert not [secret for secret in echo.seen if secret in repr(report)]


@pytest.mark.parametrize(
    "broken",
    [httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError, httpx.LocalProtocolError,
     httpx.DecodingError, httpx.ProxyError, httpx.ReadTimeout],
)  # fmt: skip
def test_no_secret_is_in_an_exception_or_in_what_led_to_it(broken):
    server = OddServer(lambda request: broken(f"bad header {request.headers['authorization']!r}"))

    with pytest.raises(OktaError) as failure:
        server.get()

    assert TOKEN not in "".join(traceback.format_exception(failure.value))
    assert TOKEN not in str(failure.value)
    told = failure.value
    while told := told.__cause__ or told.__context__:
        assert TOKEN not in repr(told)


@pytest.mark.parametrize("code", [301, 302, 307])
def test_a_redirect_does_not_show_where_to_when_it_repeats_the_token(code):
    for target in (f"https://{TOKEN}.evil.example/", f"https://evil.example/{TOKEN}", f"//{TOKEN}"):
        with pytest.raises(OktaError) as failure:
            always(httpx.Response(code, headers={"location": target})).get()
        assert TOKEN.lower() not in str(failure.value).lower()


def test_a_next_page_that_repeats_the_token_is_neither_kept_nor_followed():
    link = f'<https://acme.okta.com/api/v1/logs?after={TOKEN}>; rel="next"'
    server = always(httpx.Response(200, json=[{"uuid": "1"}], headers={"link": link}))

    async def reading(client):
        return await client.page("/api/v1/logs")

    assert TOKEN not in repr(server.run(reading))
