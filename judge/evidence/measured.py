"""Read what is measured beside defects: production against itself, the candidate's confidence against outcomes."""

from collections.abc import Mapping
from typing import Any

from judge.evidence.record import Confidence, Noise
from shadow.store import Store

MOST_LABELS = 10_000
_NOISE = """
SELECT count(*) AS twice, count(*) FILTER (self_differs AND candidate_differs) AS "both",
    count(*) FILTER (candidate_differs AND NOT self_differs) AS candidate_only,
    count(*) FILTER (self_differs AND NOT candidate_differs) AS self_only
FROM (
    SELECT pair_id, arg_min(self_differs, asked_at) AS self_differs,
        arg_min(candidate_differs, asked_at) AS candidate_differs
    FROM second_answers
    WHERE workflow = $workflow AND fingerprint = $fingerprint AND checks_version = $checks AND asked_at <= $as_of
        AND error IS NULL
    GROUP BY pair_id
)
"""
# All pairs whose draw is above the highest that is still open: a random sample of all pairs with every outcome known,
# since people are offered random pairs from the highest draw downwards.
_CONFIDENCES = """
WITH reviewed AS (
    SELECT pair_id, arg_max(outcome, (reviewed_at, review_id)) AS outcome FROM reviews
    WHERE workflow = $workflow AND reviewed_at <= $as_of GROUP BY pair_id
),
of_candidate AS (
    SELECT DISTINCT pair_id, stratum, severity, draw FROM checked
    WHERE workflow = $workflow AND fingerprint = $fingerprint AND checks_version = $checks AND checked_at <= $as_of
        AND draw > 1 - $most / greatest(1, $checked)
),
known AS (
    SELECT pair_id, draw, stratum = 'settled' OR coalesce(outcome, 'undecided') <> 'undecided' AS known,
        CASE WHEN stratum = 'settled' THEN coalesce(severity IN ('critical', 'major'), FALSE)
            ELSE outcome IN ('worse_critical', 'worse_major', 'both_bad') END AS wrong
    FROM of_candidate LEFT JOIN reviewed USING (pair_id)
),
sample AS (SELECT pair_id, wrong FROM known WHERE draw > coalesce((SELECT max(draw) FROM known WHERE NOT known), 0))
SELECT floor(candidate_confidence * 50) / 50 AS confidence, count(DISTINCT pair_id) AS pairs,
    count(DISTINCT pair_id) FILTER (wrong) AS defects
FROM pairs JOIN sample USING (pair_id) WHERE workflow = $workflow AND fingerprint = $fingerprint
GROUP BY confidence ORDER BY confidence
"""


def noise(store: Store, params: Mapping[str, Any]) -> Noise:
    """Who differs from production's first answer, on the requests that production answered twice."""
    return Noise(**store.read(_NOISE, params).to_dicts()[0])


def confidences(store: Store, params: Mapping[str, Any], checked: int) -> list[Confidence]:
    """The candidate's confidence on a random sample of its `checked` pairs with every outcome known."""
    rows = store.read(_CONFIDENCES, {**params, "checked": checked, "most": float(MOST_LABELS)}).to_dicts()
    return [Confidence(**row) for row in rows]
