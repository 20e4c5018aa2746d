"""The owner of a file writes it anew, or ends, while clients are at work."""

import contextlib
import socket
import threading
import time
from pathlib import Path

import pytest

from connectors.errors import RetryLater, UserError
from shadow.store import DuckDBFile, open_store
from tests.store.processes import other_process
from tests.store.test_one_process import rejected

OWNER = """
import sys, time
from shadow.store import open_store
store = open_store("duckdb:" + sys.argv[1])
store.migrate("shadow")
print("owner", flush=True)
for _ in range(3):
    time.sleep(0.4)
    store.compact()
time.sleep(600)
"""


def test_a_client_that_appends_meanwhile_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with other_process("-c", OWNER, str(path)):
        store = DuckDBFile(path)
        until, batch = time.monotonic() + 4, 0
        while time.monotonic() < until:
            try:
                store.append("rejected", rejected(range(batch * 20, batch * 20 + 20)))
            except RetryLater:
                continue
            batch += 1
        offsets = store.read('SELECT "offset" FROM rejected ORDER BY 1')["offset"].to_list()
        assert offsets == list(range(batch * 20))
        assert batch > 2
        store.close()
    assert not path.with_name("s.duckdb.new").exists()


ENDING = """
import sys, time
from shadow.store import open_store
store = open_store("duckdb:" + sys.argv[1])
store.migrate("shadow")
print("owner", flush=True)
time.sleep(1.5)
"""


def test_an_owner_ends_without_a_crash_while_clients_append(tmp_path: Path) -> None:
    """It does not even close its store. A thread of its server that is in Python then would abort the process."""
    path, stop, appended = tmp_path / "s.duckdb", threading.Event(), dict[str, int]()
    with other_process("-c", ENDING, str(path)) as process:
        store = DuckDBFile(path)

        def write(topic: str) -> None:
            appended[topic] = 0
            while not stop.is_set():
                first = appended[topic]
                with contextlib.suppress(RetryLater):
                    store.append("rejected", rejected(range(first, first + 500), topic=topic))
                    appended[topic] = first + 500

        threads = [threading.Thread(target=write, args=(f"topic-{number}",)) for number in range(3)]
        for thread in threads:
            thread.start()
        try:
            assert process.wait(60) == 0
            time.sleep(0.5)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    counted = store.read('SELECT topic, count(*) AS n, count(DISTINCT "offset") AS d FROM rejected GROUP BY 1').rows()
    assert sorted(counted) == sorted((topic, rows, rows) for topic, rows in appended.items())
    store.close()


def test_a_wrong_token_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    owner = open_store(f"duckdb:{tmp_path}/s.duckdb", serve=address, token="a" * 16)
    with pytest.raises(UserError, match=r"store\.token: the owner of quack:127\.0\.0\.1:\d+ refuses this token"):
        open_store(f"quack:{address}", token="b" * 16)
    owner.close()
