"""The process that owns the store is killed while somebody labels: no label is lost, none is called saved too early."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from dashboards.serving import serve_dashboard
from shadow.store import open_store
from tests.pages.seed import open_seeded, seed, write_config
from tests.pages.test_review import current, open_desk, press
from tests.pages.test_serving import free_port
from tests.store.processes import other_process, owner

pytestmark = pytest.mark.browser
HOLD = "import duckdb, sys, time; held = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(600)"


class Served(NamedTuple):
    """A dashboard, and its store, which nobody has open yet."""

    url: str
    path: Path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    file = write_config(tmp_path)
    store = open_seeded(file)
    seed(store, file, pairs_each=20)
    store.close()
    with serve_dashboard(file, "127.0.0.1", free_port()) as dashboard:
        dashboard.wait_until_healthy()
        yield Served(dashboard.url, tmp_path / "store.duckdb")


def labels(path: Path) -> list[str]:
    """The outcomes in the store, in their order; read as any other process reads it."""
    store = open_store(f"duckdb:{path}")
    try:
        return store.read("SELECT outcome FROM reviews ORDER BY reviewed_at")["outcome"].to_list()
    finally:
        store.close()


def test_a_killed_owner_costs_no_label_and_nothing_is_called_saved_that_is_not(page: Page, served: Served) -> None:
    with owner(served.path) as service:
        assert service.first_line == "owner"  # type: ignore[attr-defined]
        open_desk(page, served.url, "Kay")
        press(page, "s")
        service.kill()
        service.wait()
    pair = current(page)
    with other_process("-c", HOLD, str(served.path)):  # and nobody can take its place
        page.keyboard.press("b")
        told = page.get_by_role("alert").filter(has_text="The store does not answer")
        expect(told).to_contain_text("See that the service runs")
        expect(page.locator(".sj-number")).to_have_attribute("data-pair", pair)
        expect(page.locator(".sj-labels")).to_have_text("1")
    press(page, "x")
    expect(told).to_have_count(0)
    with owner(served.path) as service:
        assert service.first_line == "client", "the dashboard has taken the store over"  # type: ignore[attr-defined]
        press(page, "b")
        assert labels(served.path) == ["equivalent", "undecided", "both_bad"]
