"""What the store still holds unscored: narrow references first, the texts by id and time afterwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from judge.scoring.plan import Plan
from shadow.bits import blocks, in_block, lacking
from shadow.pairs import from_frame
from shadow.store import Store
from shadow.types import Pair

_BY = ("fingerprint",)
# A pair without texts can be checked by those checks only that examined it before it was stored.
_CHECKABLE = "workflow = $workflow AND (examined_by IS NULL OR examined_by = $version)"
_PAIRS = blocks("pairs", _CHECKABLE, by=_BY)
_CHECKED = blocks("checked", "workflow = $workflow AND checks_version = $version", by=_BY)
_LACKING = f"SELECT * FROM ({lacking(_PAIRS, _CHECKED, by=_BY)}) WHERE lacking > 0"
_COUNT_UNCHECKED = f"SELECT coalesce(sum(lacking), 0)::BIGINT AS pairs FROM ({_LACKING})"
# Only blocks that lack a check are looked at pair by pair.
_UNCHECKED = f"""
WITH open AS MATERIALIZED ({_LACKING}),
waiting AS (
    SELECT pair_id, occurred_at FROM pairs SEMI JOIN open ON {in_block("pairs", "open", _BY)}
    WHERE {_CHECKABLE}
),
seen AS (
    SELECT pair_id FROM checked SEMI JOIN open ON {in_block("checked", "open", _BY)}
    WHERE workflow = $workflow AND checks_version = $version
)
SELECT DISTINCT pair_id, occurred_at FROM waiting ANTI JOIN seen USING (pair_id)
ORDER BY occurred_at DESC LIMIT $limit
"""
_TEXTS = """
SELECT * FROM pairs
WHERE occurred_at BETWEEN $earliest AND $latest AND pair_id IN (SELECT unnest($ids))
"""


def unchecked(store: Store, plan: Plan, limit: int) -> list[tuple[str, datetime]]:
    """References to the newest pairs that the plan's checks have not seen, whichever candidate answered."""
    rows = store.read(_UNCHECKED, {**_checked_with(plan), "limit": limit})
    return list(rows.iter_rows())


def count_unchecked(store: Store, plan: Plan) -> int:
    """How many pairs wait for the plan's checks."""
    return int(store.read(_COUNT_UNCHECKED, _checked_with(plan)).item())


def fetch(store: Store, references: Sequence[tuple[str, datetime]]) -> list[Pair]:
    """The pairs of references, each once. Fast when their times lie together."""
    if not references:
        return []
    times = [occurred_at for _, occurred_at in references]
    ids = [pair_id for pair_id, _ in references]
    frame = store.read(_TEXTS, {"earliest": min(times), "latest": max(times), "ids": ids})
    return from_frame(frame.unique("pair_id", keep="first", maintain_order=True))


def _checked_with(plan: Plan) -> dict[str, Any]:
    return {"workflow": plan.workflow, "version": plan.checks_version}
