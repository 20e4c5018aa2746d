"""Fencing: whoever claims a partition last may append its rows, and nobody else.

A process that stood still may go on in the middle of an append, long after its partitions were given to another. No
question asked beforehand helps against that, so the store compares the claim in the transaction that stores the rows.
"""

from collections.abc import Iterable, Mapping

from connectors.types import Partition

Claims = Mapping[Partition, int]
"""The number of a claim on each partition; a later claim on the same partition has a higher one."""
NONE: Claims = {}
"""For rows that belong to no partition that another process may take."""


class Fenced(Exception):  # noqa: N818  (as the field says it)
    """An append was refused, and nothing of it stored: `partitions` of it were claimed by another since."""

    def __init__(self, partitions: Iterable[Partition]) -> None:
        self.partitions = frozenset(partitions)
        names = ", ".join(f"{place.topic}/{place.partition}" for place in sorted(self.partitions))
        super().__init__(f"another process has claimed {names} since")


def superseded(claims: Claims, newest: Claims) -> frozenset[Partition]:
    """The partitions whose claim is not the newest; also those on which nobody has one, as in a store made anew."""
    return frozenset(place for place, claim in claims.items() if newest.get(place) != claim)
