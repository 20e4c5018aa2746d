"""Read what people and the judge said of a workflow's pairs, as counts bounded by `as_of`."""

from collections.abc import Mapping
from typing import Any

from judge.evidence.record import Compared, JudgeRecord, Labelled, PoolCount
from judge.outcomes import Outcome
from shadow.store import Store

_EPOCH = """
SELECT epoch FROM verdicts WHERE workflow = $workflow AND setup = $setup AND judged_at <= $as_of
GROUP BY epoch ORDER BY max(judged_at) DESC, epoch LIMIT 1
"""
_REVIEWS = """
SELECT count(DISTINCT review_id) AS reviews FROM reviews WHERE workflow = $workflow AND reviewed_at <= $as_of
"""
OFFERED = """CASE WHEN bool_or(reason = 'random') THEN 'random' WHEN bool_or(reason = 'audit') THEN 'audit'
            WHEN bool_or(reason = 'confirm') THEN 'confirm' WHEN bool_or(reason = 'control') THEN 'control'
        END"""
"""SQL: the strongest reason for which the plan offered a pair, over its reviews."""
# A person's newest word on a pair; the judge's first word in an epoch, so that judging again changes nothing.
_SAID = f"""
WITH reviewed AS (
    SELECT pair_id, arg_max(outcome, (reviewed_at, review_id)) AS outcome,
        {OFFERED} AS offered
    FROM reviews WHERE workflow = $workflow AND reviewed_at <= $as_of GROUP BY pair_id
),
judged AS (
    SELECT pair_id, outcome, order_flip, contradicts_itself, outcome_production_first, outcome_candidate_first,
        coalesce(worst, outcome) AS flag
    FROM verdicts
    WHERE workflow = $workflow AND epoch = $epoch AND judged_at <= $as_of
    QUALIFY row_number() OVER (PARTITION BY pair_id ORDER BY judged_at, verdict_id) = 1
),
examined AS (
    SELECT DISTINCT pair_id, fingerprint, stratum, severity, draw FROM checked
    WHERE workflow = $workflow AND checks_version = $checks AND checked_at <= $as_of
        AND pair_id IN (SELECT pair_id FROM judged UNION ALL SELECT pair_id FROM reviewed)
)
"""
_LABELLED = f"""{_SAID}
SELECT stratum, flag AS verdict, reviewed.outcome AS review, offered, count(*) AS pairs
FROM examined LEFT JOIN judged USING (pair_id) LEFT JOIN reviewed USING (pair_id)
WHERE fingerprint = $fingerprint AND stratum <> 'settled' GROUP BY ALL ORDER BY ALL
"""
# Of other candidates only, so that the pool is independent of what it is used for, and known before it.
# Halves by a bit of the draw far behind those that the plan goes by.
_POOL = f"""{_SAID}
SELECT CASE reviewed.outcome WHEN 'worse_critical' THEN 'critical' WHEN 'worse_minor' THEN 'minor' ELSE 'major' END
        AS severity,
    flag NOT IN ('equivalent', 'candidate_better') AS found,
    (draw * 1048576)::BIGINT % 2 = 0 AS first_half, count(*) AS pairs
FROM examined JOIN judged USING (pair_id) JOIN reviewed USING (pair_id)
WHERE stratum <> 'settled' AND offered = 'random' AND fingerprint <> $fingerprint
    AND reviewed.outcome IN ('worse_critical', 'worse_major', 'worse_minor', 'both_bad')
GROUP BY ALL ORDER BY ALL
"""
_LATELY = """
SELECT (SELECT count(*) FROM verdicts WHERE workflow = $workflow AND judged_at > $day_ago AND judged_at <= $as_of)
        AS verdicts,
    (SELECT count(*) FROM reviews WHERE workflow = $workflow AND reviewed_at > $day_ago AND reviewed_at <= $as_of)
        AS reviews
"""
_VERDICTS = f"""{_SAID}
SELECT count(*) AS verdicts, count(*) FILTER (order_flip) AS flips,
    count(*) FILTER (starts_with(outcome_production_first, 'worse') AND outcome_candidate_first = 'candidate_better')
        AS flips_first,
    count(*) FILTER (outcome_production_first = 'candidate_better' AND starts_with(outcome_candidate_first, 'worse'))
        AS flips_second,
    count(*) FILTER (contradicts_itself) AS contradictions, count(contradicts_itself) AS contradictions_of,
    count(*) FILTER (outcome = 'undecided') AS undecided
FROM judged
"""
_BY_OUTCOME = f"{_SAID} SELECT outcome, count(*) AS pairs FROM judged GROUP BY ALL ORDER BY ALL"
_REPEATS = """
SELECT count(DISTINCT repeat_id) AS repeats,
    count(DISTINCT repeat_id) FILTER (before IS DISTINCT FROM again) AS repeats_changed
FROM repeats WHERE workflow = $workflow AND epoch = $epoch AND repeated_at <= $as_of
"""
_AGAINST_REVIEWS = f"""{_SAID}
SELECT judged.outcome AS verdict, reviewed.outcome AS review, count(*) AS pairs
FROM judged JOIN reviewed USING (pair_id) WHERE reviewed.outcome <> 'undecided' GROUP BY ALL ORDER BY ALL
"""
_AGAINST_TRUTH = f"""{_SAID},
known AS MATERIALIZED (
    SELECT pair_id FROM pairs
    WHERE workflow = $workflow AND ground_truth IS NOT NULL AND pair_id IN (SELECT pair_id FROM judged)
),
settled AS (
    SELECT pair_id, severity FROM checked
    WHERE workflow = $workflow AND checks_version = $checks AND checked_at <= $as_of AND stratum = 'settled'
        AND pair_id IN (SELECT pair_id FROM known)
)
SELECT judged.outcome AS verdict, severity, count(DISTINCT pair_id) AS pairs
FROM judged JOIN settled USING (pair_id) GROUP BY ALL ORDER BY ALL
"""


def newest_epoch(store: Store, params: Mapping[str, Any]) -> str | None:
    """The newest epoch of the judge as configured, None when that judge has said nothing yet."""
    found = store.read(_EPOCH, params)
    return None if found.is_empty() else str(found.item())


def reviews(store: Store, params: Mapping[str, Any]) -> int:
    """How many reviews the workflow has, corrections included."""
    return int(store.read(_REVIEWS, params).item())


def labels(store: Store, params: Mapping[str, Any]) -> list[Labelled]:
    """The labels on pairs of one candidate that checks leave open."""
    return [Labelled(**row) for row in store.read(_LABELLED, params).to_dicts()]


def pool(store: Store, params: Mapping[str, Any]) -> list[PoolCount]:
    """The judge's record on defects that people found in random pairs of the workflow's other candidates."""
    return [PoolCount(**row) for row in store.read(_POOL, params).to_dicts()]


def lately(store: Store, params: Mapping[str, Any]) -> dict[str, int]:
    """How many verdicts and reviews the last 24 hours brought."""
    return {name: int(value) for name, value in store.read(_LATELY, params).to_dicts()[0].items()}


def judge_record(store: Store, params: Mapping[str, Any]) -> JudgeRecord:
    """The verdicts of one epoch, compared with reviews and with ground truth, over all candidates of the workflow."""
    reviewed = store.read(_AGAINST_REVIEWS, params).to_dicts()
    return JudgeRecord(
        **store.read(_VERDICTS, params).to_dicts()[0],
        **store.read(_REPEATS, params).to_dicts()[0],
        by_outcome=dict(store.read(_BY_OUTCOME, params).iter_rows()),
        against_reviews=[Compared(row["verdict"], Outcome(row["review"]).severity, row["pairs"]) for row in reviewed],
        against_truth=[Compared(**row) for row in store.read(_AGAINST_TRUTH, params).to_dicts()],
        pool=pool(store, params),
    )
