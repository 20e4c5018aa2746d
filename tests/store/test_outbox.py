"""The outbox over a real store that is made to fail between two appends."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from connectors.errors import RetryLater
from shadow.funnel import funnel
from shadow.outbox import Outbox
from shadow.store import Store, open_store
from tests.store.test_funnel import pair, skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    yield store
    store.close()


def test_what_was_stored_before_a_failure_is_told_by_the_next_flush(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = Outbox(store)
    outbox.put([(pair(1).origin, (pair(1),)), (skip(2).origin, (skip(2),))])
    append = store.append

    def away(table: str, frame: pl.DataFrame) -> int:
        if table == "skipped":
            raise RetryLater("the store's owner went away")
        return append(table, frame)

    monkeypatch.setattr(store, "append", away)
    with pytest.raises(RetryLater):
        outbox.flush()
    assert outbox.records == 1
    monkeypatch.undo()
    assert {origin.offset for origin in outbox.flush()} == {1, 2}
    assert outbox.flush() == []
    assert funnel(store).adds_up


def test_what_belongs_to_another_owner_by_now_is_not_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = Outbox(store)
    outbox.put([(pair(1).origin, (pair(1),)), (skip(2).origin, (skip(2),))])
    append = store.append
    monkeypatch.setattr(store, "append", lambda table, frame: append(table, frame) if table == "pairs" else _away())
    with pytest.raises(RetryLater):
        outbox.flush()
    monkeypatch.undo()
    outbox.drop({pair(1).origin.place})
    assert outbox.flush() == []


def _away() -> int:
    raise RetryLater("the store's owner went away")
