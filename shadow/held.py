"""What the store already holds of a partition, so that a record which comes again is recognised."""

import bisect
from collections.abc import Iterable, Sequence

import msgspec

from connectors.types import NOWHERE, Partition
from shadow.bits import BLOCK, FATES, blocks
from shadow.store import Store

_HERE = 'topic = $topic AND "partition" = $partition'
_BLOCKS = f"SELECT block, bit_count(bits) AS present FROM ({blocks(FATES, _HERE)}) ORDER BY block"
# Runs of consecutive offsets: an offset less its rank is the same number all through a run.
_RUNS = f"""
SELECT min("offset") AS first, max("offset") AS last
FROM (
    SELECT "offset", "offset" - row_number() OVER (ORDER BY "offset") AS run
    FROM (
        SELECT DISTINCT "offset" FROM {FATES}
        WHERE {_HERE} AND list_contains($blocks, "offset" >> {BLOCK})
    )
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
        From NOWHERE it is the end of the first run, and NOWHERE when nothing is stored.
        """
        if position == NOWHERE:
            return self.runs[0][1] + 1 if self.runs else NOWHERE
        return next((last + 1 for first, last in self.runs if first <= position <= last), position)


def held(store: Store, partitions: Iterable[Partition]) -> dict[Partition, Held]:
    """What the store holds of each partition."""
    return {place: _held(store, place) for place in partitions}


def _held(store: Store, place: Partition) -> Held:
    """Blocks of offsets that are all there are runs; only in the others is every offset looked at."""
    where = {"topic": place.topic, "partition": place.partition}
    size = 1 << BLOCK
    found = store.read(_BLOCKS, where)
    runs = [(block * size, block * size + size - 1) for block, n in found.iter_rows() if n == size]
    if broken := [block for block, n in found.iter_rows() if n != size]:
        runs += list(store.read(_RUNS, {**where, "blocks": broken}).iter_rows())
    return Held(tuple(_joined(sorted(runs))))


def _joined(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted runs, those that touch made one."""
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and joined[-1][1] + 1 == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined
