"""Sign-off in a real browser: bound to what was read, refused when that is stale."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from judge.board import SETTLING
from tests.pages.conftest import Site
from tests.pages.test_labelling import label, sign_in

pytestmark = pytest.mark.browser


def sign(page: Page, decision: str, reason: str) -> None:
    page.get_by_role("radiogroup", name="Decision").get_by_text(decision).click()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Sign", exact=True).click()


def signed(site: Site) -> int:
    return int(site.store.read("SELECT count(*) AS n FROM signoffs").item())


def test_a_decision_on_what_is_no_longer_so_is_refused(page: Page, chromium: BrowserContext, site: Site) -> None:
    page.goto(f"{site.url}/signoff?workflow=reply&phase=limited")
    sign_in(page, "Rhea")
    expect(page.get_by_role("table", name="lines")).to_contain_text("major defects")
    before = signed(site)

    other = chromium.new_page()
    other.goto(f"{site.url}/pairs?workflow=reply&show=to+label&page=2")
    sign_in(other, "Dora")
    label(other, "I cannot tell")
    expect(other.get_by_role("table", name="reviews")).to_contain_text("Dora")
    other.close()

    sign(page, "reject", "It promises what nobody said.")
    expect(page.get_by_role("alert").filter(has_text="stale")).to_contain_text("reviewed since")
    assert signed(site) == before

    page.wait_for_timeout(1.5 * SETTLING.total_seconds() * 1000)  # a reading leaves the last moment out
    page.get_by_role("button", name="Read again").click()
    expect(page.get_by_role("alert").filter(has_text="stale")).to_have_count(0)
    sign(page, "reject", "It promises what nobody said.")
    expect(page.get_by_role("status").filter(has_text="Signed as number")).to_be_visible()
    assert signed(site) == before + 1
    expect(page.get_by_role("table", name="signoffs")).to_contain_text("Rhea (unauthenticated)")
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_role("status").filter(has_text="hold: chain, evidence and decision")).to_be_visible()


def test_a_blocked_phase_cannot_be_approved_and_a_reason_is_wanted(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/signoff?workflow=triage&phase=limited")
    sign(page, "approve", "Looks fine.")
    expect(page.get_by_text("Type your name in the sidebar first")).to_be_visible()
    sign_in(page, "Rhea")
    sign(page, "approve", "Looks fine.")
    expect(page.get_by_role("alert").filter(has_text="Not signed")).to_contain_text(
        "Only a ready phase can be approved"
    )
    sign(page, "reject", " ")
    expect(page.get_by_role("alert").filter(has_text="Not signed")).to_contain_text("needs a reason")
