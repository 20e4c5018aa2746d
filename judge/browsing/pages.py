"""A page of pairs, newest first, however many there are."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl

from judge.browsing.filter import SAID, Filter, listed
from shadow.store import Store

HOURS = (
    "SELECT epoch_us(occurred_at) // 3600000000 AS hour, count(*) AS pairs {listed} GROUP BY hour ORDER BY hour DESC"
)
COLUMNS = "pair_id, occurred_at, workflow, fingerprint, stratum, outcome, severity, failed"
# Hours are what a page is found by, so that only a few of them are sorted.
_ROWS = f"""
SELECT page.*, verdict, review
FROM (
    SELECT {COLUMNS} {{listed}}
        AND occurred_at >= $earliest AND occurred_at < $latest
    ORDER BY occurred_at DESC, pair_id LIMIT $size OFFSET $skip
) AS page LEFT JOIN judged USING (pair_id) LEFT JOIN reviewed USING (pair_id)
ORDER BY occurred_at DESC, pair_id
"""


class Page(msgspec.Struct, frozen=True):
    """One page of a list: `rows` from newest to oldest, and how many pairs the whole list has.

    Rows are narrow: pair_id, occurred_at, workflow, fingerprint, stratum, outcome, severity, failed, verdict, review.
    A pair that was stored as checked twice is shown once, and counted twice: telling would cost more than the page.
    """

    rows: pl.DataFrame
    total: int


def pairs_page(store: Store, which: Filter, page: int = 0, size: int = 25) -> Page:
    """A page, from 0, of the pairs that a filter lets through."""
    sql, params = listed(store, which)
    hours = store.read(SAID + HOURS.format(listed=sql), params)
    rows = store.read(SAID + _ROWS.format(listed=sql), {**params, **_window(hours, page * size, size)})
    return Page(rows.unique("pair_id", keep="first", maintain_order=True), int(hours["pairs"].sum()))


def start_of(hour: int) -> datetime:
    """When an hour, counted from 1970, begins."""
    return datetime.fromtimestamp(3600 * hour, UTC)


def _window(hours: pl.DataFrame, skip: int, size: int) -> dict[str, Any]:
    """The times between which a page lies, and how many pairs to skip there; `hours` goes from newest to oldest."""
    newer = (hours["pairs"].cum_sum() <= skip).sum()
    enough = (hours["pairs"].cum_sum() < skip + size).sum()
    within = hours["hour"][newer : enough + 1]
    if within.is_empty():
        return {"earliest": None, "latest": None, "skip": 0, "size": size}
    return {
        "earliest": start_of(within[-1]),
        "latest": start_of(within[0] + 1),
        "skip": skip - int(hours["pairs"][:newer].sum()),
        "size": size,
    }
