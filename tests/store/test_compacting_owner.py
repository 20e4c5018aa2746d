"""The owner of a file writes it anew while a client is at work."""

import socket
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


def test_a_wrong_token_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    owner = open_store(f"duckdb:{tmp_path}/s.duckdb", serve=address, token="a" * 16)
    with pytest.raises(UserError, match=r"store\.token: the owner of quack:127\.0\.0\.1:\d+ refuses this token"):
        open_store(f"quack:{address}", token="b" * 16)
    owner.close()
