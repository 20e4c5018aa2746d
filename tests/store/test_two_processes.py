"""One process owns the store, others are attached to it; the owner goes, and nothing is lost or doubled."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from connectors.errors import RetryLater, UserError
from shadow import notice
from shadow.fencing import Claims
from shadow.store import DuckDBFile, reaching
from shadow.store.quack import QuackLink
from tests.store.processes import other_process, owner
from tests.store.test_one_process import NOW, rejected


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.duckdb"


def offsets(store: DuckDBFile) -> list[int]:
    return store.read('SELECT "offset" FROM rejected ORDER BY 1')["offset"].to_list()


def test_a_client_reads_and_appends_as_the_owner_does(path: Path) -> None:
    with owner(path) as process:
        assert process.first_line == "owner"  # type: ignore[attr-defined]
        store = DuckDBFile(path)
        assert not store.is_owner
        assert store.append("rejected", rejected(range(3))) == 3
        assert offsets(store) == [0, 1, 2]
        found = store.read("SELECT $at AS at, $text AS text, now() AS now", {"at": NOW, "text": "it's $text"})
        assert found.row(0)[:2] == (NOW, "it's $text")
        assert [found.schema[name] for name in ("at", "now")] == [pl.Datetime("us", "UTC")] * 2
        assert store.read("SELECT topic FROM rejected WHERE false").schema == {"topic": pl.String}
        store.close()


def test_bad_sql_of_a_client_is_a_bug_and_not_a_lost_owner(path: Path) -> None:
    with owner(path):
        store = DuckDBFile(path)
        begun = time.monotonic()
        with pytest.raises(duckdb.Error, match="nosuch"):
            store.read("SELECT * FROM nosuch")
        with pytest.raises(duckdb.Error, match="nosuch"):
            store.append("nosuch", rejected([1]))
        assert time.monotonic() - begun < reaching.TAKEOVER_S
        store.close()


def test_a_table_made_after_the_client_attached_can_be_appended_to(path: Path) -> None:
    mine = DuckDBFile(path)
    client = DuckDBFile(path)
    mine.migrate("shadow")
    client.migrate("shadow")
    assert not client.is_owner
    assert client.append("rejected", rejected([7])) == 1
    assert offsets(mine) == [7]
    client.close()
    mine.close()


def test_a_clients_batch_is_one_transaction_however_long(path: Path) -> None:
    """Quack's own INSERT is one for each 2,048 rows of a chunk; the frame lies in many chunks on purpose."""
    many = pl.concat([rejected([offset]) for offset in range(5000)], rechunk=False)
    last_is_bad = many.with_columns(reason=pl.when(pl.col("offset") < many.height - 1).then(pl.lit("x")))
    with owner(path):
        store = DuckDBFile(path)
        with pytest.raises(duckdb.Error, match="NOT NULL"):
            store.append("rejected", last_is_bad)
        assert offsets(store) == []
        assert store.append("rejected", many) == many.height
        assert offsets(store) == [*range(many.height)]
        store.close()


def test_after_the_owner_is_killed_a_client_takes_over_and_nothing_is_lost(path: Path) -> None:
    with owner(path) as process:
        store = DuckDBFile(path)
        store.append("rejected", rejected([1]))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.with_name("s.duckdb.owner").exists()
        assert offsets(store) == [1]
        assert store.is_owner
        store.append("rejected", rejected([2]))
        with owner(path) as second:
            assert second.first_line == "client"  # type: ignore[attr-defined]
        assert offsets(store) == [1, 2]
        store.close()


def test_an_append_meets_a_killed_owner_and_is_stored_once(path: Path) -> None:
    with owner(path) as process:
        store = DuckDBFile(path)
        process.kill()
        process.wait()
        assert store.append("rejected", rejected(range(5000))) == 5000
        assert offsets(store) == list(range(5000))
        store.close()


def test_the_owner_is_killed_under_three_appending_threads_and_every_row_is_stored_once(path: Path) -> None:
    stop = threading.Event()
    stored: dict[int, int] = {}

    def write(number: int, store: DuckDBFile) -> None:
        batch = 0
        while not stop.is_set():
            frame = rejected(range(batch * 20, batch * 20 + 20), topic=f"topic-{number}")
            try:
                store.append("rejected", frame)
            except RetryLater:
                continue
            batch += 1
        stored[number] = batch * 20

    with owner(path) as first:
        store = DuckDBFile(path)
        threads = [threading.Thread(target=write, args=(number, store)) for number in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        first.kill()
        first.wait()
        time.sleep(1.5)
        stop.set()
        for thread in threads:
            thread.join()
    counted = store.read(
        'SELECT topic, count(*) AS n, count(DISTINCT "offset") AS d FROM rejected GROUP BY 1 ORDER BY 1'
    )
    assert counted.rows() == [(f"topic-{number}", stored[number], stored[number]) for number in range(3)]
    assert all(rows > 0 for rows in stored.values())
    store.close()


def test_rows_that_were_stored_although_the_answer_was_lost_are_not_doubled(path: Path) -> None:
    """The caller is told to retry, and does so with one row more."""
    other = DuckDBFile(path)
    other.migrate("shadow")
    store = DuckDBFile(path)
    lost = _lose_the_answer(store)
    with pytest.raises(RetryLater):
        store.append("rejected", rejected(range(3000)))
    lost.undo()
    assert len(offsets(other)) == 3000
    assert store.append("rejected", rejected(range(3001))) == 3001
    assert offsets(store) == list(range(3001))
    assert store.append("rejected", rejected([0])) == 1  # the same row again, and meant so
    assert offsets(store)[:2] == [0, 0]
    store.close()
    other.close()


def _lose_the_answer(store: DuckDBFile) -> pytest.MonkeyPatch:
    """From now on the client's inserts reach the owner and their answers do not come back, nor does any other."""
    patch = pytest.MonkeyPatch()
    insert = QuackLink.insert

    def insert_and_lose(link: QuackLink, table: str, frame: pl.DataFrame, claims: Claims, again: bool) -> None:
        insert(link, table, frame, claims, again)
        patch.setattr(DuckDBFile, "_own", lambda self: None)
        patch.setattr(DuckDBFile, "_attach", lambda self: None)
        raise duckdb.IOException("the connection was cut")

    patch.setattr(QuackLink, "insert", insert_and_lose)
    patch.setattr(reaching, "TAKEOVER_S", 0.3)
    return patch


def test_an_owner_that_closes_hands_over_to_a_client_that_is_reading(path: Path) -> None:
    mine = DuckDBFile(path)
    mine.migrate("shadow")
    mine.append("rejected", rejected(range(10)))
    client = DuckDBFile(path)
    counts: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            counts.append(len(offsets(client)))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    mine.close()
    before = len(counts)
    while len(counts) < before + 20:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(counts) == {10}
    assert client.is_owner
    client.close()


def test_a_stale_notice_is_passed_over(path: Path) -> None:
    """Also when something else listens on the port by now: without the lock on the file it cannot be the owner."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        uri = f"quack:127.0.0.1:{listener.getsockname()[1]}"
        notice.write(path, notice.Notice(uri, "0" * 48, os.getpid()))
        store = DuckDBFile(path)
        assert store.is_owner
        store.close()


@pytest.mark.parametrize("text", ["", "{", '{"uri": 1}', "\xff"])
def test_a_notice_that_cannot_be_read_is_no_notice(path: Path, text: str) -> None:
    notice.place(path).write_text(text, encoding="latin-1")
    assert notice.read(path) is None


def test_a_file_that_a_duckdb_shell_has_open_is_said_to_be_in_use(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "TAKEOVER_S", 0.3)
    shell = f"import duckdb, time; c = duckdb.connect({str(path)!r}); print('open', flush=True); time.sleep(600)"
    with other_process("-c", shell), pytest.raises(UserError, match="in use by a process that does not serve it; stop"):
        DuckDBFile(path)
    store = DuckDBFile(path)  # and after it has gone, all is well
    store.close()
