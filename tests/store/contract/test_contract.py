"""The same behaviour from every store."""

import threading
import time
from datetime import timedelta, timezone

import duckdb
import polars as pl
import pytest

from connectors.errors import RetryLater
from judge.signing import chain
from shadow.migrations import migrations
from shadow.store import Store, reaching
from tests.store.contract.conftest import Served
from tests.store.seeding import pair, store_pairs
from tests.store.test_one_process import NOW, rejected


def offsets(store: Store) -> list[int]:
    return store.read('SELECT "offset" FROM rejected ORDER BY 1')["offset"].to_list()


def test_what_is_appended_is_read(store: Store) -> None:
    assert store.append("rejected", rejected(range(3))) == 3
    row = store.read('SELECT * FROM rejected ORDER BY "offset"').row(2, named=True)
    assert (row["topic"], row["offset"], row["size_bytes"], row["rejected_at"]) == ("calls", 2, None, NOW)


def test_parameters_go_by_name(store: Store) -> None:
    store.append("rejected", rejected(range(9)))
    sql = 'SELECT "offset" FROM rejected WHERE "offset" IN $some AND rejected_at <= $until ORDER BY 1'
    assert store.read(sql, {"some": [1, 2, 20], "until": NOW, "unused": "x"})["offset"].to_list() == [1, 2]
    assert store.read("SELECT $text AS text", {"text": "it's $text"}).item() == "it's $text"


def test_times_are_utc_and_types_stay(store: Store) -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    store.append("rejected", rejected([1]).with_columns(rejected_at=pl.lit(tokyo).dt.convert_time_zone("Asia/Tokyo")))
    found = store.read("SELECT rejected_at, rejected_at::VARCHAR AS text, now() AS now FROM rejected")
    assert found.row(0)[:2] == (NOW, "2026-11-23 12:00:00+00")
    assert [found.schema[name] for name in ("rejected_at", "now")] == [pl.Datetime("us", "UTC")] * 2


def test_a_pair_comes_back_with_its_lists_and_unicode(store: Store) -> None:
    store_pairs(store, [pair(1), pair(2, workflow="straße")])
    found = store.read("SELECT workflow, candidate_dropped_params, candidate_latency_ms FROM pairs ORDER BY workflow")
    assert found["workflow"].to_list() == ["straße", "triage"]
    assert found.schema["candidate_dropped_params"] == pl.List(pl.String)
    assert found["candidate_latency_ms"].to_list() == [3.0, 2.0]
    assert store.read("SELECT count(*) AS n FROM intake").item() == 2
    assert chain.links(store) == []


def test_an_empty_frame_stores_nothing_and_an_empty_result_keeps_its_columns(store: Store) -> None:
    assert store.append("rejected", rejected(range(0))) == 0
    assert store.append("rejected", pl.DataFrame()) == 0
    assert store.read("SELECT topic, rejected_at FROM rejected").schema == {
        "topic": pl.String,
        "rejected_at": pl.Datetime("us", "UTC"),
    }


def test_migrating_again_changes_nothing(store: Store, served: Served) -> None:
    store.migrate("shadow")
    again = served.open()
    again.migrate("judge")
    again.close()
    found = store.read("SELECT package, number FROM migrations ORDER BY ALL").rows()
    assert found == [(package, file.number) for package in ("judge", "shadow") for file in migrations(package)]


def test_an_unknown_table_is_a_bug_at_once(store: Store) -> None:
    begun = time.monotonic()
    with pytest.raises(duckdb.Error, match="nosuch"):
        store.read("SELECT * FROM nosuch")
    with pytest.raises(duckdb.Error, match="nosuch"):
        store.append("nosuch", rejected([1]))
    assert time.monotonic() - begun < reaching.TAKEOVER_S


def test_a_large_batch_arrives_whole(store: Store) -> None:
    assert store.append("rejected", rejected(range(10_000))) == 10_000
    assert offsets(store) == list(range(10_000))


@pytest.mark.parametrize("rows", [2, 10_000])
def test_a_batch_with_a_bad_row_is_stored_all_or_none(store: Store, rows: int) -> None:
    bad = rejected(range(rows)).with_columns(reason=pl.when(pl.col("offset") < rows - 1).then(pl.lit("x")))
    with pytest.raises(duckdb.Error, match="NOT NULL"):
        store.append("rejected", bad)
    assert offsets(store) == []


def test_threads_write_and_read_at_once(store: Store) -> None:
    foreign: list[str] = []

    def write(number: int) -> None:
        for batch in range(5):
            store.append("rejected", rejected(range(batch * 50, batch * 50 + 50), topic=f"topic-{number}"))

    def read(number: int) -> None:
        for _ in range(10):
            topic = f"topic-{number}"
            found = store.read("SELECT topic FROM rejected WHERE topic = $topic", {"topic": topic})["topic"]
            foreign.extend(each for each in found if each != topic)

    threads = [threading.Thread(target=each, args=(number,)) for each in (write, read) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert foreign == []
    counted = store.read(
        'SELECT topic, count(DISTINCT "offset") AS d, count(*) AS n FROM rejected GROUP BY 1 ORDER BY 1'
    )
    assert counted.rows() == [(f"topic-{number}", 250, 250) for number in range(4)]


def test_what_was_lost_comes_back_and_nothing_is_doubled(
    store: Store, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The far end goes, a caller is told to retry where nobody succeeds it, and does so with one row more."""
    monkeypatch.setattr(reaching, "TAKEOVER_S", 0.5)
    store.append("rejected", rejected(range(10)))
    served.lose()
    batch = rejected(range(10, 20))
    if served.kind in ("quack", "lake"):
        with pytest.raises(RetryLater) as told:
            store.append("rejected", batch)
        assert "password=***" in str(told.value) or served.kind == "quack"
    served.return_()
    monkeypatch.setattr(reaching, "TAKEOVER_S", 10.0)
    assert store.append("rejected", rejected(range(10, 21))) == 11
    assert offsets(store) == list(range(21))


def test_two_writers_that_open_it_at_once_store_every_row_once(served: Served) -> None:
    """The catalog is made, and the tables with it, by several at once; each then writes."""

    def write(number: int) -> None:
        store = served.open()
        store.migrate("shadow")
        store.migrate("judge")
        for batch in range(5):
            store.append("rejected", rejected(range(batch * 20, batch * 20 + 20), topic=f"topic-{number}"))
        opened.append(store)

    opened: list[Store] = []
    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 3
    counted = opened[0].read("SELECT topic, count(*) AS n FROM rejected GROUP BY 1 ORDER BY 1").rows()
    assert counted == [(f"topic-{number}", 100) for number in range(3)]
    assert opened[0].read("SELECT count(*) AS n FROM migrations").item() == sum(
        len(migrations(package)) for package in ("shadow", "judge")
    )
    for store in opened:
        store.close()
