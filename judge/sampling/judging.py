"""Which stored pairs the judge reads next: by the plan, and within a stratum by the draw stored with each pair.

The judged pairs of a stratum are those of the lowest draws, so a random sample of it whatever the pace, and never "the
newest". Pairs that people labelled at random come first: they are what the judge is measured by.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from judge.evidence.asking import Subject
from judge.evidence.gather import counts
from judge.outcomes import Stratum
from judge.sampling.allotment import Allotment, allot
from judge.scoring.plan import JudgePlan, Plan
from shadow.store import Store

MOST_SETTLED = 200
"""Pairs whose outcome a check knows tell how the judge does against ground truth; more of them tell little more."""
_OPEN = """
FROM checked AS c ANTI JOIN verdicts AS v ON v.pair_id = c.pair_id AND v.epoch = $epoch
WHERE c.workflow = $workflow AND c.checks_version = $version AND c.fingerprint = $fingerprint
    AND c.textless IS NOT TRUE
"""
_LOWEST = f"""
SELECT DISTINCT c.pair_id, c.occurred_at, c.stratum, c.draw {_OPEN}
    AND c.stratum = $stratum AND c.draw < $below ORDER BY c.draw LIMIT $limit
"""
_LABELLED = f"""
SELECT DISTINCT c.pair_id, c.occurred_at, c.stratum, c.draw {_OPEN}
    AND c.stratum <> 'settled'
    AND c.pair_id IN (SELECT pair_id FROM reviews WHERE workflow = $workflow AND reason = 'random')
ORDER BY c.draw LIMIT $limit
"""
_SETTLED = """
SELECT count(*) AS judged FROM verdicts
WHERE workflow = $workflow AND epoch = $epoch AND fingerprint = $fingerprint AND stratum = 'settled'
"""


class Unjudged(NamedTuple):
    """A reference to a pair that the sampling plan chose, and the chance that a pair of its stratum had by then."""

    pair_id: str
    occurred_at: datetime
    stratum: Stratum
    inclusion_probability: float


def unjudged(store: Store, plan: Plan, judge: JudgePlan, limit: int) -> list[Unjudged]:
    """References to the pairs that the plan wants judged next in this epoch, at most `limit`, in turn over strata."""
    chosen: dict[str, Unjudged] = {}
    for fingerprint in judge.candidates:
        for each in _next(store, plan, judge, fingerprint, limit):
            chosen.setdefault(each.pair_id, each)
    return list(chosen.values())[:limit]


def count_unjudged(store: Store, plan: Plan, judge: JudgePlan) -> int:
    """How many pairs the plan wants judged next; what it will want after these, their verdicts decide."""
    return len(unjudged(store, plan, judge, 10_000))


def allotment(store: Store, plan: Plan, judge: JudgePlan, fingerprint: str) -> tuple[Allotment, Mapping[str, int]]:
    """What the plan asks for next of a candidate, and how many pairs each stratum has."""
    subject = Subject(plan.workflow, fingerprint, plan.checks_version, judge.setup)
    evidence = counts(store, subject, datetime.now(UTC))
    return allot(judge.policy, evidence), evidence.strata


def _next(store: Store, plan: Plan, judge: JudgePlan, fingerprint: str, limit: int) -> Iterator[Unjudged]:
    params: dict[str, Any] = {
        "workflow": plan.workflow,
        "version": plan.checks_version,
        "fingerprint": fingerprint,
        "epoch": judge.epoch,
        "limit": limit,
    }
    for row in store.read(_LABELLED, params).iter_rows():
        yield Unjudged(row[0], row[1], Stratum(row[2]), 1.0)
    wanted, pairs = allotment(store, plan, judge, fingerprint)
    settled = int(store.read(_SETTLED, params).item())
    strata = {**wanted.judge, Stratum.SETTLED: max(0, MOST_SETTLED - settled)}
    picked = []
    for stratum, most in strata.items():
        below = judge.shares[stratum] if stratum is Stratum.SETTLED else min(judge.shares[stratum], wanted.up_to)
        found = store.read(_LOWEST, {**params, "stratum": stratum, "below": below, "limit": min(most, limit)})
        for place, (pair_id, occurred_at, _, draw) in enumerate(found.iter_rows()):
            chance = min(1.0, max(draw, 1 / max(1, pairs.get(stratum, 1))))
            picked.append((place / found.height, Unjudged(pair_id, occurred_at, stratum, chance)))
    yield from (each for _, each in sorted(picked, key=lambda item: item[0]))
