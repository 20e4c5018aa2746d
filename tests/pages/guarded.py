"""The pages behind a login, with somebody of each role."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dashboards.serving import serve_dashboard
from shadow.store import Store
from tests.pages.provider import provider
from tests.pages.seed import open_seeded, seed, write_config
from tests.pages.test_serving import free_port

GROUPS = {
    "vera@example.com": ["everyone"],
    "rolf@example.com": ["annotators"],
    "mara@example.com": ["release"],
    "alba@example.com": ["owners"],
    "nils@example.com": ["strangers"],
}
ACCESS = """
[dashboard]
port = {port}
[dashboard.login]
metadata_url = "{issuer}/.well-known/openid-configuration"
client_id = "shadowjudge"
client_secret = "env:TEST_CLIENT_SECRET"
cookie_secret = "env:TEST_COOKIE_SECRET"
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
[dashboard.roles]
viewer = ["everyone"]
reviewer = ["annotators"]
release_manager = ["release"]
admin = ["owners"]
"""


@contextmanager
def guarded(folder: Path) -> Iterator[tuple[str, Store, Path]]:
    """Address, store and configuration of a dashboard that asks who somebody is."""
    with pytest.MonkeyPatch.context() as env, provider(GROUPS) as issuer:
        env.setenv("TEST_CLIENT_SECRET", "s3cret")
        env.setenv("TEST_COOKIE_SECRET", "0123456789abcdef" * 4)
        file = write_config(folder)
        port = free_port()
        file.write_text(file.read_text() + ACCESS.format(port=port, issuer=issuer))
        store = open_seeded(file)
        seed(store, file, pairs_each=12)
        with serve_dashboard(file, "127.0.0.1", port) as dashboard:
            dashboard.wait_until_healthy()
            yield dashboard.url, store, file
        store.close()


def log_in(page: Page, url: str, who: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Log in").click()
    page.get_by_placeholder("sub").fill(who)
    page.get_by_role("button", name="Authorize").click()
