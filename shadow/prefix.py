"""Which offset may be committed when records finish out of order: the contiguous prefix."""

from collections import deque
from collections.abc import Iterable


class Prefix:
    """The polled offsets of one partition, and how many of them from the front are done.

    Offsets are polled in increasing order but need not be consecutive (transaction markers, compaction).
    """

    def __init__(self) -> None:
        self._polled: deque[int] = deque()
        self._done: set[int] = set()
        self._position: int | None = None

    def polled(self, offsets: Iterable[int]) -> None:
        self._polled.extend(offsets)

    def done(self, offsets: Iterable[int]) -> None:
        self._done.update(offsets)

    def position(self) -> int | None:
        """The offset behind the last one of the done prefix, or None while nothing is done."""
        while self._polled and self._polled[0] in self._done:
            offset = self._polled.popleft()
            self._done.remove(offset)
            self._position = offset + 1
        return self._position
