"""Take the two pictures of the pages in docs/, from a seeded store: python -m tests.pages.screenshots docs"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from dashboards.serving import serve_dashboard
from tests.connectors.chat_server import ChatServer
from tests.pages.conftest import ARGUMENTS, CHROMIUM
from tests.pages.seed import judge_reply, open_seeded, seed, write_config
from tests.pages.test_serving import free_port

PAIRS_EACH = 300
WIDTH = 1280
LOW = 700
SETTLE_MS = 1500


def main(folder: Path) -> None:
    """Write overview.png and pairs.png, as tall as the pages are."""
    with tempfile.TemporaryDirectory() as scratch:
        with ChatServer(judge_reply) as judge:
            file = write_config(Path(scratch), judge.base_url)
            store = open_seeded(file)
            seed(store, file, PAIRS_EACH)
        with serve_dashboard(file, "127.0.0.1", free_port()) as dashboard, sync_playwright() as playwright:
            dashboard.wait_until_healthy()
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
            page = browser.new_page(viewport={"width": WIDTH, "height": LOW})
            page.goto(dashboard.url)
            expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
            _shoot(page, folder / "overview.png")
            page.goto(f"{dashboard.url}/pairs?workflow=reply&show=answers+differ")
            page.get_by_label("Your name").fill("Ada")
            page.get_by_label("Your name").press("Enter")
            page.get_by_text("Request", exact=True).click()
            left = page.get_by_role("region", name="left").inner_text()
            curt = "Left" if "Please wait" in left else "Right"
            page.get_by_text(f"{curt} is worse", exact=True).click()
            page.get_by_text("major: wrong").click()
            _shoot(page, folder / "pairs.png")
            browser.close()
        store.close()


def _shoot(page: Page, file: Path) -> None:
    page.set_viewport_size({"width": WIDTH, "height": LOW})
    page.wait_for_timeout(SETTLE_MS)
    height = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
