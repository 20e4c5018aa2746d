"""The outbox over a real store that is made to fail between two appends."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import polars as pl
import pytest

from connectors.errors import RetryLater
from connectors.types import Origin, Partition
from shadow.fencing import Claims, Fenced
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

    def away(table: str, frame: pl.DataFrame, claims: Claims) -> int:
        if table == "skipped":
            raise RetryLater("the store's owner went away")
        return append(table, frame, claims)

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
    monkeypatch.setattr(store, "append", lambda table, *rest: append(table, *rest) if table == "pairs" else _away())
    with pytest.raises(RetryLater):
        outbox.flush()
    monkeypatch.undo()
    outbox.drop({pair(1).origin.place})
    assert outbox.flush() == []


def test_what_was_fenced_is_dropped_and_the_rest_is_stored(store: Store) -> None:
    """Two partitions, one of which somebody else has claimed: nothing of the append is stored, then what is ours."""
    mine, theirs = pair(1).origin.place, Partition("elsewhere", 0)
    lost = msgspec.structs.replace(skip(2), origin=Origin(*theirs, 2))
    outbox = Outbox(store)
    outbox.claims = store.claim([mine, theirs])
    store.claim([theirs])
    outbox.put([(pair(1).origin, (pair(1),)), (skip(3).origin, (skip(3),)), (lost.origin, (lost,))])
    with pytest.raises(Fenced) as refused:
        outbox.flush()
    assert refused.value.partitions == {theirs}
    assert store.read("SELECT count(*) AS n FROM intake").item() == 0
    outbox.drop(refused.value.partitions)
    assert {origin.offset for origin in outbox.flush()} == {1, 3}
    assert outbox.records == 0
    assert store.read('SELECT "offset" FROM skipped')["offset"].to_list() == [3]


def _away() -> int:
    raise RetryLater("the store's owner went away")
