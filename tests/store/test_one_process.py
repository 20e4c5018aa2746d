"""The store in one process: what goes in comes out, and what cannot be opened says why."""

import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import polars as pl
import pytest

from connectors.errors import UserError
from shadow.store import DuckDBFile, open_store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBFile]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    assert isinstance(store, DuckDBFile)
    store.migrate("shadow")
    yield store
    store.close()


def rejected(offsets: range | list[int], topic: str = "calls") -> pl.DataFrame:
    return pl.DataFrame(
        {"topic": topic, "offset": list(offsets), "partition": 0, "reason": "not JSON", "rejected_at": NOW},
        schema_overrides={"rejected_at": pl.Datetime("us", "UTC")},
    )


def test_columns_go_by_name_and_missing_ones_are_null(store: DuckDBFile) -> None:
    assert store.append("rejected", rejected(range(3))) == 3
    row = store.read('SELECT * FROM rejected ORDER BY "offset"').row(2, named=True)
    assert (row["topic"], row["offset"], row["size_bytes"], row["rejected_at"]) == ("calls", 2, None, NOW)


def test_an_empty_frame_stores_nothing(store: DuckDBFile) -> None:
    assert store.append("rejected", rejected(range(0))) == 0
    assert store.append("rejected", pl.DataFrame()) == 0
    assert store.read("SELECT * FROM rejected").is_empty()


def test_a_frame_is_stored_all_or_none(store: DuckDBFile) -> None:
    frame = rejected(range(5000)).with_columns(reason=pl.when(pl.col("offset") < 4999).then(pl.lit("x")))
    with pytest.raises(duckdb.ConstraintException):
        store.append("rejected", frame)
    assert store.read("SELECT * FROM rejected").is_empty()


def test_a_result_without_rows_keeps_its_columns(store: DuckDBFile) -> None:
    assert store.read("SELECT topic, rejected_at FROM rejected").schema == {
        "topic": pl.String,
        "rejected_at": pl.Datetime("us", "UTC"),
    }


def test_a_read_takes_values_by_name_and_may_be_given_more(store: DuckDBFile) -> None:
    store.append("rejected", rejected(range(9)))
    sql = 'SELECT "offset" FROM rejected WHERE "offset" IN $some AND rejected_at <= $until ORDER BY 1'
    some = store.read(sql, {"some": [1, 2, 20], "until": NOW, "unused": "x"})
    assert some["offset"].to_list() == [1, 2]
    assert store.read(sql, {"some": [], "until": NOW}).is_empty()


def test_times_are_utc_whatever_the_zone_they_were_given_in(store: DuckDBFile) -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    found = store.read(
        "SELECT $tokyo = $utc AS same, $tokyo AS at, $tokyo::VARCHAR AS text", {"tokyo": tokyo, "utc": NOW}
    )
    assert found.row(0) == (True, NOW, "2026-11-23 12:00:00+00")
    assert found.schema["at"] == pl.Datetime("us", "UTC")


def test_a_python_variable_is_not_a_table(store: DuckDBFile) -> None:
    with pytest.raises(duckdb.CatalogException, match="link"):
        store.read("SELECT * FROM link")


def test_threads_get_their_own_rows(store: DuckDBFile) -> None:
    """Eight threads read while two append: a connection they shared would hand out foreign rows."""
    store.append("rejected", pl.concat(rejected(range(200), topic=f"topic-{number}") for number in range(8)))
    foreign: list[str] = []
    read = [0] * 8

    def reader(number: int) -> None:
        for _ in range(25):
            topics = store.read("SELECT topic FROM rejected WHERE topic = $topic", {"topic": f"topic-{number}"})[
                "topic"
            ]
            foreign.extend(topic for topic in topics if topic != f"topic-{number}")
            read[number] += len(topics)

    def writer(number: int) -> None:
        for batch in range(10):
            store.append("rejected", rejected(range(batch * 50, batch * 50 + 50), topic=f"written-{number}"))

    threads = [threading.Thread(target=reader, args=(number,)) for number in range(8)]
    threads += [threading.Thread(target=writer, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert foreign == []
    assert read == [25 * 200] * 8
    written = store.read(
        "SELECT topic, count(DISTINCT \"offset\") AS n FROM rejected WHERE topic LIKE 'written%' GROUP BY 1"
    )
    assert sorted(written.rows()) == [("written-0", 500), ("written-1", 500)]


def test_what_was_stored_is_there_after_closing(store: DuckDBFile) -> None:
    store.append("rejected", rejected(range(3)))
    store.close()
    again = DuckDBFile(store.path)
    assert again.read("SELECT count(*) AS n FROM rejected").item() == 3
    again.close()


def test_the_same_process_may_open_it_twice(store: DuckDBFile) -> None:
    second = DuckDBFile(store.path)
    assert (store.is_owner, second.is_owner) == (True, False)
    second.append("rejected", rejected([1]))
    second.close()
    third = DuckDBFile(store.path)
    assert third.read("SELECT count(*) AS n FROM rejected").item() == 1
    third.close()


def test_closing_twice_is_fine_and_using_it_afterwards_is_a_bug(store: DuckDBFile) -> None:
    store.close()
    store.close()
    with pytest.raises(RuntimeError, match="closed"):
        store.read("SELECT 1")


def test_the_notice_is_private_and_goes_with_the_owner(store: DuckDBFile) -> None:
    notice = store.path.with_name("s.duckdb.owner")
    assert stat.S_IMODE(notice.stat().st_mode) == 0o600
    store.close()
    assert not notice.exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite:x.db", "write duckdb:PATH"),
        ("duckdb:", "write duckdb:PATH"),
        ("shadowjudge.duckdb", "write duckdb:PATH"),
        ("duckdb:{tmp}/no/such/folder/s.duckdb", "the folder {tmp}/no/such/folder does not exist; create it"),
        ("duckdb:{tmp}", "cannot be opened"),
        ("duckdb:{tmp}/text.duckdb", "cannot be opened"),
    ],
)
def test_a_store_that_cannot_be_opened_says_why(tmp_path: Path, url: str, sentence: str) -> None:
    (tmp_path / "text.duckdb").write_text("this is not a database, " * 1000)
    with pytest.raises(UserError) as error:
        open_store(url.format(tmp=tmp_path))
    assert sentence.format(tmp=tmp_path) in str(error.value)
