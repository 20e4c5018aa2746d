"""The disagreements in a real browser: filter, page, search, counts, a file, a link to a pair; hostile text is text."""

import re
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from tests.pages import hostile
from tests.pages.conftest import Site

pytestmark = pytest.mark.browser
REPLIES = "disagreements?workflow=reply"


def total(page: Page) -> int:
    return int(page.locator(".sj-total strong").inner_text().replace(",", ""))


def test_a_filter_is_in_the_address_and_narrows_the_list(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/disagreements?workflow=triage")
    table = page.get_by_role("table", name="pairs")
    expect(table).to_contain_text("failed label_agreement")
    every = total(page)
    page.get_by_role("combobox", name="Failed check").click()
    page.get_by_role("option", name="label_in_set").click()
    expect(page).to_have_url(re.compile("failed=label_in_set"))
    expect(page.locator(".sj-total strong")).not_to_have_text(f"{every:,}")
    narrowed = total(page)
    assert 0 < narrowed < every
    page.reload()
    expect(page.locator(".sj-total strong")).to_have_text(f"{narrowed:,}")


def test_pages_follow_each_other_and_a_row_links_to_its_pair(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/{REPLIES}&list_page=2")
    links = page.get_by_role("table", name="pairs").get_by_role("link")
    expect(links.first).to_be_visible()
    href = links.first.get_attribute("href") or ""
    assert "pair=" in href
    page.goto(f"{site.url}/{REPLIES}")
    expect(links).to_have_count(25)
    assert href not in [link.get_attribute("href") for link in links.all()]
    links.first.click()
    expect(page).to_have_url(re.compile(r"/pairs\?"))
    expect(page.locator(".sj-sides, .sj-fields").first).to_be_visible()


def test_text_and_ids_find_a_pair(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/{REPLIES}&text=wait for the carrier")
    expect(page.locator(".sj-total")).to_contain_text("which are all")
    expect(page.get_by_role("table", name="pairs")).to_contain_text("Please wait for the carrier")
    page.goto(f"{site.url}/{REPLIES}&text=nobody says this")
    expect(page.get_by_text("No pair with this text.")).to_be_visible()
    page.goto(f"{site.url}/{REPLIES}&text=req-00002&way=ids")
    expect(page.get_by_role("table", name="ids").get_by_role("link")).to_have_count(1)


def test_failures_are_counted_by_check_and_slice_and_by_day(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/disagreements?workflow=triage&see=clusters&slice=synthetic")
    clusters = page.get_by_role("table", name="clusters")
    expect(clusters).to_contain_text("label_agreement")
    expect(clusters).to_contain_text("true")
    page.goto(f"{site.url}/disagreements?workflow=triage&see=by+day")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()


def test_slices_are_drawn_the_worst_first_with_their_corrected_state(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/disagreements?workflow=triage&see=slices")
    slices = page.get_by_role("table", name="slices")
    expect(slices).to_contain_text("no tools")
    expect(slices.get_by_role("row").nth(1)).to_contain_text("blocked")
    expect(slices.get_by_role("row").nth(1)).to_contain_text("budget")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_text("goes through e-BH over all slices")).to_be_visible()


def test_hostile_output_is_text_in_the_list_and_harmless_in_the_file(page: Page, site: Site, tmp_path: Path) -> None:
    page.goto(f"{site.url}/{REPLIES}&from={yesterday(site)}&to={yesterday(site)}")
    table = page.get_by_role("table", name="pairs")
    expect(table).to_contain_text(hostile.SCRIPT[:60])
    for text in (hostile.MARKDOWN, hostile.BREAKOUT, hostile.FORMULA, "␛[31mred␛[0m abc⟨U+202E⟩gnp.exe"):
        expect(table).to_contain_text(text)
    assert page.evaluate("window.broken") is None
    assert page.locator("#broken, img[src*='broken'], a[href*='broken'], [onerror], iframe").count() == 0
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth"), "no line widens the page"
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Parquet").click()
    file = tmp_path / "pairs.parquet"
    waiting.value.save_as(file)
    texts = pl.read_parquet(file)["candidate_text"].to_list()
    assert f"'{hostile.FORMULA}" in texts
    assert hostile.SCRIPT in texts


def yesterday(site: Site) -> str:
    moment = site.hostile[0].partition("@")[2]
    return moment[:10].replace("-", "/") if "/" in moment else moment[:10]
