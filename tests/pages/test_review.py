"""The review workbench in a real browser: keys, undo, skip, two reviewers at once, a reload, what stays hidden."""

import polars as pl
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.pages.conftest import Site
from tests.pages.test_labelling import HIDDEN, reviews, sign_in

pytestmark = pytest.mark.browser


def open_desk(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/review?workflow=reply")
    sign_in(page, name)
    leave_the_field(page)
    expect(page.locator(".sj-number")).to_be_attached()
    page.wait_for_timeout(500)  # the name just typed has the page drawn once more


def leave_the_field(page: Page) -> None:
    """Keys typed into a field are its text, and no labels."""
    page.get_by_role("heading", name="Review").click()


def current(page: Page) -> str:
    return page.locator(".sj-number").get_attribute("data-pair") or ""


def at_rest(page: Page) -> None:
    """Wait until the page has drawn all that it was asked for."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def press(page: Page, key: str) -> None:
    """Press a key, and wait until another pair is there."""
    at_rest(page)
    before = current(page)
    page.keyboard.press(key)
    expect(page.locator(".sj-number")).not_to_have_attribute("data-pair", before)


def stored(site: Site, name: str) -> pl.DataFrame:
    return reviews(site, name).sort("reviewed_at")


def test_one_key_is_one_label_and_the_next_pair_is_there(page: Page, site: Site) -> None:
    open_desk(page, site.url, "Kim")
    seen = []
    for key in ("w", "s", "o"):
        seen.append(current(page))
        press(page, key)
    rows = stored(site, "Kim")
    assert rows["pair_id"].to_list() == seen
    assert rows["outcome"][1] == "equivalent"
    for place, worse in ((0, "candidate"), (2, "production")):  # Q W E: left is worse, I O P: right is worse
        is_candidate = rows["left_arm"][place] == worse
        assert rows["outcome"][place] == ("worse_major" if is_candidate else "candidate_better")
    assert set(rows["reason"]) <= {"confirm", "random", "audit"}
    assert rows["claim_id"].null_count() == 0
    assert rows["session"].n_unique() == 1
    assert rows["session"][0]
    expect(page.locator(".sj-labels")).to_have_text("3")


def test_undo_brings_the_pair_back_and_the_newest_label_counts(page: Page, site: Site) -> None:
    open_desk(page, site.url, "Uma")
    first = current(page)
    press(page, "b")
    at_rest(page)
    page.keyboard.press("z")
    expect(page.locator(".sj-number")).to_have_attribute("data-pair", first)
    press(page, "s")
    rows = stored(site, "Uma")
    assert rows["pair_id"].to_list() == [first, first]
    assert rows["outcome"].to_list() == ["both_bad", "equivalent"]


def test_a_skipped_pair_gets_no_label_and_does_not_come_back(page: Page, site: Site) -> None:
    open_desk(page, site.url, "Sol")
    first = current(page)
    press(page, "n")
    press(page, "x")
    assert first not in stored(site, "Sol")["pair_id"].to_list()
    assert current(page) != first


def test_typing_a_note_labels_nothing_and_the_note_is_kept(page: Page, site: Site) -> None:
    open_desk(page, site.url, "Noa")
    note = page.get_by_label("Note (optional)")
    note.fill("w s o: promises too much")
    note.press("Enter")
    assert stored(site, "Noa").is_empty()
    leave_the_field(page)
    press(page, "s")
    assert stored(site, "Noa")["note"].to_list() == ["w s o: promises too much"]


def test_two_reviewers_at_once_hold_different_pairs(page: Page, chromium: BrowserContext, site: Site) -> None:
    open_desk(page, site.url, "Eva")
    other = chromium.new_page()
    open_desk(other, site.url, "Finn")
    for _ in range(3):
        assert current(page) != current(other)
        press(page, "s")
        press(other, "x")
    other.close()
    assert not set(stored(site, "Eva")["pair_id"]) & set(stored(site, "Finn")["pair_id"])


def test_a_reload_in_mid_review_loses_nothing(page: Page, site: Site) -> None:
    open_desk(page, site.url, "Ria")
    press(page, "s")
    holding = current(page)
    page.reload()
    sign_in(page, "Ria")
    leave_the_field(page)
    expect(page.locator(".sj-number")).to_have_attribute("data-pair", holding)
    expect(page.locator(".sj-labels")).to_have_text("1")


def test_nothing_tells_the_arms_or_the_judge_before_the_label(page: Page, site: Site) -> None:
    open_desk(page, site.url, "Ria")  # holds pairs since the reload: each reviewer here holds five ahead
    shown = page.get_by_test_id("stMain").inner_html()
    for word in (*HIDDEN, "flagged", "audit", "It leaves the customer"):
        assert word not in shown, word
    press(page, "s")
    page.get_by_text("Your last label, and what was said of that pair").click()
    expect(page.get_by_role("table", name="arms")).to_contain_text("production")


def test_nobody_labels_without_a_name(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/review?workflow=reply")
    expect(page.get_by_text("Type your name in the sidebar")).to_be_visible()
    expect(page.get_by_role("region", name="left")).to_have_count(0)
