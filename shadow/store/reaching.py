"""Work on a link that may be lost: make it again, do the work again, and say when nobody answers."""

import random
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import duckdb

from connectors.errors import RetryLater
from shadow.store.links import Link

TAKEOVER_S = 10.0
"""How long a call waits for an owner or a catalog that went away to come back, or for a file to be free."""
PAUSE_S = 0.1

L = TypeVar("L", bound=Link)
T = TypeVar("T")


class Reach(Generic[L]):
    """The link of a store, shared by its threads and made again when it was lost.

    `connect` gives a link, or None while nobody answers. `passes` says of an error whether a later try may succeed,
    `keeps` whether it leaves the link as good as it was, `told` how it is shown (a store's password is in some).
    """

    def __init__(
        self,
        store: str,
        connect: Callable[[], L | None],
        passes: Callable[[L, duckdb.Error], bool],
        told: Callable[[object], str] = str,
        keeps: Callable[[duckdb.Error], bool] = lambda _: False,
    ) -> None:
        self._store = store
        self._connect = connect
        self._passes = passes
        self._told = told
        self._keeps = keeps
        self._lock = threading.RLock()
        self._closed = False
        self.link: L | None = None

    def run(self, work: Callable[[L], T]) -> T:
        """What `work` returns, done again when the link was lost meanwhile; other errors keep their traceback."""
        deadline = time.monotonic() + TAKEOVER_S
        while True:
            link = self.live(deadline)
            try:
                return work(link)
            except duckdb.Error as error:
                if not self._passes(link, error):
                    raise
                if not self._keeps(error):
                    self._leave(link)
                if time.monotonic() > deadline:
                    raise RetryLater(f"the store {self._store} does not answer: {self._told(error)}") from None
                time.sleep(random.uniform(0, PAUSE_S))  # noqa: S311  (several that failed together try apart)

    def live(self, deadline: float) -> L:
        """The link, made again when it was lost; tried until the deadline, as owners come and go."""
        with self._lock:
            while self.link is None:
                if self._closed:
                    raise RuntimeError(f"the store {self._store} is closed")
                self.link = self._connect()
                if self.link is None:
                    if time.monotonic() > deadline:
                        raise RetryLater(f"the store {self._store} is in use, or nobody answers for it")
                    time.sleep(PAUSE_S)
            return self.link

    def close(self) -> L | None:
        """The link to be closed, if there is one; there will be no other."""
        with self._lock:
            self._closed = True
            link, self.link = self.link, None
            return link

    def _leave(self, lost: L) -> None:
        """Give up a link, unless another thread has already made a new one.

        It is not closed, since other threads may be at work on it, but goes with the last of them.
        """
        with self._lock:
            if self.link is lost:
                self.link = None
