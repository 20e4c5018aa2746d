"""Read when the evidence on candidates' defect budgets reached the levels that phases ask for, as of a time."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from judge.evidence.asking import ASKED, Asking, Key
from judge.evidence.record import Crossing
from judge.statistics.cell import Cell

# A crossing rests on the labels of its time. Where a person has decided otherwise since, it no longer counts; what was
# undecided then was counted as the worse already.
_CROSSINGS = f"""
WITH {ASKED},
words AS (
    SELECT workflow, reviewed_at, outcome, lag(outcome) OVER said AS former, lag(reviewed_at) OVER said AS former_at
    FROM reviews SEMI JOIN asked USING (workflow) WHERE reviewed_at <= $seen_by {{of_workflow}}
    WINDOW said AS (PARTITION BY workflow, pair_id ORDER BY reviewed_at, review_id)
),
corrected AS (
    SELECT workflow, former_at, reviewed_at FROM words WHERE former <> outcome AND former <> 'undecided'
)
SELECT DISTINCT workflow, fingerprint, severity, side, counted_at, cell
FROM crossings SEMI JOIN asked USING (workflow, fingerprint, checks_version, epoch)
WHERE seen_at <= $seen_by {{of_candidate}} AND NOT EXISTS (
    SELECT 1 FROM corrected
    WHERE corrected.workflow = crossings.workflow AND former_at <= counted_at AND reviewed_at > counted_at
)
ORDER BY counted_at, severity, side, cell
"""


def crossings(asking: Asking, seen_by: datetime | None = None) -> Mapping[Key, list[Crossing]]:
    """The crossings of each candidate that still count, the earliest first; `seen_by`: those stored up to this time."""
    found = asking.by_candidate(_CROSSINGS, seen_by=seen_by or asking.as_of)
    return {
        key: [
            Crossing(row["severity"], row["side"], row["counted_at"], msgspec.json.decode(row["cell"], type=Cell))
            for row in rows
        ]
        for key, rows in found.items()
    }
