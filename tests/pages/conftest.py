"""A seeded store owned by the test, the real pages attached to it as to the service, and Debian's Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from dashboards.serving import serve_dashboard
from shadow.pairs import to_frame
from shadow.store import Store
from tests.connectors.chat_server import ChatServer
from tests.needs import need
from tests.pages import guarded as behind_login
from tests.pages import hostile
from tests.pages.seed import judge_reply, models_of, open_seeded, seed, write_config
from tests.pages.test_serving import free_port

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
TIMEOUT_MS = 30_000
expect.set_options(timeout=TIMEOUT_MS)


class Site(NamedTuple):
    """The pages at `url`, the store they show, open in this process, and their configuration."""

    url: str
    store: Store
    hostile: list[str]
    config: Path


@pytest.fixture(scope="package")
def chromium() -> Iterator[BrowserContext]:
    """One browser whose tabs share a cache; every tab is a session of its own to Streamlit."""
    need(CHROMIUM.exists(), f"{CHROMIUM} is missing; apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser.new_context(viewport={"width": 1280, "height": 900})
        browser.close()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages over three workflows of 40 pairs, and the hostile pairs in workflow reply."""
    with ChatServer(judge_reply) as judge:
        file = write_config(tmp_path_factory.mktemp("site"), judge.base_url)
        store = open_seeded(file)
        bad = hostile.pairs(models_of(file)["small"].fingerprint)
        store.append("pairs", to_frame(bad))
        seed(store, file, pairs_each=40)
    with serve_dashboard(file, "127.0.0.1", free_port()) as dashboard:
        dashboard.wait_until_healthy()
        yield Site(dashboard.url, store, [f"{pair.pair_id}@{pair.occurred_at.isoformat()}" for pair in bad], file)
    store.close()


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages of a small store behind a login."""
    with behind_login.guarded(tmp_path_factory.mktemp("guarded")) as (url, store, file):
        yield Site(url, store, [], file)


@pytest.fixture
def page(chromium: BrowserContext) -> Iterator[Page]:
    """A tab that knows no name yet; a request to anywhere but this machine fails the test, as does a script's error."""
    chromium.clear_cookies()
    page = chromium.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    odd: list[str] = []
    page.on("request", lambda request: None if _local(request.url) else odd.append(request.url))
    page.on("pageerror", lambda error: odd.append(str(error)))
    yield page
    page.close()
    assert odd == []


def _local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))
