"""What an owner does for its clients in one message each: store rows, and claim partitions.

Quack's own INSERT is a transaction for each 2,048 rows, and knows no condition. A function of the owner that a client
calls by SELECT is one transaction of any length, which goes on to its end when the client is killed meanwhile.
"""

import base64
import io
import threading
import time
from collections.abc import Callable, Iterable

import duckdb
import msgspec
import polars as pl

from connectors.types import Partition
from shadow.fencing import NONE, Claims, Fenced
from shadow.literals import literal
from shadow.store.links import DirectLink

_CLOSED = "closed"
_CALLED = "SELECT count(*) FROM quack_active_connections() WHERE starts_with(query, 'SELECT shadowjudge_')"
LAST_CALLS_S = 2.0
"""How long a closing owner waits for calls that were sent before their callers knew of it."""
_Numbered = list[tuple[str, int, int]]


class Procedures:
    """What those who are served by a link may call: the SQL of `append_call` and `claim_call`."""

    def __init__(self, link: DirectLink) -> None:
        self._link = link
        self._ended = threading.Condition()
        self._running = 0
        self._closed = False
        offered = link.connection.create_function
        text = "VARCHAR"
        offered("shadowjudge_append", self._append, [text, text, text, "BOOLEAN"], text, side_effects=True)
        offered("shadowjudge_claim", self._claim, [text], text, side_effects=True)

    def close(self) -> None:
        """Return when those under way have ended; callers are told from now on that the owner closes.

        A thread of the server that is in Python when the process ends would take it down with SIGABRT, so those that
        are about to begin are waited for as well.
        """
        with self._ended:
            self._closed = True
            self._ended.wait_for(lambda: self._running == 0)
        deadline = time.monotonic() + LAST_CALLS_S
        while self._link.select(_CALLED).item() and time.monotonic() < deadline:
            time.sleep(0.01)

    def _append(self, table: str, rows: str, claims: str, again: bool) -> str:
        def work() -> Claims:
            try:
                self._link.insert(table, pl.read_ipc(io.BytesIO(base64.b64decode(rows))), _decoded(claims), again)
            except Fenced as refused:
                return dict.fromkeys(refused.partitions, 0)
            return NONE

        return self._run(work)

    def _claim(self, partitions: str) -> str:
        return self._run(lambda: self._link.claim(_decoded(partitions)))

    def _run(self, work: Callable[[], Claims]) -> str:
        with self._ended:
            if self._closed:
                return _CLOSED
            self._running += 1
        try:
            return _encoded(work())
        finally:
            with self._ended:
                self._running -= 1
                self._ended.notify_all()


def append_call(table: str, frame: pl.DataFrame, claims: Claims, again: bool) -> str:
    """SQL that stores the rows of a frame as `Link.insert` does; `refused` reads its answer."""
    rows = io.BytesIO()
    frame.write_ipc(rows, compression="lz4")
    given = (table, base64.b64encode(rows.getvalue()).decode(), _encoded(claims))
    return f"SELECT shadowjudge_append({', '.join(map(literal, given))}, {again}) AS answer"


def claim_call(partitions: Iterable[Partition]) -> str:
    """SQL that claims partitions; `claimed` reads its answer."""
    return f"SELECT shadowjudge_claim({literal(_encoded(dict.fromkeys(partitions, 0)))}) AS answer"


def claimed(answer: str) -> dict[Partition, int]:
    """The number of each claim that was made."""
    return _decoded(answer)


def refused(answer: str) -> frozenset[Partition]:
    """The partitions of an append that were claimed by another; empty when its rows are stored."""
    return frozenset(_decoded(answer))


def _encoded(claims: Claims) -> str:
    return msgspec.json.encode([(*place, number) for place, number in claims.items()]).decode()


def _decoded(text: str) -> dict[Partition, int]:
    if text == _CLOSED:
        raise duckdb.ConnectionException("the owner closes")
    return {Partition(topic, place): claim for topic, place, claim in msgspec.json.decode(text, type=_Numbered)}
