"""Find pairs by a text in them, or by an id.

Texts are nine tenths of the store, and no index stands beside them. A search therefore reads a bounded part of it, from
the newest back, and says how far it came; the caller goes on from there.
"""

from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from judge.browsing.filter import SAID, Filter, listed
from judge.browsing.pages import COLUMNS, start_of
from shadow.store import Store

AT_ONCE = 300_000
"""How many pairs of a workflow are read at most, to the whole hour; ten pairs of others between them cost as much."""
_HOURS = """
SELECT epoch_us(occurred_at) // 3600000000 AS hour, count(*) FILTER (workflow = $workflow) AS pairs, count(*) AS rows
FROM checked WHERE occurred_at >= coalesce($since, '-infinity'::TIMESTAMPTZ)
    AND occurred_at < coalesce($until, 'infinity'::TIMESTAMPTZ)
GROUP BY hour HAVING pairs > 0 ORDER BY hour DESC
"""
_TEXTS = " OR ".join(
    f"contains(lower({column}), $text)"
    for column in ("request", "candidate_text", "production_text", "candidate_tool_calls", "production_tool_calls")
)
_FOUND = f"""
, hits AS MATERIALIZED (
    SELECT pair_id AS hit FROM pairs
    WHERE workflow = $workflow AND occurred_at >= $earliest AND occurred_at < $latest AND ({_TEXTS})
)
SELECT page.*, verdict, review
FROM (
    SELECT {COLUMNS} {{listed}}
        AND occurred_at >= $earliest AND occurred_at < $latest AND pair_id IN (SELECT hit FROM hits)
    ORDER BY occurred_at DESC, pair_id LIMIT $most
) AS page LEFT JOIN judged USING (pair_id) LEFT JOIN reviewed USING (pair_id)
ORDER BY occurred_at DESC, pair_id
"""
_BY_ID = """
SELECT pair_id, occurred_at, workflow, fingerprint, request_id, trace_id FROM pairs
WHERE pair_id = $id OR request_id = $id OR trace_id = $id
ORDER BY occurred_at DESC LIMIT $most
"""


class Found(msgspec.Struct, frozen=True):
    """What a search found: rows as in a Page, from newest to oldest.

    `searched` is how many pairs of the workflow it read. `back_to` is how far it came, None when that was all: search
    on with `until=back_to`. Where there are `most` rows, there may be more after the last one.
    """

    rows: pl.DataFrame
    searched: int
    back_to: datetime | None


def search(store: Store, which: Filter, text: str, most: int = 100) -> Found:
    """The newest pairs of a filter with a text in the request or an answer, in capital or small letters."""
    sql, params = listed(store, which)
    hours = store.read(_HOURS, params)
    spent = hours["pairs"].cum_sum() + hours["rows"].cum_sum() / 10
    part = hours.filter(spent.shift(1, fill_value=0) < AT_ONCE)
    within: dict[str, Any] = {"earliest": None, "latest": None}
    if not part.is_empty():
        within = {"earliest": start_of(part["hour"][-1]), "latest": start_of(part["hour"][0] + 1)}
    rows = store.read(SAID + _FOUND.format(listed=sql), {**params, **within, "text": text.lower(), "most": most})
    return Found(
        rows=rows.unique("pair_id", keep="first", maintain_order=True),
        searched=int(part["pairs"].sum()),
        back_to=within["earliest"] if part.height < hours.height else None,
    )


def by_id(store: Store, text: str, most: int = 20) -> pl.DataFrame:
    """The pairs whose own id, request id or trace id is a text, of whichever workflow.

    Columns pair_id, occurred_at, workflow, fingerprint, request_id, trace_id.
    """
    return store.read(_BY_ID, {"id": text.strip(), "most": most})
