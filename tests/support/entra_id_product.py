"""A tiny Microsoft Graph over HTTP, and the stand-in connector installed in a folder."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from attrs import define, field

from twin_host.conformance import Product

DISTRIBUTION = Path(__file__).parents[1] / "entra_id"
PAGE = 5
SECRET = "an-entra-client-secret"


@define
class Graph:
    """A tenant of ten people, four of them without MFA, one disabled."""

    denied: set[str] = field(factory=set)
    gone: bool = False

    def records(self, path: str) -> list[dict]:
        people = [f"person{number}" for number in range(10)]
        return {
            "users": [
                {"id": p, "userPrincipalName": f"{p}@example.com", "accountEnabled": p != "person9"}
                for p in people
            ],
            "userRegistrationDetails": [
                {"id": p, "isMfaRegistered": number > 3} for number, p in enumerate(people)
            ],
            "roleAssignments": [
                {"id": "r1", "principalId": "person5", "roleDefinitionId": "admin"}
            ],
            "signIns": [
                {
                    "id": "s1",
                    "createdDateTime": "2026-01-02T03:04:05Z",
                    "userPrincipalName": "person1@example.com",
                    "ipAddress": "192.0.2.7",
                }
            ],
            "servicePrincipals": [
                {"id": "a1", "displayName": "Wiki", "preferredSingleSignOnMode": "saml"},
                {"id": "a2", "displayName": "Internal", "preferredSingleSignOnMode": ""},
            ],
        }[path.rpartition("/")[2]]


@contextmanager
def running_graph() -> Iterator[tuple[Graph, str]]:
    graph = Graph()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            ok = SECRET in form and not graph.gone
            self.answer(200 if ok else 401, {"access_token": "t"} if ok else {"error": "invalid"})

        def do_GET(self):
            address = urlsplit(self.path)
            name = address.path.rpartition("/")[2]
            if name in graph.denied:
                self.answer(403, {"error": {"code": "Authorization_RequestDenied"}})
                return
            records = graph.records(address.path)
            start = int(address.query.rpartition("$skip=")[2]) if "$skip=" in address.query else 0
            page = {"value": records[start : start + PAGE]}
            if start + PAGE < len(records):
                host = self.headers["Host"]
                page["@odata.nextLink"] = f"http://{host}{address.path}?$skip={start + PAGE}"
            self.answer(200, page)

        def answer(self, status, body):
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield graph, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def entra_id_product() -> Iterator[Product]:
    """What the conformance kit wants."""
    with running_graph() as (graph, url):

        def deny() -> str:
            graph.denied.add("roleAssignments")
            return "roles"

        def vanish() -> None:
            graph.gone = True

        yield Product(
            values={"tenant_id": "acme", "client_id": "app", "graph_url": url},
            secrets={"client_secret": SECRET},
            deny=deny,
            vanish=vanish,
        )


def install(folder: Path) -> None:
    """Install the distribution there, as pip does; it is found once the folder is on the path."""
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    place = ["--target", str(folder), str(DISTRIBUTION)]
    command = [sys.executable, "-m", "pip", "install", *options, *place]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
