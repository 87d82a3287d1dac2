"""Nobody but the browser that was given the session secret sees or does anything."""

import asyncio
import re
import subprocess
import sys

import httpx
import pytest

from tests.support.site import SESSION_SECRET, site
from twin_host.store import Store


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with site(tmp_path_factory.mktemp("twin")) as found:
        yield found


@pytest.fixture
def visitor(place):
    with httpx.Client(base_url=place.address) as client:
        yield client


@pytest.fixture
def guest(visitor, place):
    """A browser with the secret."""
    visitor.get(place.entrance)
    visitor.headers["Origin"] = place.address
    return visitor


@pytest.mark.parametrize(
    "path", ["/", "/posture", "/events", "/changes", "/connectors/okta", "/search"]
)
def test_without_the_secret_nothing_is_shown(visitor, path):
    answer = visitor.get(path)
    assert answer.status_code == 403
    assert "Okta" not in answer.text
    assert "twin serve" in answer.text


def test_a_wrong_secret_is_no_secret(visitor):
    assert visitor.get("/", params={"token": "wrong"}).status_code == 403
    visitor.cookies.set("twin_session", SESSION_SECRET)
    assert visitor.get("/").status_code == 403  # the address's secret is not the cookie's


def test_the_secret_leaves_the_address_and_the_cookie_is_for_this_site_only(visitor, place):
    answer = visitor.get(place.entrance)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert SESSION_SECRET not in answer.headers["set-cookie"]
    assert visitor.get("/").status_code == 200


def test_the_way_in_leads_nowhere_else(visitor, place):
    answer = visitor.get(f"{place.address}//evil.example/?token={SESSION_SECRET}")
    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith("//")


def test_another_host_name_is_refused(guest):
    assert guest.get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "http://evil.example", "null", "", "http://", "{https}",
        "{other port}",
        "{own}.evil.example", "{own}@evil.example", "http://evil.example#{own}", "{own}/", "{path}",
        "{own} http://evil.example",
    ],
)  # fmt: skip
def test_other_pages_cannot_press_buttons(guest, place, origin):
    own = place.address
    port = int(own.rpartition(":")[2])
    evil = {
        "{https}": own.replace("http:", "https:"),
        "{other port}": own.replace(str(port), str(port - 1)),
        "{path}": own + "/connectors",
    }
    told = evil.get(origin, origin.replace("{own}", own))
    answer = guest.post("/connectors/okta/cancel", headers={"Origin": told})
    assert answer.status_code == 403
    assert guest.post("/connectors/okta/cancel", headers={"Origin": own}).status_code == 303


def test_a_button_is_pressed_by_no_page_that_does_not_say_which_it_is(visitor, place):
    visitor.get(place.entrance)
    assert visitor.post("/connectors/okta/cancel").status_code == 403


def test_sqlite_is_never_asked_on_the_event_loop(guest, place, monkeypatch):
    place.configure()
    asked = []

    def watched(path, **how):
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        asked.append(path)
        return to_read(path, **how)

    to_read = Store.to_read
    monkeypatch.setattr(Store, "to_read", watched)
    for path in ("/", "/connectors/okta", "/posture", "/events", "/changes", "/search?words=x",
                 "/figures/x"):  # fmt: skip
        assert guest.get(path).status_code in (200, 404)
    wrong = {"domain": "http://evil.example"}
    assert guest.post("/connectors/okta/configure", data=wrong).status_code == 400
    assert guest.post("/connectors/okta/sync", data={"hours_back": "x"}).status_code == 400
    assert len(asked) == 9


def test_a_huge_form_is_refused(guest):
    answer = guest.post("/connectors/okta/configure", content=b"domain=" + b"a" * 300_000)
    assert answer.status_code == 413


def test_every_answer_forbids_foreign_content(guest, visitor):
    for path in ("/", "/static/twin.css", "/nothing"):
        headers = guest.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_an_unknown_page_connector_or_figure_is_a_sentence(guest):
    for path in ("/nothing", "/connectors/none", "/figures/none", "/gaps/okta/x", "/events/okta/x"):
        answer = guest.get(path)
        assert answer.status_code == 404
        assert "There is no" in answer.text
        assert "Traceback" not in answer.text


def test_wrong_settings_are_named_beside_their_fields_and_no_secret_comes_back(guest):
    typed = {"domain": "http://evil.example", "token": "00" + "s3cret" * 7, "rate_share": "9"}
    answer = guest.post("/connectors/okta/configure", data=typed)
    assert answer.status_code == 400
    assert 'id="problem-domain"' in answer.text
    assert 'id="problem-rate_share"' in answer.text
    assert "http://evil.example" in answer.text
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("hours", ["-1", "many", "99999", "1e9"])
def test_a_wrong_option_is_named(guest, place, hours):
    place.configure()
    answer = guest.post("/connectors/okta/sync", data={"hours_back": hours})
    assert answer.status_code == 400
    assert "hours_back" in answer.text


def test_twin_serve_prints_the_address_with_the_secret(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "twin_host", "serve", "--port", "0"],
        env={"TWIN_HOME": str(tmp_path / "twin"), "PATH": "/usr/bin:/bin"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", process.stderr.readline())
        with httpx.Client(follow_redirects=True) as client:
            assert "Connectors Overview" in client.get(address[0]).text
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_a_taken_port_is_a_sentence(tmp_path, place):
    port = place.address.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "twin_host", "serve", "--port", port],
        env={"TWIN_HOME": str(tmp_path / "twin"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
