"""`make bench-pages`: how long people wait for each page and each thing they do there, on ten million pairs.

The store is that of `make bench-store`, opened by this process as the service opens it and served to the pages; a
Chromium is the viewer. First content is counted by the page's own clock, from the request of its address in a new tab
until what it is for is on the screen: a table, a chart, a pair, not a title. An interaction is counted from the last
press of a key or button until the page has drawn all that it was asked for. Everything is done once before the clock
runs.

    python -m tests.bench.pages [PAIRS] [ROUNDS] [--kept DIR]

Exits with 1 when a page's slowest first content is above 2 s, or the 95th percentile of any interaction above 1 s.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboards.serving import serve_dashboard
from shadow.store import open_store
from tests.bench.big_store import WORKFLOWS, big_store
from tests.bench.store import percentile
from tests.bench.table import head, row, say
from tests.pages.conftest import ARGUMENTS, CHROMIUM
from tests.pages.test_serving import free_port

FIRST_S, INTERACTION_S = 2.0, 1.0
BIG, OTHER = WORKFLOWS[0], WORKFLOWS[7]
TIMEOUT_MS = 600_000
REVIEWER = "bea"
CONTENT = {
    "overview": ("", "table[aria-label='readiness board']"),
    "pairs": (f"pairs?workflow={BIG}", ".sj-sides, .sj-fields"),
    "disagreements": (f"disagreements?workflow={BIG}", "table[aria-label='pairs']"),
    "clusters": (f"disagreements?workflow={BIG}&see=clusters", "table[aria-label='clusters']"),
    "candidate": (f"candidate?workflow={BIG}", "table[aria-label='facts']"),
    "judge": (f"judge?workflow={BIG}", "table[aria-label='itself']"),
    "sign-off": (f"signoff?workflow={BIG}&phase=limited", "table[aria-label='lines']"),
    "health": ("health", "[data-testid='stMetric']"),
}
_CLOCK = """
window.clock = {input: null, done: null};
for (const kind of ["pointerdown", "keydown"])
    document.addEventListener(kind, () => { window.clock = {input: performance.now(), done: null}; }, true);
new MutationObserver(changes => {
    for (const change of changes)
        if (change.target.dataset?.testid === "stApp" && window.clock.input !== null)
            window.clock.done = change.target.dataset.testScriptState === "notRunning" ? performance.now() : null;
}).observe(document, {subtree: true, attributes: true, attributeFilter: ["data-test-script-state"]});
"""
_DONE = "window.clock.done !== null && performance.now() - window.clock.done > 120"
Times = dict[str, list[float]]


class Viewer:
    """Somebody with a browser, and how long they waited: seconds by page, and by interaction."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url
        self.pages: Times = defaultdict(list)
        self.interactions: Times = defaultdict(list)

    @contextmanager
    def tab(self) -> Iterator[Page]:
        page = self._browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(TIMEOUT_MS)
        page.add_init_script(_CLOCK)
        yield page
        page.close()

    def opens(self, page: Page, name: str) -> None:
        """Wait for what a page is for, then until it rests."""
        _tell(name)
        address, content = CONTENT[name]
        page.goto(f"{self._url}/{address}", wait_until="commit")
        page.locator(content).first.wait_for()
        self.pages[name].append(page.evaluate("performance.now()") / 1000)
        expect(page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning", timeout=TIMEOUT_MS
        )

    def does(self, page: Page, name: str, act: Callable[[], None]) -> None:
        """Do something, and wait until the page has answered."""
        _tell(name)
        act()
        page.wait_for_function(_DONE, polling=10)
        self.interactions[name].append(page.evaluate("window.clock.done - window.clock.input") / 1000)

    def follows(self, page: Page, name: str, link: str, content: str) -> None:
        """Follow a link to another page, until what that is for is on the screen."""
        _tell(name)
        begun = time.perf_counter()
        page.locator(link).first.click()
        page.wait_for_url("**/pairs?**", wait_until="commit")
        page.locator(content).first.wait_for()
        self.interactions[name].append(time.perf_counter() - begun)


def _tell(name: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{name:<60}")


def choose(page: Page, label: str, option: str) -> Callable[[], None]:
    """Pick an option of a select box."""

    def act() -> None:
        page.get_by_role("combobox", name=label).first.click()
        page.get_by_role("option", name=option, exact=True).click()

    return act


def press(page: Page, group: str, option: str) -> Callable[[], None]:
    """Press one of the buttons that stand for one choice."""
    return lambda: page.get_by_role("radiogroup", name=group).get_by_text(option, exact=True).click()


def type_in(page: Page, label: str, text: str) -> Callable[[], None]:
    def act() -> None:
        page.get_by_label(label).first.fill(text)
        page.get_by_label(label).first.press("Enter")

    return act


def walk(viewer: Viewer) -> None:
    """Open every page but Review once, and do there what people do."""
    board(viewer)
    lists(viewer)
    for name in ("candidate", "judge", "sign-off"):
        reading(viewer, name)
    with viewer.tab() as page:
        viewer.opens(page, "health")


def board(viewer: Viewer) -> None:
    """The overview, its views and phases."""
    with viewer.tab() as page:
        viewer.opens(page, "overview")
        viewer.does(page, "overview: in one minute", press(page, "See", "in one minute"))
        viewer.does(page, "overview: back to phases", press(page, "See", "phases"))
        viewer.does(page, "overview: another phase", press(page, "Phase", "expand"))


def lists(viewer: Viewer) -> None:
    """Lists of pairs: filter, page, search, count, open."""
    with viewer.tab() as page:
        viewer.opens(page, "pairs")
        viewer.does(page, "pairs: another list", choose(page, "Show", "judged worse"))
        viewer.does(page, "pairs: another list", choose(page, "Show", "to label"))
        viewer.does(page, "pairs: next page", page.get_by_test_id("stNumberInputStepUp").click)
        viewer.does(page, "pairs: open a row", page.locator("[class*='st-key-open-'] button").nth(3).click)
        viewer.does(page, "pairs: look", page.get_by_role("button", name="Look without labelling").click)
    with viewer.tab() as page:
        viewer.opens(page, "disagreements")
        viewer.does(page, "disagreements: next page", page.get_by_test_id("stNumberInputStepUp").click)
        viewer.does(page, "disagreements: failed check", choose(page, "Failed check", "text_agreement"))
        viewer.does(page, "disagreements: labelled", choose(page, "People", "labelled"))
        viewer.does(page, "disagreements: labelled", choose(page, "People", "labelled or not"))
        viewer.does(page, "disagreements: words", type_in(page, "Search", "ab12"))
        viewer.does(page, "disagreements: words, found nowhere", type_in(page, "Search", "not there"))
        viewer.does(page, "disagreements: an id", press(page, "Look in", "ids"))
        viewer.does(page, "disagreements: an id", type_in(page, "Search", "r1234567"))
    with viewer.tab() as page:
        viewer.opens(page, "clusters")
        viewer.does(page, "clusters: by slice", choose(page, "Slice by", "team"))
        viewer.does(page, "clusters: by day", press(page, "See", "by day"))
        viewer.does(page, "clusters: back to pairs", press(page, "See", "pairs"))
        viewer.follows(page, "clusters: drill down", "table[aria-label='pairs'] a", CONTENT["pairs"][1])


def reading(viewer: Viewer, name: str) -> None:
    """A page that rests on the evidence of one workflow."""
    with viewer.tab() as page:
        viewer.opens(page, name)
        viewer.does(page, f"{name}: another workflow", choose(page, "Workflow", OTHER))
        viewer.does(page, f"{name}: the big workflow", choose(page, "Workflow", BIG))
        if name == "sign-off":
            viewer.does(page, "sign-off: another phase", choose(page, "Phase", "shadow"))
            viewer.does(page, "sign-off: read again", page.get_by_role("button", name="Read again").click)


def label(viewer: Viewer, url: str, labels: int) -> None:
    """Open Review and label some pairs, each a second after it came: nobody reads faster."""
    with viewer.tab() as page:
        page.goto(f"{url}/review?workflow={BIG}")
        page.get_by_label("Your name").fill(REVIEWER)
        page.get_by_label("Your name").press("Enter")
        page.locator(".sj-number, .sj-note-good").first.wait_for(state="attached")
        viewer.pages["review"].append(page.evaluate("performance.now() - window.clock.input") / 1000)
        if not page.locator(".sj-number").count():
            say("no label is wanted in this store, so none was given")
            return
        page.get_by_role("heading", name="Review").click()
        for _ in range(labels):
            page.wait_for_timeout(1000)
            viewer.does(page, "review: label to next pair", lambda: page.keyboard.press("s"))


def write_config(folder: Path, store: Path) -> Path:
    """The configuration of the big store as a file."""
    lines = [f"[store]\nurl = {json.dumps(f'duckdb:{store}')}", '[source]\nkind = "file"\npath = "none.jsonl"']
    lines += [f'[models.{name}]\nkind = "openai"' for name in ("small", "arbiter")]
    for name in WORKFLOWS:
        lines.append(
            f'[workflows.{name}]\ncandidates = ["small"]\nchecks = [{{ check = "text_agreement" }}]\n'
            'judge = { model = "arbiter", share_of_agreements = 0.01, share_of_disagreements = 0.05 }'
        )
    file = folder / "shadowjudge.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def main(pairs: int, rounds: int, folder: Path) -> int:
    """Exit code 1 when somebody waits too long."""
    kept = big_store(folder, pairs)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "s.duckdb"
        shutil.copyfile(kept, path)
        store = open_store(f"duckdb:{path}")
        store.migrate("shadow")
        store.migrate("judge")
        stored = store.read("SELECT count(*) AS n FROM pairs").item()
        say(f"{stored:,} pairs, {path.stat().st_size / 1e9:.1f} GB; {platform.machine()}, {os.cpu_count()} cores")
        file = write_config(Path(scratch), path)
        with serve_dashboard(file, "127.0.0.1", free_port()) as dashboard, sync_playwright() as playwright:
            dashboard.wait_until_healthy()
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
            walk(Viewer(browser, dashboard.url))
            viewer, loads = Viewer(browser, dashboard.url), []
            for _ in range(rounds):
                walk(viewer)
                label(viewer, dashboard.url, 6)
                loads.append(os.getloadavg()[0])
            browser.close()
        store.close()
    return told(viewer, loads)


def told(viewer: Viewer, loads: list[float]) -> int:
    """Print what was measured; the exit code."""
    say(f"load {min(loads):.1f} to {max(loads):.1f}")
    head("first content of", "times", "p50 s", "slowest s")
    for name, times in viewer.pages.items():
        row(name, str(len(times)), f"{percentile(times, 0.5):.2f}", f"{max(times):.2f}")
    head("interaction", "times", "p50 s", "p95 s")
    for name, times in viewer.interactions.items():
        row(name, str(len(times)), f"{percentile(times, 0.5):.2f}", f"{percentile(times, 0.95):.2f}")
    page = max(viewer.pages, key=lambda name: max(viewer.pages[name]))
    act = max(viewer.interactions, key=lambda name: percentile(viewer.interactions[name], 0.95))
    first_s, p95 = max(viewer.pages[page]), percentile(viewer.interactions[act], 0.95)
    good = first_s < FIRST_S and p95 < INTERACTION_S
    say(
        f"bench-pages: slowest first content {first_s:.2f} s ({page}; bar {FIRST_S:g}), slowest interaction p95 "
        f"{p95:.2f} s ({act}; bar {INTERACTION_S:g}): {'holds' if good else 'MISSED'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shadowjudge" / "bench"
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages")
    parser.add_argument("pairs", nargs="?", type=int, default=10_000_000)
    parser.add_argument("rounds", nargs="?", type=int, default=3)
    parser.add_argument("--kept", type=Path, default=cache, metavar="DIR")
    given = parser.parse_args()
    sys.exit(main(given.pairs, given.rounds, given.kept))
