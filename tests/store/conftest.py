"""A store of its own for each test, with all its tables and nothing in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shadow.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    yield store
    store.close()
