"""Hand records to Kafka without ever waiting for it: a bounded queue, and one thread that drains it."""

import atexit
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

log = structlog.get_logger()
EXIT_S = 2.0
RECONNECT_S = 5.0


class Publisher(Protocol):
    """What connectors.publisher.KafkaPublisher offers."""

    def publish(
        self, topic: str, key: bytes | None, value: bytes, delivered: Callable[[Exception | None], None] | None = None
    ) -> None: ...


class Handover:
    """At most `capacity` records that are not acknowledged yet; what does not fit is dropped, counted and said once.

    `published` counts acknowledged records, `dropped` the others by reason: queue_full, unreachable (no connection),
    not_published (the broker did not take it), not_built (the call could not be put into a record).
    The thread starts with the first record. A forked process begins anew, with counters of its own.
    """

    def __init__(self, connect: Callable[[], Publisher], topic: str, capacity: int) -> None:
        self._connect, self._topic, self._capacity = connect, topic, capacity
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Nothing waits, nothing is counted. In a forked process what waits is the parent's, and so are its locks."""
        self._records: queue.SimpleQueue[tuple[bytes, bytes]] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._waiting = 0
        self._thread: threading.Thread | None = None
        self.published = 0
        self.dropped: Counter[str] = Counter()

    def put(self, key: bytes, value: bytes) -> None:
        """Take one record, or drop and count it. Never blocks for longer than a counter takes."""
        with self._changed:
            if self._waiting >= self._capacity:
                self._drop("queue_full", None)
                return
            self._waiting += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._drain, name="shadowjudge-capture", daemon=True)
                self._thread.start()
        self._records.put((key, value))

    def not_built(self, error: Exception) -> None:
        """Count a call that could not be put into a record."""
        with self._changed:
            self._drop("not_built", error)

    def flush(self, timeout_s: float) -> bool:
        """True when every record taken so far is acknowledged or dropped; False when time is up first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting == 0, timeout_s)

    def _drain(self) -> None:
        atexit.register(self.flush, EXIT_S)
        publisher: Publisher | None = None
        retry_at = 0.0
        while True:
            key, value = self._records.get()
            if publisher is None and time.monotonic() >= retry_at:
                try:
                    publisher = self._connect()
                    # The client registered an exit of its own; ours has to run before it, so it is registered last.
                    atexit.unregister(self.flush)
                    atexit.register(self.flush, EXIT_S)
                except Exception as error:
                    log.warning("capture_not_connected", topic=self._topic, reason=str(error))
                    retry_at = time.monotonic() + RECONNECT_S
            if publisher is None:
                self._settle("unreachable", None)
                continue
            try:
                publisher.publish(self._topic, key, value, self._delivered)
            except Exception as error:
                self._settle("not_published", error)

    def _delivered(self, error: Exception | None) -> None:
        self._settle("not_published" if error else None, error)

    def _settle(self, reason: str | None, error: Exception | None) -> None:
        with self._changed:
            self._waiting -= 1
            if reason is None:
                self.published += 1
            else:
                self._drop(reason, error)
            self._changed.notify_all()

    def _drop(self, reason: str, error: Exception | None) -> None:
        self.dropped[reason] += 1
        if self.dropped[reason] == 1:
            kind = type(error).__name__ if error else None
            with suppress(Exception):  # a log that fails must not reach the caller
                log.warning("capture_drops", topic=self._topic, reason=reason, error=kind)
