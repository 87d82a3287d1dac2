"""How long the pages of a twin take in a real browser, each against 300 ms.

Run: python benchmarks/pages.py HOME [--rounds 5]

HOME is a twin that is there already; `benchmarks/large_home.py` makes one of a million people. What
is measured is from the click until the page and all that it shows at once is loaded (the browser's
`loadEventEnd`), the median of the rounds; and behind it how long what a page fetches afterwards
takes, such as those in a gap.
"""

import argparse
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Page, sync_playwright
from tests.support.site import ARGUMENTS, CHROMIUM, served

from twin_host.home import Home
from twin_host.moment import Moment
from twin_host.twin import Twin
from twin_host.web.links import address_of

ALLOWED_MS = 300
LONGEST_MS = 120_000
LOADED = "Math.round(performance.getEntriesByType('navigation')[0].loadEventEnd)"
FETCHED = """
performance.getEntriesByType('resource').filter(it => it.initiatorType == 'fetch')
    .reduce((most, it) => Math.max(most, Math.round(it.responseEnd)), 0)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path, metavar="HOME")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    twin = Twin(Home(asked.home.absolute()))
    with twin.moment() as now:
        paths = list(dict.fromkeys(pages_of(now)))
    slow = 0
    with served(twin) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(f"{address}/?token=a-session-secret")
        print("     ms  of 300   fetched by ms  page")
        for path in paths:
            times = [loaded_ms(page, address + path) for _ in range(asked.rounds)]
            page.wait_for_load_state("networkidle", timeout=LONGEST_MS)
            fetched = page.evaluate(FETCHED)
            taken = median(times)
            slow += taken > ALLOWED_MS
            print(f"{taken:7.0f} {taken / ALLOWED_MS:7.0%} {fetched or '':>15}  {path}", flush=True)
    print(f"{len(paths) - slow} of {len(paths)} pages within {ALLOWED_MS} ms")
    sys.exit(slow > 0)


def loaded_ms(page: Page, address: str) -> int:
    """From asking for a page until it is loaded; what it fetches of the one before is given up."""
    page.goto(address)
    page.wait_for_function(f"{LOADED} > 0")
    return int(page.evaluate(LOADED))


def pages_of(now: Moment) -> list[str]:
    """The address of every page: all lists in each of their orders, at both ends and filtered, the
    first thing of each kind, all gaps and figures."""
    found = ["/", "/posture", "/events", "/lists", "/search?words=mfa"]
    for kind in now.catalogue.kinds:
        about, path = kind.about, f"/lists/{kind.table}"
        found += [path, f"{path}?before="]
        found += [f"{path}?sort={way}{name}" for name in about.order for way in ("", "-")]
        shown = about.shown[-1]
        found += [f"{path}?where={about.shown[0]}+~+a", f"{path}?where={shown}+%3D+null"]
        row = next(now.asker.rows(now.question(kind.table), limit=1), None)
        if row and about.thing:
            found.append(address_of(row["source"], about.kind, str(row[about.key[-1]])))
    found += [f"/gaps/{gap.source}/{gap.id}" for gap in now.gaps()]
    found += [f"/figures/{fact.key}" for fact in now.facts()]
    return found


if __name__ == "__main__":
    main()
