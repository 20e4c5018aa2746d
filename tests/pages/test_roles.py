"""Every page for every role, behind a real login: what each may read, and what each has to write with."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.pages.conftest import TIMEOUT_MS, Site
from tests.pages.guarded import log_in

pytestmark = pytest.mark.browser
ROLES = {
    "viewer": "vera@example.com",
    "reviewer": "rolf@example.com",
    "release_manager": "mara@example.com",
    "admin": "alba@example.com",
}
READS = {
    "": ("table", "readiness board"),
    "disagreements": ("table", "pairs"),
    "candidate": ("table", "facts"),
    "judge": ("heading", "Against itself"),
    "health": ("table", "parts"),
}
LABELS, SIGNS = ("reviewer", "admin"), ("release_manager", "admin")


@pytest.fixture(scope="module")
def tabs(chromium: BrowserContext, guarded: Site) -> Iterator[dict[str, Page]]:
    """A tab for each role, logged in, each with cookies of its own."""
    assert chromium.browser is not None
    contexts, found = [], {}
    for role, name in ROLES.items():
        context = chromium.browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        found[role] = context.new_page()
        log_in(found[role], guarded.url, name)
        expect(found[role].get_by_text(name)).to_be_visible()
    yield found
    for context in contexts:
        context.close()


def at(page: Page, site: Site, path: str) -> Locator:
    """What the page shows beside the sidebar, once it has been drawn and says that nothing is wrong."""
    page.goto(f"{site.url}/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator(".sj-note-error").filter(has_not_text="has been silent")).to_have_count(0)
    return page.get_by_test_id("stMain")


def at_the_desk(page: Page, site: Site) -> str:
    """The pair before a reviewer, once the keys are there: a key that is pressed sooner is nobody's."""
    expect(at(page, site, "review?workflow=reply").get_by_role("button", name="neither is worse")).to_be_visible()
    return page.locator(".sj-number").get_attribute("data-pair") or ""


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", READS)
def test_who_has_a_role_reads_the_page(tabs: dict[str, Page], guarded: Site, role: str, name: str) -> None:
    kind, title = READS[name]
    main = at(tabs[role], guarded, f"{name}?workflow=reply")
    shown = main.get_by_role("table", name=title) if kind == "table" else main.get_by_role("heading", name=title)
    expect(shown.first).to_be_visible()


@pytest.mark.parametrize("role", ROLES)
def test_only_who_reviews_has_keys_and_a_form_to_label_with(tabs: dict[str, Page], guarded: Site, role: str) -> None:
    page, few = tabs[role], 1 if role in LABELS else 0
    main = at(page, guarded, "review?workflow=reply")
    expect(main.locator(".sj-number")).to_have_count(few)
    expect(main.get_by_role("button", name="neither is worse")).to_have_count(few)
    expect(main.get_by_text("To label pairs takes the role reviewer.")).to_have_count(1 - few)
    main = at(page, guarded, "pairs?workflow=reply")
    expect(main.get_by_role("region", name="left")).to_be_visible()
    expect(main.get_by_role("button", name="Save label")).to_have_count(few)
    expect(main.get_by_role("button", name="Next pair for me")).to_have_count(few)
    expect(main.get_by_text("To label a pair takes the role reviewer.")).to_have_count(1 - few)


@pytest.mark.parametrize("role", ROLES)
def test_only_who_releases_has_a_form_to_sign(tabs: dict[str, Page], guarded: Site, role: str) -> None:
    few = 1 if role in SIGNS else 0
    main = at(tabs[role], guarded, "signoff?workflow=triage&phase=limited")
    expect(main.get_by_role("table", name="lines")).to_be_visible()
    expect(main.get_by_role("button", name="Sign", exact=True)).to_have_count(few)
    expect(main.get_by_text("To sign takes the role release_manager.")).to_have_count(1 - few)


def test_a_viewer_who_sends_a_reviewers_own_message_labels_nothing(tabs: dict[str, Page], guarded: Site) -> None:
    """The bytes that a reviewer's browser sends for one key, sent again on the connection of a viewer."""
    reviewer, viewer = tabs["reviewer"], tabs["viewer"]
    for page in (reviewer, viewer):
        page.add_init_script(_LISTEN)
    at(viewer, guarded, "review?workflow=reply")
    pair, before = at_the_desk(reviewer, guarded), labels(guarded)
    reviewer.evaluate("window.sent = []")
    reviewer.keyboard.press("s")
    expect(reviewer.locator(".sj-number")).not_to_have_attribute("data-pair", pair)
    assert labels(guarded) == before + 1
    message = reviewer.evaluate("window.sent[0]")
    assert b"key-S" in bytes(message)
    viewer.evaluate("bytes => window.socket.send(new Uint8Array(bytes))", message)
    viewer.wait_for_timeout(500)
    at_rest = viewer.get_by_test_id("stApp")
    expect(at_rest).to_have_attribute("data-test-script-state", "notRunning")
    assert labels(guarded) == before + 1
    expect(viewer.locator(".sj-number")).to_have_count(0)


def test_a_role_taken_away_while_the_page_is_open_ends_the_labelling(tabs: dict[str, Page], guarded: Site) -> None:
    """The keys are still on the screen, so the browser sends the label: it is refused where it is written."""
    page, right = tabs["reviewer"], guarded.config.read_text(encoding="utf-8")
    pair, before = at_the_desk(page, guarded), labels(guarded)
    assert 'viewer = ["everyone"]' in right
    changed = right.replace('viewer = ["everyone"]', 'viewer = ["everyone", "annotators"]')
    changed = changed.replace('reviewer = ["annotators"]', "reviewer = []")
    guarded.config.write_text(changed, encoding="utf-8")
    try:
        page.keyboard.press("s")
        refused = page.get_by_role("alert").filter(has_text="rolf@example.com may not label a pair")
        expect(refused).to_contain_text("that takes the role reviewer")
        assert labels(guarded) == before
        expect(page.locator(".sj-number")).to_have_attribute("data-pair", pair)
    finally:
        guarded.config.write_text(right, encoding="utf-8")
    page.keyboard.press("s")
    expect(page.locator(".sj-number")).not_to_have_attribute("data-pair", pair)
    assert labels(guarded) == before + 1


_LISTEN = """
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
    window.socket = this;
    if (typeof data !== "string") window.sent.push([...new Uint8Array(data.buffer ?? data)]);
    return send.call(this, data);
};
"""


def labels(site: Site) -> int:
    return int(site.store.read("SELECT count(*) AS n FROM reviews").item())
