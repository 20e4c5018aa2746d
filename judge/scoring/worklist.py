"""What the store still holds unscored: narrow references first, the texts by id and time afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from judge.outcomes import Stratum
from judge.scoring.plan import JudgePlan, Plan
from shadow.bits import blocks, in_block, lacking
from shadow.pairs import from_frame
from shadow.store import Store
from shadow.types import Pair

_BY = ("fingerprint",)
_PAIRS = blocks("pairs", "workflow = $workflow", by=_BY)
_CHECKED = blocks("checked", "workflow = $workflow AND checks_version = $version", by=_BY)
_LACKING = f"SELECT * FROM ({lacking(_PAIRS, _CHECKED, by=_BY)}) WHERE lacking > 0"
_COUNT_UNCHECKED = f"SELECT coalesce(sum(lacking), 0)::BIGINT AS pairs FROM ({_LACKING})"
# Only blocks that lack a check are looked at pair by pair.
_UNCHECKED = f"""
WITH open AS MATERIALIZED ({_LACKING}),
waiting AS (
    SELECT pair_id, occurred_at FROM pairs SEMI JOIN open ON {in_block("pairs", "open", _BY)}
    WHERE workflow = $workflow
),
seen AS (
    SELECT pair_id FROM checked SEMI JOIN open ON {in_block("checked", "open", _BY)}
    WHERE workflow = $workflow AND checks_version = $version
)
SELECT DISTINCT pair_id, occurred_at FROM waiting ANTI JOIN seen USING (pair_id)
ORDER BY occurred_at DESC LIMIT $limit
"""
# By draw over share: whatever the judge's pace, the judged pairs of a stratum are those of the lowest draws, a random
# sample, and all strata advance alike.
_UNJUDGED = """
FROM (
    SELECT pair_id, occurred_at, stratum, draw,
        CASE stratum WHEN 'settled' THEN $settled WHEN 'disagree' THEN $disagree ELSE $agree END AS share
    FROM checked
    WHERE workflow = $workflow AND checks_version = $version AND list_contains($fingerprints, fingerprint)
) AS c ANTI JOIN verdicts AS v ON v.pair_id = c.pair_id AND v.epoch = $epoch
WHERE c.draw < c.share
"""
_TEXTS = """
SELECT * FROM pairs
WHERE occurred_at BETWEEN $earliest AND $latest AND pair_id IN (SELECT unnest($ids))
"""


class Unjudged(NamedTuple):
    """A reference to a pair that the sampling plan chose, and the chance it had."""

    pair_id: str
    occurred_at: datetime
    stratum: Stratum
    inclusion_probability: float


def unchecked(store: Store, plan: Plan, limit: int) -> list[tuple[str, datetime]]:
    """References to the newest pairs that the plan's checks have not seen, whichever candidate answered."""
    rows = store.read(_UNCHECKED, {**_checked_with(plan), "limit": limit})
    return list(rows.iter_rows())


def unjudged(store: Store, plan: Plan, judge: JudgePlan, limit: int) -> list[Unjudged]:
    """References to pairs that the sampling plan chose and this epoch has not judged, the next ones first."""
    rows = store.read(
        f"SELECT DISTINCT * FROM (SELECT c.pair_id, c.occurred_at, c.stratum, c.share, c.draw / c.share AS turn "
        f"{_UNJUDGED} ORDER BY turn LIMIT $most) ORDER BY turn LIMIT $limit",
        {**_judged_with(plan, judge), "limit": limit, "most": 4 * limit},
    )
    return [Unjudged(row[0], row[1], Stratum(row[2]), row[3]) for row in rows.iter_rows()]


def count_unchecked(store: Store, plan: Plan) -> int:
    """How many pairs wait for the plan's checks."""
    return int(store.read(_COUNT_UNCHECKED, _checked_with(plan)).item())


def count_unjudged(store: Store, plan: Plan, judge: JudgePlan) -> int:
    """How many pairs wait for the judge."""
    return int(store.read(f"SELECT count(DISTINCT c.pair_id) {_UNJUDGED}", _judged_with(plan, judge)).item())


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


def _judged_with(plan: Plan, judge: JudgePlan) -> Mapping[str, Any]:
    shares = {stratum.value: share for stratum, share in judge.shares.items()}
    return {**_checked_with(plan), "fingerprints": judge.candidates, "epoch": judge.epoch, **shares}
