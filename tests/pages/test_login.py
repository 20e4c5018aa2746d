"""Login by a real OpenID Connect provider: who is let in, with which role, and what a role cannot do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.pages.conftest import TIMEOUT_MS, Site
from tests.pages.guarded import log_in
from tests.pages.test_sign_off_page import sign

pytestmark = pytest.mark.browser


@pytest.fixture
def visitor(chromium: BrowserContext) -> Iterator[BrowserContext]:
    """A window of its own, so that no login of another test is in its cookies."""
    assert chromium.browser is not None
    context = chromium.browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


def test_nobody_sees_a_page_without_a_login(visitor: BrowserContext, guarded: Site) -> None:
    page = visitor.new_page()
    for path in ("", "/pairs", "/signoff", "/health"):
        page.goto(guarded.url + path)
        expect(page.get_by_text("Log in to see the pages.")).to_be_visible()
        expect(page.get_by_text("triage")).to_have_count(0)


def test_a_stranger_is_told_what_to_ask_for(visitor: BrowserContext, guarded: Site) -> None:
    page = visitor.new_page()
    log_in(page, guarded.url, "nils@example.com")
    expect(page.get_by_role("alert")).to_contain_text("none of your groups has a role here")
    expect(page.get_by_text("triage")).to_have_count(0)


def test_a_viewer_reads_and_has_nothing_to_write_with(visitor: BrowserContext, guarded: Site) -> None:
    page = visitor.new_page()
    log_in(page, guarded.url, "vera@example.com")
    expect(page.get_by_role("table", name="readiness board")).to_contain_text("triage")
    page.goto(f"{guarded.url}/pairs?workflow=reply")
    expect(page.get_by_text("To label a pair takes the role reviewer.")).to_be_visible()
    expect(page.get_by_role("button", name="Save label")).to_have_count(0)
    page.goto(f"{guarded.url}/signoff?workflow=triage&phase=limited")
    expect(page.get_by_text("To sign takes the role release_manager.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign", exact=True)).to_have_count(0)


def test_what_is_written_carries_the_name_of_the_login(visitor: BrowserContext, guarded: Site) -> None:
    page = visitor.new_page()
    log_in(page, guarded.url, "mara@example.com")
    expect(page.get_by_role("table", name="readiness board")).to_be_visible()
    page.goto(f"{guarded.url}/signoff?workflow=triage&phase=limited")
    sign(page, "reject", "It sorts badly.")
    expect(page.get_by_role("status").filter(has_text="Signed as number")).to_be_visible()
    row = page.get_by_role("table", name="signoffs")
    expect(row).to_contain_text("mara@example.com")
    expect(row).not_to_contain_text("unauthenticated")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_text("Log in to see the pages.")).to_be_visible()
