"""Read what people and the judge said of the pairs of many workflows, as counts up to a time."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from judge.evidence.asking import ASKED, Asking, Key, Rows
from judge.evidence.record import Compared, JudgeRecord, Labelled, PoolCount
from judge.outcomes import PASSED, Outcome

OFFERED = """CASE WHEN bool_or(reason = 'random') THEN 'random' WHEN bool_or(reason = 'audit') THEN 'audit'
            WHEN bool_or(reason = 'confirm') THEN 'confirm' WHEN bool_or(reason = 'control') THEN 'control'
        END"""
"""SQL: the strongest reason for which the plan offered a pair, over its reviews."""
# A person's newest word on a pair; the judge's first word in an epoch, so that judging again changes nothing.
_SAID = f"""
WITH {ASKED},
reviewed AS (
    SELECT workflow, pair_id, arg_max(outcome, (reviewed_at, review_id)) AS outcome, {OFFERED} AS offered
    FROM reviews SEMI JOIN asked USING (workflow) WHERE reviewed_at <= $as_of {{of_workflow}} GROUP BY ALL
),
judged AS (
    SELECT workflow, pair_id, outcome, order_flip, contradicts_itself, outcome_production_first,
        outcome_candidate_first, coalesce(worst, outcome) AS flag
    FROM verdicts SEMI JOIN asked USING (workflow, epoch) WHERE judged_at <= $as_of {{of_workflow}}
    QUALIFY row_number() OVER (PARTITION BY workflow, pair_id ORDER BY judged_at, verdict_id) = 1
),
spoken AS MATERIALIZED (SELECT pair_id FROM judged UNION SELECT pair_id FROM reviewed)
"""
# Halves by a bit of the draw far behind those that the plan goes by.
_LABELLED = f"""{_SAID},
found AS (
    SELECT DISTINCT workflow, pair_id, fingerprint, checks_version, stratum, severity, draw
    FROM checked SEMI JOIN spoken USING (pair_id)
    WHERE checked_at <= $as_of AND stratum <> 'settled' {{of_workflow}}
)
SELECT workflow, stratum, flag AS verdict, reviewed.outcome AS review, offered, fingerprint,
    offered = 'random' AND (draw * 1048576)::BIGINT % 2 = 0 AS first_half, count(*) AS pairs
FROM (FROM found SEMI JOIN asked USING (workflow, checks_version))
    LEFT JOIN judged USING (workflow, pair_id) LEFT JOIN reviewed USING (workflow, pair_id)
GROUP BY ALL ORDER BY ALL
"""
_AGAINST_TRUTH = f"""{_SAID},
known AS MATERIALIZED (
    SELECT pair_id FROM pairs
    WHERE ground_truth IS NOT NULL AND pair_id IN (SELECT pair_id FROM judged) {{of_workflow}}
),
settled AS (
    SELECT DISTINCT workflow, pair_id, checks_version, severity FROM checked SEMI JOIN known USING (pair_id)
    WHERE checked_at <= $as_of AND stratum = 'settled' {{of_workflow}}
)
SELECT workflow, judged.outcome AS verdict, severity, count(DISTINCT pair_id) AS pairs
FROM judged JOIN (FROM settled SEMI JOIN asked USING (workflow, checks_version)) USING (workflow, pair_id)
GROUP BY ALL ORDER BY ALL
"""
_PACE = f"""
WITH {ASKED},
said AS (
    SELECT workflow, 0 AS reviews, count(*) AS verdicts_lately, 0 AS reviews_lately FROM verdicts
    WHERE judged_at > $day_ago AND judged_at <= $as_of {{of_workflow}} GROUP BY workflow
    UNION ALL
    SELECT workflow, count(DISTINCT review_id), 0, count(*) FILTER (reviewed_at > $day_ago) FROM reviews
    WHERE reviewed_at <= $as_of {{of_workflow}} GROUP BY workflow
)
SELECT workflow, sum(reviews)::BIGINT AS reviews, sum(verdicts_lately)::BIGINT AS verdicts_lately,
    sum(reviews_lately)::BIGINT AS reviews_lately
FROM said SEMI JOIN asked USING (workflow) GROUP BY workflow
"""
_VERDICTS = f"""{_SAID}
SELECT workflow, judged.outcome AS verdict, reviewed.outcome AS review,
    coalesce(offered IN ('random', 'audit', 'confirm'), FALSE) AS drawn, count(*) AS verdicts,
    count(*) FILTER (order_flip) AS flips,
    count(*) FILTER (starts_with(outcome_production_first, 'worse') AND outcome_candidate_first = 'candidate_better')
        AS flips_first,
    count(*) FILTER (outcome_production_first = 'candidate_better' AND starts_with(outcome_candidate_first, 'worse'))
        AS flips_second,
    count(*) FILTER (contradicts_itself) AS contradictions, count(contradicts_itself) AS contradictions_of
FROM judged LEFT JOIN reviewed USING (workflow, pair_id) GROUP BY ALL ORDER BY ALL
"""
_UNREPEATED = {"repeats": 0, "repeats_changed": 0}
_COUNTED = ("verdicts", "flips", "flips_first", "flips_second", "contradictions", "contradictions_of")
_REPEATS = f"""
WITH {ASKED}
SELECT workflow, count(DISTINCT repeat_id) AS repeats,
    count(DISTINCT repeat_id) FILTER (before IS DISTINCT FROM again) AS repeats_changed
FROM repeats SEMI JOIN asked USING (workflow, epoch) WHERE repeated_at <= $as_of {{of_workflow}} GROUP BY workflow
"""


class Said(NamedTuple):
    """What the judge and people said of the pairs that checks leave open, by candidate.

    `labels` are its own, whoever has none being left out; `pools` say how the judge did on the workflow's others.
    """

    labels: Mapping[Key, list[Labelled]]
    pools: Mapping[Key, list[PoolCount]]


def said(asking: Asking) -> Said:
    """All labels on open pairs, counted by what they count for."""
    labelled: defaultdict[Key, Counter[tuple[Any, ...]]] = defaultdict(Counter)
    defects: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in asking.read(_LABELLED).iter_rows(named=True):
        place = row["stratum"], row["verdict"], row["review"], row["offered"]
        labelled[row["workflow"], row["fingerprint"]][place] += row["pairs"]
        if row["offered"] == "random" and row["verdict"] and row["review"] and Outcome(row["review"]).severity:
            defects[row["workflow"]].append(row)
    return Said(
        labels={
            key: [Labelled(stratum=s, verdict=v, review=r, offered=o, pairs=n) for (s, v, r, o), n in counts.items()]
            for key, counts in labelled.items()
        },
        pools={each.key: _of_others(defects.get(each.workflow, []), each.fingerprint) for each in asking.subjects},
    )


def _of_others(rows: Sequence[Mapping[str, Any]], fingerprint: str) -> list[PoolCount]:
    """Defects found in random pairs of other candidates: independent of what they are used for, and known before it."""
    counts: Counter[tuple[str, bool, bool]] = Counter()
    for row in rows:
        if row["fingerprint"] != fingerprint:
            severity = Outcome(row["review"]).severity
            counts[str(severity), Outcome(row["verdict"]) not in PASSED, row["first_half"]] += row["pairs"]
    return [PoolCount(*place, n) for place, n in sorted(counts.items())]


class Labelling(msgspec.Struct, frozen=True, kw_only=True):
    """How many reviews a workflow has, corrections included; verdicts and reviews of the last 24 hours."""

    reviews: int = 0
    verdicts_lately: int = 0
    reviews_lately: int = 0


def labelling(asking: Asking) -> Mapping[str, Labelling]:
    """How labelling goes on, by workflow; one that nobody has labelled is left out."""
    return {workflow: Labelling(**rows[0]) for workflow, rows in asking.by_workflow(_PACE).items()}


def judge_records(asking: Asking) -> Mapping[str, JudgeRecord]:
    """The verdicts of each workflow's epoch beside reviews and ground truth, over all its candidates; without pools.

    Only labels on pairs that the plan offered count here: what a person picked, from a list of what looks bad say, is
    no sample of the verdicts.
    """
    repeats, true = asking.by_workflow(_REPEATS), asking.by_workflow(_AGAINST_TRUTH)
    return {
        workflow: _record(rows, true.get(workflow, []), repeats.get(workflow, [_UNREPEATED])[0])
        for workflow, rows in asking.by_workflow(_VERDICTS).items()
    }


def _record(rows: Rows, true: Rows, repeats: Mapping[str, int]) -> JudgeRecord:
    by_outcome: Counter[str] = Counter()
    for row in rows:
        by_outcome[row["verdict"]] += row["verdicts"]
    return JudgeRecord(
        **{name: sum(row[name] for row in rows) for name in _COUNTED},
        repeats=repeats["repeats"],
        repeats_changed=repeats["repeats_changed"],
        undecided=by_outcome[Outcome.UNDECIDED],
        by_outcome=dict(by_outcome),
        against_truth=[Compared(**row) for row in true],
        against_reviews=[
            Compared(row["verdict"], Outcome(row["review"]).severity, row["verdicts"])
            for row in rows
            if row["drawn"] and row["review"] not in (None, Outcome.UNDECIDED)
        ],
    )
