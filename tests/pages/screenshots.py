"""Take a picture of every page in docs/, from a seeded store: python -m tests.pages.screenshots docs"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from dashboards.serving import serve_dashboard
from judge.actions import review
from judge.outcomes import Outcome
from judge.people import Actor, Role
from shadow.store import Store
from tests.connectors.chat_server import ChatServer
from tests.pages.conftest import ARGUMENTS, CHROMIUM
from tests.pages.seed import judge_reply, open_seeded, seed, write_config
from tests.pages.test_serving import free_port

PAIRS_EACH = 300
WIDTH = 1280
LOW = 700
SETTLE_MS = 1500
SHOWN = {
    "review": "review?workflow=reply",
    "disagreements": "disagreements?workflow=triage",
    "clusters": "disagreements?workflow=triage&see=clusters",
    "slices": "disagreements?workflow=triage&see=slices",
    "candidate": "candidate?workflow=triage",
    "judge": "judge?workflow=reply",
    "signoff": "signoff?workflow=triage&phase=limited",
    "health": "health",
    "minute": "?see=in+one+minute",
}
LABELS = 40


def main(folder: Path) -> None:
    """Write a PNG for each page, as tall as the page is, and the overview in the dark and on a phone."""
    with tempfile.TemporaryDirectory() as scratch:
        with ChatServer(judge_reply) as judge:
            file = write_config(Path(scratch), judge.base_url)
            store = open_seeded(file)
            seed(store, file, PAIRS_EACH)
            _label(store)
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
            for name, address in SHOWN.items():
                page.goto(f"{dashboard.url}/{address}")
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                page.get_by_label("Your name").fill("Ada")
                page.get_by_label("Your name").press("Enter")
                page.wait_for_timeout(3 * SETTLE_MS)
                expect(page.get_by_test_id("stSpinner")).to_have_count(0)
                _shoot(page, folder / f"{name}.png")
            dark = browser.new_page(viewport={"width": WIDTH, "height": LOW}, color_scheme="dark")
            phone = browser.new_page(viewport={"width": 390, "height": LOW})
            for name, other, width in (("dark", dark, WIDTH), ("phone", phone, 390)):
                other.goto(dashboard.url)
                expect(other.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
                _shoot(other, folder / f"overview-{name}.png", width)
            browser.close()
        store.close()


def _label(store: Store) -> None:
    """A person agrees with most of what the judge said."""
    who = Actor("Ada", frozenset({Role.REVIEWER}), authenticated=False, session="pictures")
    judged = store.read("SELECT pair_id, occurred_at, outcome FROM verdicts ORDER BY pair_id LIMIT $n", {"n": LABELS})
    for index, (pair_id, occurred_at, outcome) in enumerate(judged.iter_rows()):
        said = Outcome.EQUIVALENT if index % 9 == 0 else Outcome(outcome)
        review(store, who, pair_id, occurred_at, said, "", left_arm="production", submission="pictures")


def _shoot(page: Page, file: Path, width: int = WIDTH) -> None:
    page.set_viewport_size({"width": width, "height": LOW})
    page.wait_for_timeout(SETTLE_MS)
    height = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
