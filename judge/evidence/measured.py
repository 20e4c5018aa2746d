"""Read what is measured beside defects: production against itself, the candidate's confidence against outcomes."""

from collections.abc import Mapping

from judge.evidence.asking import ASKED, Asking, Key
from judge.evidence.record import Confidence, Noise

MOST_LABELS = 10_000
_NOISE = f"""
WITH {ASKED},
said AS (
    SELECT workflow, fingerprint, pair_id, arg_min(self_differs, asked_at) AS self_differs,
        arg_min(candidate_differs, asked_at) AS candidate_differs
    FROM second_answers SEMI JOIN asked USING (workflow, fingerprint, checks_version)
    WHERE asked_at <= $as_of AND error IS NULL {{of_candidate}} GROUP BY ALL
)
SELECT workflow, fingerprint, count(*) AS twice, count(*) FILTER (self_differs AND candidate_differs) AS "both",
    count(*) FILTER (candidate_differs AND NOT self_differs) AS candidate_only,
    count(*) FILTER (self_differs AND NOT candidate_differs) AS self_only
FROM said GROUP BY ALL
"""
# All pairs whose draw is above the highest that is still open: a random sample of all pairs with every outcome known,
# since people are offered random pairs from the highest draw downwards.
_CONFIDENCES = f"""
WITH {ASKED},
sizes AS (SELECT unnest($workflows) AS workflow, unnest($fingerprints) AS fingerprint, unnest($checked) AS size),
reviewed AS (
    SELECT workflow, pair_id, arg_max(outcome, (reviewed_at, review_id)) AS outcome
    FROM reviews SEMI JOIN asked USING (workflow) WHERE reviewed_at <= $as_of {{of_workflow}} GROUP BY ALL
),
of_all AS (
    SELECT DISTINCT workflow, fingerprint, pair_id, stratum, severity, draw
    FROM checked JOIN sizes USING (workflow, fingerprint) SEMI JOIN asked USING (workflow, fingerprint, checks_version)
    WHERE checked_at <= $as_of AND draw > 1 - $most / greatest(1, size) {{of_candidate}}
),
known AS (
    SELECT workflow, fingerprint, pair_id, draw,
        stratum = 'settled' OR coalesce(outcome, 'undecided') <> 'undecided' AS known,
        CASE WHEN stratum = 'settled' THEN coalesce(severity IN ('critical', 'major'), FALSE)
            ELSE outcome IN ('worse_critical', 'worse_major', 'both_bad') END AS wrong
    FROM of_all LEFT JOIN reviewed USING (workflow, pair_id)
),
reaches AS (SELECT workflow, fingerprint, max(draw) FILTER (NOT known) AS low FROM known GROUP BY ALL),
sample AS (
    SELECT workflow, fingerprint, pair_id, wrong FROM known JOIN reaches USING (workflow, fingerprint)
    WHERE draw > coalesce(low, 0)
)
SELECT workflow, fingerprint, floor(candidate_confidence * 50) / 50 AS confidence, count(DISTINCT pair_id) AS pairs,
    count(DISTINCT pair_id) FILTER (wrong) AS defects
FROM pairs JOIN sample USING (pair_id, workflow, fingerprint) WHERE TRUE {{of_candidate}} GROUP BY ALL ORDER BY ALL
"""


def noises(asking: Asking) -> Mapping[Key, Noise]:
    """Who differs from production's first answer, on the requests that it answered twice; none asked: left out."""
    return {key: Noise(**rows[0]) for key, rows in asking.by_candidate(_NOISE).items()}


def confidences(asking: Asking, checked: Mapping[Key, int]) -> Mapping[Key, list[Confidence]]:
    """Each candidate's confidence on a random sample of its `checked` pairs with every outcome known."""
    sizes = [checked.get(each.key, 0) for each in asking.subjects]
    found = asking.by_candidate(_CONFIDENCES, checked=sizes, most=float(MOST_LABELS))
    return {key: [Confidence(**row) for row in rows] for key, rows in found.items()}
