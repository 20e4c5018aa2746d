"""`make bench-labelling`: how fast a reviewer labels by keyboard, in a real browser on the real page.

A store of its own process, as the service keeps it, serves the pages; Chromium opens Review, and a script looks at each
pair for half a second, which nobody can, and presses a key. The page's own clock says how long it takes from there
until another pair is painted. After each one the store is asked whether the label is there: shown before it is kept
would be a miss. Prints a table; exits with 1 below a bar.

    python -m tests.bench.labelling [LABELS] [--pairs PAIRS] [--look SECONDS]
"""

import argparse
import os
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from dashboards.serving import serve_dashboard
from shadow.store import Store
from tests.bench.table import head, row, say
from tests.connectors.chat_server import ChatServer
from tests.pages.conftest import ARGUMENTS, CHROMIUM
from tests.pages.seed import judge_reply, open_seeded, seed, write_config
from tests.pages.test_serving import free_port

A_MINUTE, NEXT_MS = 20, 300
REVIEWER = "Ada"
KEYS = "swsoisebsx"
"""What the script says in turn; some keys are those of each column."""
_WATCH = """
() => {
    const shown = () => document.querySelector(".sj-number")?.dataset.pair;
    window.took = [];
    let pressed = null, before = null;
    document.addEventListener("keydown", () => { pressed = performance.now(); before = shown(); }, true);
    const look = () => {
        if (pressed !== null && shown() && shown() !== before) {
            const at = pressed;
            pressed = null;
            requestAnimationFrame(() => setTimeout(() => window.took.push(performance.now() - at)));
        }
    };
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
}
"""


class Measured(NamedTuple):
    """Milliseconds from each key to the next pair, seconds for all of them, and labels shown before they were kept."""

    next_ms: list[float]
    seconds: float
    early: int


def measure(page: Page, store: Store, url: str, labels: int, look_s: float) -> Measured:
    """Label so many pairs, each `look_s` after it came."""
    page.goto(f"{url}/review?workflow=reply")
    page.get_by_label("Your name").fill(REVIEWER)
    page.get_by_label("Your name").press("Enter")
    page.get_by_role("heading", name="Review").click()
    page.locator(".sj-number").wait_for(state="attached")
    page.wait_for_timeout(2000)
    page.evaluate(_WATCH)
    early, began = 0, time.perf_counter()
    for number, key in zip(range(1, labels + 1), cycle(KEYS), strict=False):
        page.wait_for_timeout(1000 * look_s)
        page.keyboard.press(key)
        page.wait_for_function("number => window.took.length >= number", arg=number, polling=5)
        early += kept(store) < number
    return Measured(page.evaluate("window.took"), time.perf_counter() - began, early)


def kept(store: Store) -> int:
    """Labels in the store."""
    return int(
        store.read("SELECT count(*) AS n FROM reviews WHERE reviewer = $reviewer", {"reviewer": REVIEWER}).item()
    )


def main(labels: int, pairs: int, look_s: float) -> int:
    """Exit code 1 when a bar is missed."""
    with tempfile.TemporaryDirectory() as scratch:
        with ChatServer(judge_reply) as judge:
            file = write_config(Path(scratch), judge.base_url)
            text = file.read_text(encoding="utf-8")
            assert "min_labels = 20" in text
            file.write_text(text.replace("min_labels = 20", f"min_labels = {2 * labels}"), encoding="utf-8")
            store = open_seeded(file)
            seed(store, file, pairs)
        with serve_dashboard(file, "127.0.0.1", free_port()) as dashboard, sync_playwright() as playwright:
            dashboard.wait_until_healthy()
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            found = measure(page, store, dashboard.url, labels, look_s)
            browser.close()
        different = store.read("SELECT count(DISTINCT pair_id) AS n FROM reviews").item()
        store.close()
    return _told(found, labels, different)


def _told(found: Measured, labels: int, different: int) -> int:
    times = sorted(found.next_ms)
    p50, p95 = (times[min(len(times) - 1, int(share * len(times)))] for share in (0.5, 0.95))
    a_minute = 60 * labels / found.seconds
    say(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {labels} labels in {found.seconds:.1f} s")
    head("label to next pair", "ms")
    for name, value in (("p50", p50), ("p95", p95), ("slowest", times[-1])):
        row(name, f"{value:.0f}")
    say(f"{different} different pairs labelled; shown before the label was in the store: {found.early}")
    good = a_minute >= A_MINUTE and p95 < NEXT_MS and not found.early and different == labels
    say(
        f"bench-labelling: {a_minute:.0f} pairs a minute (bar {A_MINUTE}), label to next pair p95 {p95:.0f} ms "
        f"(bar {NEXT_MS}): {'holds' if good else 'MISSED'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.labelling")
    parser.add_argument("labels", nargs="?", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=400, help="stored in each of three workflows")
    parser.add_argument("--look", type=float, default=0.5, help="seconds from a pair to its key")
    given = parser.parse_args()
    sys.exit(main(given.labels, given.pairs, given.look))
