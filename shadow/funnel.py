"""The funnel: what became of every record of the source, and whether it adds up."""

import msgspec
import polars as pl

from shadow.store import Store

_FATES = """
SELECT workflow, fate, reason, count(*) AS records
FROM intake GROUP BY ALL ORDER BY ALL
"""
# A copied pair has its own pair_id twice; a record with two fates stands in two rows of intake.
_REPEATS = """
SELECT
    (SELECT count(*) - count(DISTINCT pair_id) FROM pairs)
    + (SELECT coalesce(sum(fates - 1), 0) FROM (
        SELECT sum(copies) AS fates FROM intake GROUP BY topic, "partition", "offset")) AS repeats
"""
_SPANS = """
SELECT topic, "partition", max("offset") - min("offset") + 1 AS span, count(DISTINCT "offset") AS present
FROM intake GROUP BY ALL ORDER BY ALL
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
    spans = store.read(_SPANS)
    by_fate = dict(rows.group_by("fate").agg(pl.col("records").sum()).iter_rows())
    seen = int(spans["span"].sum())
    return Funnel(
        rows=rows,
        seen=seen,
        paired=by_fate.get("paired", 0),
        skipped=by_fate.get("skipped", 0),
        shed=by_fate.get("shed", 0),
        rejected=by_fate.get("rejected", 0),
        erased=by_fate.get("erased", 0),
        missing=seen - int(spans["present"].sum()),
        repeats=int(store.read(_REPEATS).item()),
    )
