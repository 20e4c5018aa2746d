"""The funnel: what became of every record of the source, and whether it adds up."""

import msgspec
import polars as pl

from shadow.bits import FATES, blocks
from shadow.store import Store

_FATES = f"""
SELECT workflow, fate, reason, sum(bit_count(bits))::BIGINT AS records
FROM ({blocks(FATES, by=("workflow", "fate", "reason"))}) GROUP BY ALL ORDER BY ALL
"""
# A record mirrored to two candidates has two pairs and one fate, so a repeated pair is told by its candidate.
_REPEATS = f"""
WITH parts AS MATERIALIZED ({blocks(FATES, by=("workflow", "fate", "fingerprint"))}),
records AS (
    SELECT topic, "partition", block, fate, workflow, bit_or(bits) AS bits,
        CASE fate WHEN 'paired' THEN bit_count(bit_or(bits)) ELSE sum(n) END AS fates
    FROM parts GROUP BY topic, "partition", block, fate, workflow
)
SELECT (
    (SELECT coalesce(sum(n - bit_count(bits)), 0) FROM parts WHERE fate = 'paired')
    + (SELECT coalesce(sum(fates), 0) FROM records)
    - (SELECT coalesce(sum(bit_count(bits)), 0) FROM (
        SELECT bit_or(bits) AS bits FROM records GROUP BY topic, "partition", block))
)::BIGINT AS repeats
"""
_SPANS = f"""
SELECT (SELECT coalesce(sum(bit_count(bits)), 0)::BIGINT FROM ({blocks(FATES)})) AS present,
    (SELECT coalesce(sum(span), 0)::BIGINT FROM (
        SELECT max("offset") - min("offset") + 1 AS span FROM {FATES} GROUP BY topic, "partition")) AS span
"""


class Funnel(msgspec.Struct, frozen=True):
    """Records by fate: seen = paired + skipped + shed + rejected + erased, once the gaps are filled.

    `seen` counts the offsets from the first to the last stored one, whatever became of them. `missing` are offsets in
    that span with no fate yet: in flight while the mirror runs, lost (or never a record) when it rests. `repeats`
    counts records stored more than once. `rows` holds workflow, fate, reason, records.
    """

    rows: pl.DataFrame
    seen: int
    paired: int
    skipped: int
    shed: int
    rejected: int
    erased: int
    missing: int
    repeats: int

    @property
    def adds_up(self) -> bool:
        return self.missing == 0 and self.repeats == 0

    @property
    def sentence(self) -> str:
        if not self.seen:
            return "nothing seen yet"
        parts = (
            f"{self.seen} seen = {self.paired} paired + {self.skipped} skipped + {self.shed} shed "
            f"+ {self.rejected} rejected"
        )
        if self.erased:
            parts += f" + {self.erased} erased"
        if self.missing:
            parts += f" + {self.missing} in flight or missing"
        if self.repeats:
            parts += f"; {self.repeats} stored more than once"
        return f"{parts}: {'adds up' if self.adds_up else 'does not add up yet'}"


def funnel(store: Store) -> Funnel:
    """The funnel over everything the store holds."""
    rows = store.read(_FATES)
    present, seen = store.read(_SPANS).row(0)
    by_fate = dict(rows.group_by("fate").agg(pl.col("records").sum()).iter_rows())
    return Funnel(
        rows=rows,
        seen=seen,
        paired=by_fate.get("paired", 0),
        skipped=by_fate.get("skipped", 0),
        shed=by_fate.get("shed", 0),
        rejected=by_fate.get("rejected", 0),
        erased=by_fate.get("erased", 0),
        missing=seen - present,
        repeats=int(store.read(_REPEATS).item()),
    )
