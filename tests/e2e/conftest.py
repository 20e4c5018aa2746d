"""A store of the test's own, migrated by both packages; a broker for all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shadow.store import Store, open_store
from tests.connectors.conftest import broker

__all__ = ["broker", "store"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/store.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    yield store
    store.close()
