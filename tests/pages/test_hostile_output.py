"""Model output is text: nothing in it runs, loads, links or hides."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages import hostile
from tests.pages.conftest import Site
from tests.pages.test_labelling import label, sign_in
from tests.pages.test_review import at_rest

pytestmark = pytest.mark.browser
SHOWN = {
    0: (hostile.SCRIPT,),
    1: (hostile.MARKDOWN,),
    2: (hostile.BREAKOUT,),
    3: ("␛[31mred␛[0m abc⟨U+202E⟩gnp.exe⟨U+202C⟩ zero⟨U+200B⟩width",),
    4: (hostile.LONG,),
}


@pytest.mark.parametrize("kind", range(6))
def test_hostile_output_is_shown_as_text(page: Page, site: Site, kind: int) -> None:
    page.goto(f"{site.url}/pairs?workflow=reply&pair={site.hostile[kind].replace('+', '%2B')}")
    sign_in(page, "Eve")
    expect(page.get_by_role("button", name="Save label")).to_be_visible()
    at_rest(page)
    page.get_by_text("Request", exact=True).click()
    for text in SHOWN.get(kind, ()):
        page.wait_for_function(
            "text => [...document.querySelectorAll('.sj-text')].filter(e => e.innerText.includes(text)).length >= 2",
            arg=text,
        )  # in an answer and in the request
    if kind == 5:
        expect(page.get_by_role("table", name="fields")).to_contain_text("<script>window.broken")
    label(page, "I cannot tell")
    expect(page.get_by_role("table", name="arms")).to_be_visible()
    assert page.evaluate("window.broken") is None
    assert page.locator("#broken, img[src*='broken'], a[href*='broken'], [onerror], iframe").count() == 0
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth"), "no line widens the page"
