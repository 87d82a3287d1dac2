"""The pages as a person meets them: in Chromium, with mouse and keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from tests.support.site import ARGUMENTS, CHROMIUM, need_chromium, site
from tests.support.true_figures import known

LONG_MS = 30_000


@pytest.fixture(scope="module")
def browser():
    need_chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def place(tmp_path):
    with site(tmp_path / "twin") as found:
        yield found


@pytest.fixture(scope="module")
def synced(browser, tmp_path_factory):
    """A twin that was set up and synced in the browser."""
    with site(tmp_path_factory.mktemp("twin")) as found:
        page = visit(browser, found)
        configure(page, found)
        sync(page)
        page.close()
        yield found


def visit(browser, place, path="/", **options):
    page = browser.new_context(**options).new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(place.entrance)
    page.goto(place.address + path)
    return page


def configure(page, place, *, token=None):
    page.get_by_role("link", name="Okta", exact=True).click()
    page.get_by_label("Okta domain").fill(place.org_url)
    page.get_by_label("API token").fill(token or place.sandbox.token())
    page.get_by_text("More settings").click()
    page.get_by_label("Allow plain http").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Now test the connection.")).to_be_visible()


def sync(page):
    page.get_by_label("Hours back").fill("168")
    page.get_by_role("button", name="Sync Now").click()
    expect(page.locator("#sync .note").first).to_contain_text("Complete", timeout=LONG_MS)


def test_three_steps_lead_from_nothing_to_a_posture(browser, place):
    page = visit(browser, place)
    expect(page.get_by_text("Not configured")).to_be_visible()

    configure(page, place)
    page.get_by_role("button", name="Test Connection").click()
    rows = page.locator(".capabilities tbody tr")
    expect(rows).to_have_count(12)
    expect(rows.filter(has_text="granted")).to_have_count(12)
    expect(page.get_by_text("A first sync takes about")).to_be_visible()
    sync(page)
    page.get_by_role("link", name="Identity posture").first.click()

    true = known(place.sandbox.org)
    share = page.get_by_role("link", name="MFA coverage").first
    expect(share).to_contain_text("%")
    assert page.get_by_text(f"of {len(true.population)}").count() >= 3
    assert place.sandbox.token() not in page.content()
    assert {url.split("/")[2] for url in page.asked} == {place.address.split("/")[2]}


def test_progress_moves_and_an_early_estimate_shows(browser, tmp_path):
    with site(tmp_path / "twin", users=4000) as place:
        place.configure()
        page = visit(browser, place, "/connectors/okta")
        page.get_by_role("button", name="Sync Now").click()
        bar = page.get_by_role("progressbar", name="factors")
        expect(bar).to_have_attribute("max", str(len(known(place.sandbox.org).can_sign_in)),
                                      timeout=LONG_MS)  # fmt: skip
        first = float(bar.get_attribute("value"))
        page.wait_for_function(
            "start => Number(document.querySelector('[aria-label=factors]').value) > start + 50",
            arg=first,
        )
        expect(page.get_by_text("left", exact=False).first).to_be_visible()
        expect(page.locator(".confidence-observed").first).to_be_visible(timeout=LONG_MS)

        page.get_by_role("button", name="Cancel").click()

        expect(page.locator("#sync .note").first).to_contain_text("Cancelled", timeout=LONG_MS)
        expect(page.locator("#sync .state-partial").first).to_be_visible()
        expect(page.get_by_role("button", name="Sync Now")).to_be_enabled()


def test_a_wrong_token_fails_with_a_sentence_and_a_way_on(browser, place):
    page = visit(browser, place)
    configure(page, place, token="00" + "wrong" * 8)
    page.get_by_role("button", name="Test Connection").click()
    expect(page.locator("#test [role=alert]")).to_contain_text("token", timeout=LONG_MS)
    page.get_by_role("button", name="Sync Now").click()
    expect(page.locator("#sync [role=alert]")).to_contain_text("token", timeout=LONG_MS)
    assert "wrongwrong" not in page.content()
    expect(page.get_by_role("button", name="Sync Now")).to_be_enabled()


def test_a_denied_dataset_says_what_to_grant(browser, place):
    page = visit(browser, place)
    configure(page, place, token=place.sandbox.token("no_logs"))
    page.get_by_role("button", name="Test Connection").click()
    row = page.locator(".capabilities tr", has_text="logs")
    expect(row).to_contain_text("denied", timeout=LONG_MS)
    expect(row.locator("td").last).not_to_be_empty()


def test_a_figure_opens_down_to_its_people(browser, synced):
    page = visit(browser, synced, "/posture")
    page.locator("a[href='/figures/users_without_mfa']").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Users without MFA")
    bare = known(synced.sandbox.org).without_mfa
    expect(page.locator("tbody tr")).to_have_count(len(bare))
    expect(page.get_by_text("verified").first).to_be_visible()


def test_a_gap_opens_down_to_its_people(browser, synced):
    page = visit(browser, synced, "/posture")
    page.get_by_role("link", name="Users without MFA").first.click()
    bare = known(synced.sandbox.org).without_mfa
    expect(page.locator("tbody tr")).to_have_count(len(bare))
    expect(page.get_by_text("PR.AA-03")).to_be_visible()


def test_filters_of_events_live_in_the_address(browser, synced):
    page = visit(browser, synced, "/events")
    page.get_by_label("Severity").select_option("medium")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("severity=medium"))
    chips = page.locator(".events tbody .chip")
    expect(chips.filter(has_not_text="medium")).to_have_count(0)
    expect(chips.first).to_have_text("medium")

    again = visit(browser, synced, page.url.removeprefix(synced.address))
    expect(again.get_by_label("Severity")).to_have_value("medium")
    page.locator(".events a").first.click()
    expect(page.get_by_role("region", name="Log entry")).to_contain_text('"eventType"')


def test_search_finds_gaps_and_people(browser, synced):
    page = visit(browser, synced)
    page.get_by_label("Search the twin").fill("without MFA")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Users without MFA").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Users without MFA")


def test_the_three_steps_work_by_keyboard_alone(browser, place):
    page = visit(browser, place, "/connectors/okta")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    reach(page, "Okta domain", place.org_url)
    reach(page, "API token", place.sandbox.token())
    press(page, "summary", "More settings")
    press(page, "input", "Allow plain http", key="Space")
    press(page, "button", "Save")
    expect(page.get_by_text("Saved.")).to_be_visible()
    press(page, "button", "Sync Now")
    expect(page.locator("#sync .note").first).to_contain_text("Complete", timeout=LONG_MS)


def reach(page, label, text):
    """Tab to a field and type."""
    tab_to(page, f"(document.activeElement.labels?.[0]?.textContent ?? '').includes('{label}')")
    page.keyboard.insert_text(text)


def press(page, tag, text, key="Enter"):
    active = "document.activeElement"
    words = f"({active}.labels?.[0]?.textContent ?? {active}.textContent)"
    tab_to(page, f"{active}.matches('{tag}') && {words}.includes('{text}')")
    page.keyboard.press(key)


def tab_to(page, condition):
    for _ in range(60):
        if page.evaluate(condition):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"The keyboard does not reach it: {condition}")


PAGES = ("/", "/connectors/okta", "/posture", "/figures/mfa_coverage", "/events", "/changes",
         "/figures/none", "/gaps/okta/users-without-mfa", "/search?words=mfa", "/lists",
         "/lists/users?where=status+%3D+ACTIVE&sort=-last_login&columns=login,last_login,factors",
         "/lists/users", "/lists/rules", "/lists/users?where=nonsense",
         "/lists/timeline?before=")  # fmt: skip


TOO_WIDE = """
[...document.querySelectorAll('main *, header *')]
    .filter(part => !part.closest('.scroll, pre, .hidden, .skip'))
    .filter(part => part.getBoundingClientRect().right > document.documentElement.clientWidth)
    .map(part => part.outerHTML.slice(0, 90))
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_overflows(browser, synced, scheme, width):
    page = visit(browser, synced, color_scheme=scheme, viewport={"width": width, "height": 800})
    with synced.twin.store() as store:
        event = next(store.events()).id
    with synced.twin.moment() as now:
        admin = next(now.asker.rows(now.question("administrators"), limit=1))["id"]
        app = next(now.asker.rows(now.question("assignments"), limit=1))["app_id"]
    things = (f"/things/okta/users/{admin}", f"/things/okta/apps/{app}")
    for path in (*PAGES, *things, f"/events/okta/{event}"):
        page.goto(synced.address + path)
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        found = Axe().run(page).response["violations"]
        assert [(path, v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
        assert (path, page.evaluate(TOO_WIDE)) == (path, [])


def test_on_a_phone_rows_are_cards_and_a_wide_table_scrolls_within_the_page(browser, synced):
    page = visit(browser, synced, "/lists/users", viewport={"width": 360, "height": 800})
    boxes = [page.locator(".rows tbody tr").first.locator("td").nth(n).bounding_box()
             for n in range(2)]  # fmt: skip
    assert boxes[0]["x"] == boxes[1]["x"]
    assert boxes[0]["y"] < boxes[1]["y"]

    page.set_viewport_size({"width": 800, "height": 800})
    for path in ("/lists/timeline", "/lists/apps"):
        page.goto(synced.address + path)
        table = "document.querySelector('.rows').scrollWidth"
        assert page.evaluate(f"{table} > document.querySelector('.scroll').clientWidth")
        assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).backgroundImage")
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth") == page.evaluate(f"{root}.clientWidth")


def test_a_list_is_filtered_sorted_and_left_for_a_person_by_keyboard(browser, synced):
    page = visit(browser, synced, "/lists/users")
    page.get_by_label("Column", exact=True).select_option("status")
    reach(page, "Value", "ACTIVE")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"where=status\+%3D\+ACTIVE"))
    press(page, "a", "Last login")
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Last login")
    name = page.locator("td a").first.inner_text()
    press(page, "td a", name)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
