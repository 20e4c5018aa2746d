"""How reviewing goes: what a reviewer has done, how fast, and whether two people say the same of one pair."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import msgspec
import polars as pl

from shadow.store import Store

PACE_OVER = 10
"""A pace is taken over the newest labels, at most so many gaps between them."""
LONGEST_GAP_S = 180.0
"""A longer gap was a pause, not a label that took so long."""
_MINE = """
SELECT reviewed_at FROM reviews WHERE workflow = $workflow AND reviewer = $reviewer AND reviewed_at >= $since
ORDER BY reviewed_at DESC
"""
_COUNTS = """
SELECT count(DISTINCT pair_id) FILTER (reviewer = $reviewer) AS mine, count(DISTINCT pair_id) AS everyone
FROM reviews WHERE workflow = $workflow
"""
_LABELLED = "SELECT count(DISTINCT pair_id) AS pairs FROM reviews WHERE workflow = $workflow"
# A person's newest word on a pair; then every two people who said something of the same one.
_BOTH = """
WITH newest AS (
    SELECT pair_id, occurred_at, reviewer, outcome, reviewed_at FROM reviews WHERE workflow = $workflow
    QUALIFY row_number() OVER (PARTITION BY pair_id, reviewer ORDER BY reviewed_at DESC, review_id DESC) = 1
)
SELECT one.pair_id, one.occurred_at, one.reviewer AS first, one.outcome AS first_outcome, other.reviewer AS second,
    other.outcome AS second_outcome, greatest(one.reviewed_at, other.reviewed_at) AS reviewed_at
FROM newest AS one JOIN newest AS other ON one.pair_id = other.pair_id AND one.reviewer < other.reviewer
ORDER BY reviewed_at DESC, one.pair_id
"""


class Progress(msgspec.Struct, frozen=True):
    """Labels given since a moment, pairs labelled by this reviewer ever and by everyone, and when the newest were.

    `newest` goes from the newest label backwards, as far as a pace needs.
    """

    since: int
    mine: int
    everyone: int
    newest: tuple[datetime, ...] = ()

    @property
    def a_minute(self) -> float | None:
        """The pace, None before two labels."""
        return pace(self.newest)

    def after(self, moment: datetime, is_new: bool) -> "Progress":
        """The same after one more label; `is_new` where the pair had none of this reviewer's."""
        newest = (moment, *self.newest)[: PACE_OVER + 1]
        return Progress(self.since + 1, self.mine + is_new, self.everyone + is_new, newest)


class Agreement(msgspec.Struct, frozen=True):
    """Pairs that two people have labelled, one row for each two people, and how many of these say the same."""

    rows: pl.DataFrame
    same: int

    @property
    def apart(self) -> pl.DataFrame:
        """The rows on which the two differ: for somebody to adjudicate, since the newest label counts."""
        return self.rows.filter(pl.col("first_outcome") != pl.col("second_outcome"))


def progress(store: Store, workflow: str, reviewer: str, since: datetime) -> Progress:
    """What a reviewer has done in a workflow since a time (UTC), and their pace."""
    params = {"workflow": workflow, "reviewer": reviewer}
    times = store.read(_MINE, {**params, "since": since})["reviewed_at"].to_list()
    counts = store.read(_COUNTS, params).to_dicts()[0]
    return Progress(len(times), counts["mine"], counts["everyone"], tuple(times[: PACE_OVER + 1]))


def labelled(store: Store, workflow: str) -> int:
    """How many pairs of a workflow people have labelled."""
    return int(store.read(_LABELLED, {"workflow": workflow}).item())


def pace(newest_first: Sequence[datetime]) -> float | None:
    """Labels a minute over the newest ones, pauses left out; None where that leaves no gap."""
    ours = newest_first[: PACE_OVER + 1]
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(ours)]
    gaps = [gap for gap in gaps if gap <= LONGEST_GAP_S]
    return 60 * len(gaps) / sum(gaps) if sum(gaps) > 0 else None


def agreement(store: Store, workflow: str) -> Agreement:
    """Where several people have labelled the same pairs of a workflow, and whether they agree."""
    rows = store.read(_BOTH, {"workflow": workflow})
    return Agreement(rows, rows.filter(pl.col("first_outcome") == pl.col("second_outcome")).height)
