"""Makes docs/images/*.png anew: every page against the simulated org.

    .venv/bin/python docs/make_screenshots.py

`--all FOLDER` makes wide and narrow, light and dark ones of every page instead, to look at.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from okta_sandbox.demo import running_org
from twin_host.home import Home
from twin_host.registry import Registry
from twin_host.twin import Twin
from twin_host.web import pages

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
IMAGES = Path(__file__).parent / "images"
SECRET = "only-for-these-pictures"  # noqa: S105
SIZES = {"wide": (1280, 900), "narrow": (360, 780)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", type=Path)
    chosen = parser.parse_args()
    with (
        running_org() as org,
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
    ):
        twin = Twin(Home(Path(folder)), Registry())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        with served(twin) as address:
            setup(browser, address, org, chosen.all or IMAGES)
            org.pass_time()
            second = Thread(target=twin.sync, args=("okta", {}))  # Playwright has a loop here
            second.start()
            second.join()
            if chosen.all:
                every_page(browser, address, twin, chosen.all)
            else:
                the_pages(browser, address, IMAGES)


def setup(browser: Browser, address: str, org: object, folder: Path) -> None:
    """The three steps, as a person takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    page = opened(browser, address)
    page.goto(f"{address}/connectors/okta")
    page.get_by_label("Okta domain").fill(org.values["domain"])  # type: ignore[attr-defined]
    page.get_by_label("API token").fill(org.values["token"])  # type: ignore[attr-defined]
    page.get_by_text("More settings").click()
    page.get_by_label("Allow plain http").check()
    page.screenshot(path=folder / "configure.png", full_page=True)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test Connection").click()
    page.get_by_text("A first sync takes about").wait_for()
    page.locator("#test").screenshot(path=folder / "test.png")
    page.get_by_label("Hours back").fill("168")
    page.get_by_role("button", name="Sync Now").click()
    page.locator("progress[aria-label=factors]").wait_for()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.screenshot(path=folder / "sync.png")  # of the window: the part itself keeps changing
    page.get_by_text("new events").wait_for(timeout=60_000)
    page.close()


def the_pages(browser: Browser, address: str, folder: Path) -> None:
    page = opened(browser, address)
    for name, path in {"overview": "/", "posture": "/posture", "events": "/events"}.items():
        page.goto(address + path)
        page.screenshot(path=folder / f"{name}.png")


def every_page(browser: Browser, address: str, twin: Twin, folder: Path) -> None:
    with twin.store() as store:
        event = next(store.events())
    paths = {
        "overview": "/",
        "connector": "/connectors/okta",
        "posture": "/posture",
        "figure": "/figures/mfa_coverage",
        "gap": "/gaps/okta/users-without-mfa",
        "events": "/events",
        "event": f"/events/okta/{event.id}",
        "search": "/search?words=weak+factor",
        "error": "/figures/nothing",
    }
    for scheme in ("light", "dark"):
        for size, (width, height) in SIZES.items():
            page = opened(browser, address, width, height, scheme)
            for name, path in paths.items():
                page.goto(address + path)
                page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=True)
            page.close()


def opened(
    browser: Browser, address: str, width: int = 1280, height: int = 900, scheme: str = "light"
) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page.goto(f"{address}/?token={SECRET}")
    return page


@contextmanager
def served(twin: Twin) -> Iterator[str]:
    """The pages on a free port."""
    port = 8765
    app = pages(twin, SECRET, {f"127.0.0.1:{port}"})
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    main()
