"""The fence, on every store: of several that claimed a partition the last one stores, and nobody else."""

import contextlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from connectors.types import Partition
from shadow.fencing import Claims, Fenced
from shadow.store import Store, claiming, open_store
from shadow.store.links import DirectLink
from shadow.store.quack import QuackLink
from tests.store.contract.conftest import Served
from tests.store.contract.test_contract import offsets
from tests.store.test_one_process import rejected

PLACE, OTHER = Partition("calls", 0), Partition("calls", 1)


def test_a_claim_is_counted_for_each_partition(store: Store) -> None:
    assert store.claim([PLACE]) == {PLACE: 1}
    assert store.claim([PLACE, OTHER]) == {PLACE: 2, OTHER: 1}
    found = store.read('SELECT topic, "partition", claim FROM partition_claims ORDER BY ALL').rows()
    assert found == [("calls", 0, 1), ("calls", 0, 2), ("calls", 1, 1)]


def test_an_append_under_the_newest_claim_is_stored(store: Store) -> None:
    claims = store.claim([PLACE]) | store.claim([OTHER])
    assert store.append("rejected", rejected(range(3000)), claims) == 3000
    assert offsets(store) == list(range(3000))


def test_an_append_under_a_stale_claim_is_refused_and_none_of_it_stored(store: Store, served: Served) -> None:
    mine = store.claim([PLACE, OTHER])
    other = served.open()
    theirs = other.claim([PLACE])
    with pytest.raises(Fenced, match="another process has claimed calls/0 since") as refused:
        store.append("rejected", rejected(range(3000)), mine)
    assert refused.value.partitions == {PLACE}
    assert offsets(store) == []
    other.append("rejected", rejected([1]), theirs)
    store.append("rejected", rejected([2]), {OTHER: mine[OTHER]})
    assert offsets(store) == [1, 2]
    other.close()


def test_a_claim_that_the_store_does_not_know_is_refused(store: Store) -> None:
    """As after somebody has put an older copy of the store in its place."""
    with pytest.raises(Fenced):
        store.append("rejected", rejected([1]), {PLACE: 3})
    assert offsets(store) == []


def test_of_two_that_race_for_a_partition_each_row_is_stored_by_one(store: Store, served: Served) -> None:
    """Each claims, reads what is stored and stores the next rows, again when it was refused: never the same row.

    With pauses, as between a mirror's batches: on a lake a claim waits for a moment without an append.
    """
    failed: list[BaseException] = []
    refusals: list[Fenced] = []
    enough = 200

    def follow(mine: Store) -> None:
        claims = mine.claim([PLACE])
        first = mine.read("SELECT count(*) AS n FROM rejected").item()
        while first < enough or not (refusals or failed):
            mine.append("rejected", rejected(range(first, first + 20)), claims)
            first += 20
            time.sleep(random.uniform(0, 0.05))

    def mirror(mine: Store) -> None:
        try:
            while True:
                try:
                    return follow(mine)
                except Fenced as error:
                    refusals.append(error)
                    time.sleep(random.uniform(0, 0.2))
        except BaseException as error:
            failed.append(error)

    other = served.open()
    threads = [threading.Thread(target=mirror, args=(each,)) for each in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert failed == []
    stored = offsets(store)
    assert len(stored) >= enough
    assert stored == list(range(len(stored)))


@pytest.mark.parametrize("served", ["client of a file", "quack", "lake"], indirect=True)
@pytest.mark.parametrize("stored", [False, True])
def test_a_lost_answer_is_asked_for_again_under_a_claim_that_is_stale_by_now(
    store: Store, served: Served, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """What was not stored is refused; what was stored is there for the claimant to read, and not stored again."""
    mine = store.claim([PLACE])
    other = served.open()
    link: type[DirectLink | QuackLink] = DirectLink if served.kind == "lake" else QuackLink
    insert, tries = link.insert, []

    def lose_first(self: Any, table: str, frame: pl.DataFrame, claims: Claims, again: bool) -> None:
        tries.append(again)
        if stored or again:
            insert(self, table, frame, claims, again)
        if len(tries) == 1:
            other.claim([PLACE])
            raise duckdb.IOException("the connection was cut")

    monkeypatch.setattr(link, "insert", lose_first)
    with contextlib.nullcontext() if stored else pytest.raises(Fenced):
        store.append("rejected", rejected([7]), mine)
    assert tries == [False, True]
    assert offsets(store) == ([7] if stored else [])
    other.close()


def test_a_look_for_a_lost_try_waits_for_one_that_is_still_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection was cut, and the owner stores what came by it while the client already tries again."""
    begun, go_on, check = threading.Event(), threading.Event(), claiming.check

    def slow(*given: Any) -> None:
        check(*given)
        begun.set()
        assert go_on.wait(10)

    with contextlib.closing(open_store(f"duckdb:{tmp_path}/s.duckdb")) as store:
        store.migrate("shadow")
        mine = store.claim([PLACE])
    link = DirectLink(duckdb.connect(f"{tmp_path}/s.duckdb"))
    monkeypatch.setattr(claiming, "check", slow)
    with contextlib.closing(link), ThreadPoolExecutor(2) as threads:
        first = threads.submit(link.insert, "rejected", rejected([7]), mine)
        assert begun.wait(10)
        again = threads.submit(link.insert, "rejected", rejected([7]), mine, again=True)
        assert not wait([again], timeout=0.2).done
        go_on.set()
        assert first.result(10) is again.result(10) is None
        assert link.select("SELECT count(*) AS n FROM rejected").item() == 1
