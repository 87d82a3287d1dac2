"""Which way a request takes: to this machine past every proxy, elsewhere through a usable one."""

import asyncio

import httpx
import pytest

from tests.support.odd_server import TOKEN
from twin_host.contract import Secret
from twin_okta.api import OktaClient, OktaError, Unreachable
from twin_okta.api.auth import ApiToken
from twin_okta.api.pacing import Pacer

LOOPBACK = ["http://127.0.0.1:{port}", "http://localhost:{port}", "http://127.8.8.8:{port}"]
VARIABLES = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in (*VARIABLES, "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


async def listen(met):
    """A server that keeps what it is sent and answers with an empty list."""

    async def meet(reader, writer):
        met.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
        await writer.drain()
        writer.close()

    return await asyncio.start_server(meet, "0.0.0.0", 0)


def port_of(server):
    return server.sockets[0].getsockname()[1]


async def ask(origin):
    async with OktaClient(origin, ApiToken(Secret(TOKEN)), Pacer(0.9)) as client:
        return await client.get("/api/v1/users")


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("origin", LOOPBACK)
def test_no_proxy_sees_what_goes_to_this_machine(monkeypatch, variable, origin):
    at_proxy, at_org = [], []

    async def main():
        async with await listen(at_proxy) as proxy, await listen(at_org) as org:
            monkeypatch.setenv(variable, f"http://127.0.0.1:{port_of(proxy)}")
            await ask(origin.format(port=port_of(org)))

    asyncio.run(main())

    assert not at_proxy
    assert TOKEN.encode() in at_org[0]


def test_what_goes_elsewhere_goes_through_the_proxy(monkeypatch):
    at_proxy = []

    async def main():
        async with await listen(at_proxy) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{port_of(proxy)}")
            with pytest.raises(OktaError):  # it answers a CONNECT like no proxy does
                async with asyncio.timeout(30):
                    await ask("https://acme.okta.com")

    asyncio.run(main())

    assert at_proxy[0].startswith(b"CONNECT acme.okta.com:443")
    assert TOKEN.encode() not in b"".join(at_proxy)


@pytest.mark.parametrize("proxy", ["socks5://10.0.0.1:1080", "ftp://x", "x://y:z"])
def test_a_proxy_that_cannot_be_used_is_one_sentence(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(Unreachable, match="proxy") as failure:
        asyncio.run(ask("https://acme.okta.com"))
    assert proxy not in str(failure.value)


def test_a_proxy_s_password_is_a_secret(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:pass-word-of-the-proxy@10.0.0.1:3128")

    client = OktaClient("https://acme.okta.com", ApiToken(Secret(TOKEN)), Pacer(0.9))

    assert "pass" not in client.secrets.fit("407 for pass-word-of-the-proxy")


def test_a_client_takes_no_credential_from_anywhere_but_its_own():
    client = OktaClient("https://acme.okta.com", ApiToken(Secret(TOKEN)), Pacer(0.9))

    assert isinstance(client._http, httpx.AsyncClient)
    assert not client._http.trust_env
