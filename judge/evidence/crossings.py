"""Read when the evidence on a candidate's defect budgets reached the levels that phases ask for, as of a time."""

from collections.abc import Mapping
from typing import Any

import msgspec

from judge.evidence.record import Crossing
from judge.statistics.cell import Cell
from shadow.store import Store

# A crossing rests on the labels of its time. Where a person has decided otherwise since, it no longer counts; what was
# undecided then was counted as the worse already.
_CROSSINGS = """
WITH words AS (
    SELECT reviewed_at, outcome, lag(outcome) OVER said AS former, lag(reviewed_at) OVER said AS former_at
    FROM reviews WHERE workflow = $workflow AND reviewed_at <= $as_of
    WINDOW said AS (PARTITION BY pair_id ORDER BY reviewed_at, review_id)
),
corrected AS (
    SELECT former_at, reviewed_at FROM words WHERE former <> outcome AND former <> 'undecided'
)
SELECT DISTINCT severity, side, counted_at, cell FROM crossings
WHERE workflow = $workflow AND fingerprint = $fingerprint AND checks_version = $checks
    AND epoch = coalesce($epoch, '') AND seen_at <= $as_of
    AND NOT EXISTS (SELECT 1 FROM corrected WHERE former_at <= counted_at AND reviewed_at > counted_at)
ORDER BY counted_at, severity, side, cell
"""


def crossings(store: Store, params: Mapping[str, Any]) -> list[Crossing]:
    """The crossings that still count, the earliest first."""
    return [
        Crossing(row["severity"], row["side"], row["counted_at"], msgspec.json.decode(row["cell"], type=Cell))
        for row in store.read(_CROSSINGS, params).iter_rows(named=True)
    ]
