"""The overview in a real browser."""

import pytest
from playwright.sync_api import Page, expect

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
