"""On a real port: the headers, the command line, the demo's org."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from okta_sandbox import Org, Settings, create_app, serve
from okta_sandbox.cli import main
from okta_sandbox.demo import running_org
from okta_sandbox.truth import truth
from tests.support.command_line import Terminal


def test_a_served_org_writes_its_own_date_and_names_no_server() -> None:
    app = create_app(Org(users=30), Settings(skew_s=-600))
    with serve(app) as url, httpx.Client(base_url=url) as client:
        response = client.get(
            "/api/v1/users?limit=2", headers={"authorization": f"SSWS {app.token()}"}
        )
        assert response.status_code == 200
        assert response.headers.get_list("date") == [response.headers["date"]]
        assert "server" not in response.headers
        assert response.links["next"]["url"].startswith(f"{url}/api/v1/users?")
        assert len(response.headers.get_list("link")) == 2


def test_faults_of_the_connection_are_faults_on_a_socket() -> None:
    app = create_app(Org(users=30))
    with serve(app) as url, httpx.Client(base_url=url, timeout=0.1) as client:
        client.headers["authorization"] = f"SSWS {app.token()}"
        expected: dict[str, type[httpx.HTTPError]] = {
            "reset": httpx.ReadError,
            "hang": httpx.ReadTimeout,
            "cut-body": httpx.RemoteProtocolError,
        }
        for kind, error in expected.items():
            app.faults.add(kind, "/api/v1/users", seconds=0.3)
            with pytest.raises(error):
                client.get("/api/v1/users")
        assert client.get("/api/v1/users").status_code == 200


CLIENT = """
import sys, urllib.request
url, token = sys.argv[1:]
for limit in range(1, 41):
    headers = {"Authorization": f"SSWS {token}"}
    request = urllib.request.Request(f"{url}/api/v1/users?limit={limit}", headers=headers)
    urllib.request.urlopen(request).read()
    print(limit, flush=True)
"""


def test_the_journal_goes_on_when_a_client_is_killed() -> None:
    app = create_app(Org(users=60), Settings(plan="enterprise"))
    with serve(app) as url:
        command = [sys.executable, "-c", CLIENT, url, app.token()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
            assert first.stdout
            done = [first.stdout.readline() for _ in range(5)]
            first.kill()
        killed = len(app.journal.entries)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert done[-1] == "5\n"
    again = app.journal.asked_again(killed)
    assert again[:5] == [f"GET /api/v1/users?limit={limit}" for limit in range(1, 6)]
    assert len(again) in {killed - 1, killed}, "the last may have been cut off"
    late = app.journal.count(path="/users") - killed - 40
    assert late in {0, 1}, "what the killed one had sent may have come after it"


def test_two_orgs_can_be_served_at_once_and_a_taken_port_is_an_error() -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(serve(create_app(Org(users=5)))) for _ in range(2)]
        assert len(set(urls)) == 2
        port = int(urls[0].rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), serve(create_app(Org(users=5)), port=port):
            pass


COMMANDS = {
    "okta-sandbox": [str(Path(sys.executable).parent / "okta-sandbox")],
    "python -m okta_sandbox": [sys.executable, "-m", "okta_sandbox"],
}


@contextmanager
def started(*options: str, command: str = "okta-sandbox") -> Generator[str]:
    """The command, serving in a process of its own; gives what it printed."""
    with subprocess.Popen(
        [*COMMANDS[command], "--port", "0", *options], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield "".join(iter(process.stdout.readline, "Stop with Ctrl-C.\n"))
        finally:
            process.terminate()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_prints_the_address_and_the_tokens_and_serves(command: str) -> None:
    options = ("--users", "40", "--seed", "9", "--edition", "classic", "--plan", "integrator")
    with started(*options, command=command) as printed:
        url = re.search(r"http://\S+", printed)
        token = re.search(r"super_admin +(\S+)", printed)
        assert url
        assert token
        with httpx.Client(base_url=url[0], headers={"authorization": f"SSWS {token[1]}"}) as client:
            users = client.get("/api/v1/users?limit=1")
            assert users.headers["x-rate-limit-limit"] == "50"
            assert len(users.json()) == 1
            assert client.get("/.well-known/okta-organization").json()["pipeline"] == "v1"


def test_what_it_says_to_type_next_reads_the_org(tmp_path: Path) -> None:
    with started("--users", "12", "--apps", "4", "--window-s", "1") as printed:
        typed = printed.partition("type in another terminal")[2].splitlines()[1:]
        script = "\n".join(line.strip() for line in typed if line.startswith("  "))
        terminal = Terminal(tmp_path)
        environment = terminal.environment()
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        done = subprocess.run(
            ["sh", "-e"],
            input=script,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "twin sync okta" in script
    assert (tmp_path / "sandbox-twin" / "twin.db").exists()


def test_neither_the_command_nor_the_demo_needs_a_host_or_a_plugin() -> None:
    alone = (
        "import sys; sys.modules.update(twin_host=None, twin_okta=None); "
        "import okta_sandbox.cli, okta_sandbox.demo, okta_sandbox.truth, okta_sandbox.transport"
    )
    done = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_help_shows_examples() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "okta-sandbox --users 2000 --seed 7 --port 8100" in result.output


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    result = CliRunner().invoke(main, ["--fault", "earthquake"])
    assert result.exit_code == 2
    assert "server-error" in result.output


def test_the_demos_org_can_be_called_and_changes_when_asked() -> None:
    with running_org() as demo:
        assert demo.title
        assert demo.values["allow_loopback_http"] == "true"
        assert demo.options == {"hours_back": 168}
        before = truth(demo.sandbox.org)
        sentence = demo.pass_time()
        after = truth(demo.sandbox.org)
        response = httpx.get(
            f"{demo.values['domain']}/api/v1/users/me",
            headers={"authorization": f"SSWS {demo.values['token']}"},
        )
    assert response.status_code == 200
    assert sentence.endswith(".")
    assert after.users == before.users + 1
    assert len(after.privileged) == len(before.privileged) + 1
    assert before.covered - after.covered
    assert after.covered - before.covered
