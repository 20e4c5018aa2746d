"""What the store already holds of a partition, so that a record which comes again is recognised."""

import bisect
from collections.abc import Iterable, Sequence

import msgspec

from connectors.types import Partition
from shadow.store import Store

# Runs of consecutive offsets: an offset less its rank is the same number all through a run.
_RUNS = """
SELECT min("offset") AS first, max("offset") AS last
FROM (
    SELECT "offset", "offset" - row_number() OVER (ORDER BY "offset") AS run
    FROM (SELECT DISTINCT "offset" FROM intake WHERE topic = $topic AND "partition" = $partition)
)
GROUP BY run ORDER BY first
"""


class Held(msgspec.Struct, frozen=True):
    """The stored offsets of a partition, as sorted runs (first, last), both included."""

    runs: tuple[tuple[int, int], ...] = ()

    def __contains__(self, offset: int) -> bool:
        place = bisect.bisect_right(self.runs, (offset, offset)) - 1
        return any(first <= offset <= last for first, last in self.runs[max(place, 0) : place + 2])

    def among(self, offsets: Sequence[int]) -> set[int]:
        """Those of some ascending offsets that are stored; at once for what lies behind everything stored."""
        if not self.runs or (offsets and offsets[0] > self.runs[-1][1]):
            return set()
        return {offset for offset in offsets if offset in self}

    def first_wanted(self, position: int) -> int:
        """The first offset at `position` or later that is not stored.

        Never the end of the newest run: records finish out of order, and what lies between two runs is still wanted.
        """
        return next((last + 1 for first, last in self.runs if first <= position <= last), position)


def held(store: Store, partitions: Iterable[Partition]) -> dict[Partition, Held]:
    """What the store holds of each partition."""
    return {place: _held(store, place) for place in partitions}


def _held(store: Store, place: Partition) -> Held:
    frame = store.read(_RUNS, {"topic": place.topic, "partition": place.partition})
    return Held(tuple(zip(frame["first"].to_list(), frame["last"].to_list(), strict=True)))
