"""A reading of the store that all viewers share: read once for all, and nobody waits long for the next one."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

FRESH_S = 10.0
"""A reading of at most this age is shown as it is."""
PATIENCE_S = 0.4
"""So long a viewer waits for the next reading, before they are shown the last one."""
_readers = ThreadPoolExecutor(4, thread_name_prefix="reading")

T = TypeVar("T")


class Shared(Generic[T]):
    """The last reading, made anew in the background when somebody looks and it is no longer fresh.

    Use it from any thread. `clock` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last: tuple[T, float] | None = None
        self._next: Future[T] | None = None
        self._fault: Exception | None = None

    def look(self, read: Callable[[], T], oldest_s: float = float("inf")) -> T:
        """The newest reading there is after PATIENCE_S; `read` makes the next one, of the moment when it is called.

        The first one is waited for, and so is one that replaces a reading older than `oldest_s`. Raises what the newest
        reading raised, so that an old one never hides that the store is gone.
        """
        with self._lock:
            last, now = self._last, self._clock()
            if last is not None and now - last[1] <= FRESH_S:
                return last[0]
            if self._next is None:
                self._next = _readers.submit(self._read, read)
            coming, fault = self._next, self._fault
        if last is None or now - last[1] > oldest_s:
            return coming.result()
        if wait([coming], PATIENCE_S).done:
            return coming.result()
        if fault is not None:
            raise fault
        return last[0]

    @property
    def is_reading(self) -> bool:
        """True while the next reading is being made."""
        return self._next is not None

    def _read(self, read: Callable[[], T]) -> T:
        begun = self._clock()
        try:
            found = read()
        except Exception as error:
            with self._lock:
                self._fault, self._next = error, None
            raise
        with self._lock:
            self._last, self._fault, self._next = (found, begun), None, None
        return found
