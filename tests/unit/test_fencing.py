"""Which claims are stale."""

import pytest

from connectors.types import Partition
from shadow.fencing import Claims, Fenced, superseded

A, B = Partition("calls", 0), Partition("calls", 1)


@pytest.mark.parametrize(
    ("claims", "newest", "stale"),
    [
        ({}, {A: 3}, set()),
        ({A: 3}, {A: 3, B: 9}, set()),
        ({A: 3, B: 9}, {A: 4, B: 9}, {A}),
        ({A: 3, B: 9}, {A: 4, B: 10}, {A, B}),
        ({A: 3}, {}, {A}),  # a store made anew
        ({A: 3}, {A: 2}, {A}),  # an older copy of the store
    ],
)
def test_a_claim_that_is_not_the_newest_is_stale(claims: Claims, newest: Claims, stale: set[Partition]) -> None:
    assert superseded(claims, newest) == stale


def test_what_was_refused_says_which_partitions_and_why() -> None:
    assert str(Fenced([B, A])) == "another process has claimed calls/0, calls/1 since"
