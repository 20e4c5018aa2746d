"""The candidate's page in a real browser: figures with ranges beside production's, confidence, tells, errors."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Site

pytestmark = pytest.mark.browser


def test_a_candidate_stands_beside_production_with_ranges(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/candidate?workflow=triage")
    facts = page.get_by_role("table", name="facts")
    expect(facts).to_contain_text("production")
    expect(facts.get_by_role("row").filter(has_text="latency").first).to_contain_text("p95")
    expect(facts.get_by_role("row").filter(has_text="first token")).to_contain_text("not told")
    expect(facts.get_by_role("row").filter(has_text="first token")).to_contain_text("p50")
    expect(facts.get_by_role("row").filter(has_text="USD a thousand calls")).to_contain_text("0.316")
    expect(facts.get_by_role("row").filter(has_text="tasks done well")).to_contain_text("[")
    expect(page.get_by_text("Degenerate answers", exact=True)).to_be_visible()
    expect(page.get_by_role("table", name="tells")).to_contain_text("constant")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_text("No call has failed.")).to_be_visible()


def test_hostile_answers_and_names_stay_text(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/candidate?workflow=reply")
    expect(page.get_by_role("table", name="facts")).to_contain_text("47")
    assert page.evaluate("window.broken") is None
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
