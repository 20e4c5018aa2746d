"""What pages show when there is nothing to show, when something waits, and when the store is gone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboards.serving import serve_dashboard
from tests.pages.conftest import Site
from tests.pages.seed import write_config
from tests.pages.test_serving import free_port

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The pages alone, over a configuration whose store does not exist yet."""
    file = write_config(tmp_path_factory.mktemp("empty"))
    with serve_dashboard(file, "127.0.0.1", free_port()) as dashboard:
        dashboard.wait_until_healthy()
        yield dashboard.url, file


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "No pair has been captured yet."),
        ("pairs", "No pair in this list."),
        ("signoff", "Nothing has been signed yet."),
        ("health", "No record has been seen yet."),
        ("health", "No part has ever reported."),
    ],
)
def test_a_clean_store_has_pages_that_say_what_to_do(
    page: Page, empty: tuple[str, Path], path: str, sentence: str
) -> None:
    page.goto(f"{empty[0]}/{path}")
    expect(page.get_by_text(sentence)).to_be_visible()
    if path in ("", "signoff"):
        expect(page.locator(".sj-insufficient_evidence").first).to_be_visible()
        expect(page.locator(".sj-ready")).to_have_count(0)


def test_a_mistake_in_the_configuration_is_told_and_its_repair_noticed(page: Page, empty: tuple[str, Path]) -> None:
    url, file = empty
    right = file.read_text(encoding="utf-8")
    file.write_text(right.replace("min_captured", "min_capturd"), encoding="utf-8")
    page.goto(f"{url}/pairs")
    expect(page.get_by_role("alert")).to_contain_text("unknown key 'min_capturd'; did you mean 'min_captured'?")
    file.write_text(right, encoding="utf-8")
    page.reload()
    expect(page.get_by_text("No pair in this list.")).to_be_visible()


def test_health_adds_up_names_the_silent_and_counts_what_was_rejected(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/health")
    expect(page.get_by_role("status").filter(has_text="adds up")).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="scorer")).to_contain_text(re.compile(r"silent for 1\d min"))
    expect(page.get_by_role("table", name="reasons")).to_contain_text("the record is empty (a tombstone)")
    expect(page.get_by_role("table", name="masked")).to_contain_text("email")
    expect(page.get_by_role("table", name="parts")).to_contain_text("mirror")
