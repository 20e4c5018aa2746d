"""The overview in a real browser."""

import re
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.pages.conftest import Site

pytestmark = pytest.mark.browser


def test_the_board_shows_every_workflow_and_phase_with_its_state(page: Page, site: Site) -> None:
    page.goto(site.url)
    board = page.get_by_role("table", name="readiness board")
    expect(board.get_by_role("row")).to_have_count(4)
    triage = board.get_by_role("row").filter(has_text="triage")
    expect(triage.locator('[data-phase="limited"]')).to_contain_text("blocked")
    expect(triage.locator('[data-phase="limited"]')).to_contain_text("budget 5.0")
    expect(triage.locator('[data-phase="limited"]')).to_contain_text("points over")
    expect(board.locator(".sj-badge")).to_have_count(12)
    expect(page.get_by_text("valid at every look: this page")).to_be_visible()


def test_a_phase_shows_its_lines_bars_and_what_is_missing(page: Page, site: Site) -> None:
    page.goto(site.url)
    lines = page.get_by_role("table", name="lines")
    expect(lines).to_contain_text("major defects")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    page.get_by_role("radio", name="shadow").click()
    expect(lines).to_contain_text("noise floor")
    expect(page.get_by_text("What is missing")).to_be_visible()


def test_the_board_fits_a_phone(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site.url)
    expect(page.get_by_role("table", name="readiness board")).to_contain_text("triage")
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_one_minute_says_what_is_wanted_refused_and_measured(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.get_by_role("radio", name="in one minute").click()
    table = page.get_by_role("table", name="executive")
    triage = table.get_by_role("row").filter(has_text="triage")
    expect(triage).to_contain_text("major defects at most 5.0")
    expect(triage).to_contain_text("USD a thousand calls")
    expect(triage).to_contain_text("this week: 40 pairs")
    expect(triage).to_contain_text("between")


def test_the_bounds_are_shown_over_time_on_the_viewers_clock(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.get_by_text("How the bounds moved").click()
    expect(page.get_by_text("the last point is now")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_either_theme(
    chromium: BrowserContext, site: Site, scheme: Literal["light", "dark"]
) -> None:
    browser = chromium.browser
    assert browser is not None
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site.url, timeout=60_000)
    expect(page.get_by_role("table", name="readiness board")).to_contain_text("triage")
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme") == scheme
    for place in (".sj-badge", ".sj-board td p", ".sj-table th", ".sj-lines td"):
        assert contrast(page, place) >= 4.5, place
    context.close()


def contrast(page: Page, place: str) -> float:
    """The contrast ratio of WCAG 2 between the first such element's text and what is behind it."""
    behind = """element => { for (let e = element; e; e = e.parentElement) {
        const c = getComputedStyle(e).backgroundColor;
        if (!c.includes(', 0)')) return c } return 'rgb(255, 255, 255)' }"""
    element = page.locator(place).first
    colours = (element.evaluate("element => getComputedStyle(element).color"), element.evaluate(behind))
    light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
