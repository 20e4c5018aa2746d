"""Two candidates on the same requests: which of them spoils more tasks."""

from datetime import datetime, timedelta

import msgspec

from judge.statistics.bounds import Estimate
from judge.statistics.paired import paired
from shadow.store import Store

DAYS = 30
_BOTH = """
WITH judged AS (
    SELECT pair_id, arg_max(outcome, (judged_at, verdict_id)) AS verdict FROM verdicts
    WHERE workflow = $workflow AND judged_at <= $as_of GROUP BY pair_id
),
reviewed AS (
    SELECT pair_id, arg_max(outcome, (reviewed_at, review_id)) AS review FROM reviews
    WHERE workflow = $workflow AND reviewed_at <= $as_of GROUP BY pair_id
),
known AS (
    SELECT DISTINCT topic, "partition", "offset", fingerprint,
        CASE WHEN stratum = 'settled' THEN coalesce(severity IN ('critical', 'major'), FALSE)
            ELSE coalesce(review, verdict) IN ('worse_critical', 'worse_major', 'both_bad') END AS wrong
    FROM checked LEFT JOIN judged USING (pair_id) LEFT JOIN reviewed USING (pair_id)
    WHERE workflow = $workflow AND checks_version = $checks AND checked_at <= $as_of AND occurred_at >= $since
        AND fingerprint IN ($one, $other)
        AND (stratum = 'settled' OR coalesce(review, verdict, 'undecided') <> 'undecided')
)
SELECT count(*) FILTER (a.wrong AND NOT b.wrong) AS only_one, count(*) FILTER (b.wrong AND NOT a.wrong) AS only_other,
    count(*) FILTER (a.wrong = b.wrong) AS same
FROM known AS a JOIN known AS b USING (topic, "partition", "offset")
WHERE a.fingerprint = $one AND b.fingerprint = $other
"""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of the last DAYS days whose outcome is known for both.

    `difference` is the share that only the first candidate spoils less the share that only the other does, -1..1, with
    bounds that hold at every look.
    """

    only_one: int
    only_other: int
    same: int
    difference: Estimate


def compare(store: Store, workflow: str, checks: str, one: str, other: str, as_of: datetime) -> Compared:
    """Two candidates, by fingerprint, as one set of checks, the judge and people saw them."""
    params = {
        "workflow": workflow,
        "checks": checks,
        "one": one,
        "other": other,
        "as_of": as_of,
        "since": as_of - timedelta(days=DAYS),
    }
    counts = store.read(_BOTH, params).to_dicts()[0]
    found = paired(counts["only_one"], counts["only_other"], counts["same"], margin=0.0)
    rate = float(found.estimate) if sum(counts.values()) else None
    return Compared(**counts, difference=Estimate(rate, float(found.lower), float(found.upper)))
