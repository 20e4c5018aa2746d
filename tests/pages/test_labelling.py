"""A pair is opened, labelled blind, counted, and still there after a reload."""

import re

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Site

pytestmark = pytest.mark.browser
REPLIES = "pairs?workflow=reply&show=answers+differ"
HIDDEN = ("small@", "smollm2-135m", "gpt-large", "judge-large", "production", "260 ms")


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your name").press("Enter")


def label(page: Page, choice: str, severity: str | None = None) -> None:
    page.get_by_text(choice, exact=True).click()
    if severity:
        page.get_by_text(severity).click()
    page.get_by_role("button", name="Save label").click()


def labels_shown(page: Page) -> int:
    text = page.locator(".sj-labels").inner_text()
    return int(text.removeprefix("labels: "))


def reviews(site: Site, reviewer: str) -> pl.DataFrame:
    return site.store.read("SELECT * FROM reviews WHERE reviewer = $reviewer", {"reviewer": reviewer})


def test_a_label_is_counted_stored_and_survives_a_reload(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/{REPLIES}")
    sign_in(page, "Ada")
    expect(page.get_by_role("region", name="left")).to_be_visible()
    before = labels_shown(page)
    left = page.get_by_role("region", name="left").inner_text()
    label(page, "Left is worse", "major: wrong")
    expect(page.locator(".sj-labels")).to_have_text(f"labels: {before + 1}")
    arms = page.get_by_role("table", name="arms")
    stood_left = arms.get_by_role("row").filter(has_text="left").inner_text().split()[0]
    stored = reviews(site, "Ada")
    assert stored["left_arm"].to_list() == [stood_left]
    assert stored["outcome"].to_list() == ["worse_major" if stood_left == "candidate" else "candidate_better"]
    text = site.store.read(
        f"SELECT {stood_left}_text AS t FROM pairs WHERE pair_id = $id", {"id": stored["pair_id"][0]}
    )
    assert text.item() in " ".join(left.split())

    page.reload()
    sign_in(page, "Ada")
    expect(page.locator(".sj-labels")).to_have_text(f"labels: {before + 1}")
    expect(page.get_by_role("table", name="reviews")).to_contain_text("Ada")


def test_a_name_is_kept_over_an_address_that_is_opened_and_is_data(page: Page, site: Site) -> None:
    name = "Zoë '; alert(1) //</script>"
    page.goto(f"{site.url}/{REPLIES}")
    sign_in(page, name)
    expect(page.get_by_role("button", name="Next pair for me")).to_be_visible()
    page.wait_for_function("document.cookie.includes('shadowjudge_name=Zo%C3%AB')")
    page.goto(f"{site.url}/review?workflow=reply")
    expect(page.get_by_label("Your name")).to_have_value(name)
    expect(page.locator(".sj-number")).to_be_attached()


def test_nothing_tells_the_arms_apart_before_the_label(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/{REPLIES}&page=2")
    sign_in(page, "Bea")
    expect(page.get_by_role("region", name="right")).to_be_visible()
    for word in HIDDEN:
        assert word not in page.get_by_test_id("stMain").inner_html(), word
    for table in ("arms", "checks", "verdicts", "reviews"):
        expect(page.get_by_role("table", name=table)).to_have_count(0)
    label(page, "I cannot tell")
    expect(page.get_by_role("table", name="arms")).to_contain_text("gpt-large")
    expect(page.get_by_role("table", name="checks")).to_contain_text("text_agreement")
    expect(page.get_by_role("table", name="verdicts")).to_contain_text("same_answer")
    page.get_by_text("What the judge replied").click()
    expect(page.get_by_text("It leaves the customer with nothing to do but wait.").first).to_be_visible()


def test_a_label_needs_a_name_a_choice_and_a_severity(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/{REPLIES}")
    page.get_by_role("button", name="Save label").click()
    expect(page.get_by_text("Choose which answer is worse")).to_be_visible()
    label(page, "Right is worse")
    expect(page.get_by_text("Say how bad the worse answer is")).to_be_visible()
    label(page, "I cannot tell")
    expect(page.get_by_text("Type your name in the sidebar first")).to_be_visible()
    assert reviews(site, "").is_empty()


def test_the_next_pair_follows_and_a_label_can_be_corrected(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/{REPLIES}&page=2")
    sign_in(page, "Cleo")
    label(page, "Both are unusable")
    page.get_by_text("Correct my label").click()
    label(page, "Neither is worse: they serve the user equally well")
    expect(page.get_by_role("table", name="reviews")).to_contain_text("equivalent")
    assert sorted(reviews(site, "Cleo")["outcome"]) == ["both_bad", "equivalent"]
    first = page.url
    page.get_by_role("button", name="Next pair", exact=True).click()
    expect(page.get_by_role("button", name="Save label")).to_be_visible()
    expect(page).not_to_have_url(first)
    expect(page).to_have_url(re.compile("pair="))


def test_looking_without_labelling_shows_the_arms_and_takes_the_form_away(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/{REPLIES}")
    page.get_by_role("button", name="Look without labelling").click()
    expect(page.get_by_role("table", name="arms")).to_be_visible()
    expect(page.get_by_role("button", name="Save label")).to_have_count(0)


def test_a_pass_names_the_check(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/pairs?workflow=reply&show=answers+agree")
    page.get_by_role("button", name="Look without labelling").click()
    expect(page.get_by_text("Every check passed: text_agreement.")).to_be_visible()


def test_json_answers_are_compared_field_by_field(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/pairs?workflow=order_id&show=settled+defects")
    expect(page.get_by_text("is not blind")).to_be_visible()
    fields = page.get_by_role("table", name="fields")
    expect(fields).to_contain_text("order_id")
    expect(fields.locator("mark")).to_have_count(2)


def test_the_pair_that_the_plan_offers_is_opened_and_held(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/pairs?workflow=reply")
    sign_in(page, "Offa")
    page.get_by_role("button", name="Next pair for me").click()
    for _ in range(200):
        claims = site.store.read("SELECT * FROM claims WHERE reviewer = 'Offa'").to_dicts()
        if claims:
            break
        page.wait_for_timeout(100)
    (claim,) = claims
    expect(page).to_have_url(re.compile(claim["pair_id"]))
    expect(page.get_by_role("region", name="left")).to_be_visible()
