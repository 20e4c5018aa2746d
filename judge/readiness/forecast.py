"""What is still needed to decide on a budget, and how long that takes at today's rate. Pure.

A first-order forecast (STATISTICS 6): the evidence still lacking, over what a label of the plan's next batch brings, on
average `sum share x KL(rate as seen, rate of the other side)`. It is right to an order of magnitude, so it is said as
"about". Simulating the rule forward was no nearer and takes a thousand times as long (decision 46).
"""

import math

import msgspec

from judge.evidence.record import Evidence
from judge.outcomes import PASSED
from judge.readiness.defects import BY_CHANCE, flagged
from judge.readiness.line import about, count
from judge.readiness.policy import Policy
from judge.statistics.cell import Mode
from judge.statistics.decision import Decision
from judge.statistics.worst_case import Side

HOPELESS = 1_000_000
CLOSE = 0.25
"""A rate within a quarter of its budget takes thousands of labels: said as it is."""


class Needs(msgspec.Struct, frozen=True):
    """What a decision still takes: pairs through the checks, verdicts of the judge, and looks of people."""

    pairs: int
    calls: int
    looks: int


def forecast(policy: Policy, evidence: Evidence, decision: Decision) -> str:
    """What would decide it, as a sentence without its end: "about 300 more judge calls and 40 reviews, ..."."""
    rate, budget = decision.estimate, decision.budget
    if not evidence.checked:
        return "pairs"
    if rate is not None and abs(rate - budget) < CLOSE * budget and evidence.checked > 20 / budget:
        return "too close to the budget to call soon"
    if rate is not None and rate > budget and _only_missed(evidence, decision):
        return "audits find more than the budget among what the judge lets pass: mend the judge or its rubric"
    needs = _needs(policy, evidence, decision)
    if needs is None:
        return "no number of labels decides it while the strata are as they are"
    parts = [
        count(about(n), noun)
        for n, noun in ((needs.pairs, "more pair"), (needs.calls, "more judge call"), (needs.looks, "review"))
        if n
    ]
    days = _days(evidence, needs)
    return f"about {' and '.join(parts)}{'' if days is None else f', at the rate of the last day {days}'}"


def _needs(policy: Policy, evidence: Evidence, decision: Decision) -> Needs | None:
    lacking = math.log(1 / decision.alpha) - max(decision.log_e_promote, decision.log_e_reject, 0.0)
    open_pairs = sum(evidence.strata.values())
    budget, rate = decision.budget, decision.estimate
    brings = (
        _nats(min(0.25 * budget, 0.999) if rate is None else rate, budget)
        if rate is None or not open_pairs
        else decision.next.nats
    )
    if brings <= 0:
        return None
    labels = lacking / brings
    if not open_pairs:
        return Needs(math.ceil(labels), 0, 0)
    judged = sum(row.pairs for row in evidence.labels if row.verdict is not None)
    audits = 0.0
    if decision.mode is Mode.LOCAL and decision.next.toward is Side.PROMOTE:
        # What is flagged and what is let pass must be known alike, so it takes twice as many labels, half of each.
        labels *= 2
        audits = min(labels, max(0.0, (judged + _audited(evidence) + labels) / 2 - _audited(evidence)))
    room = max(0.0, labels - audits - (open_pairs - judged)) * evidence.checked / open_pairs
    if labels > HOPELESS:
        return None
    if policy.judge is None:
        return Needs(math.ceil(room), 0, math.ceil(labels))
    calls = labels - audits
    looks = audits + calls * _flag_rate(evidence) + _pending(evidence)
    return Needs(math.ceil(room), math.ceil(calls), 0 if policy.judge_as_truth is not None else math.ceil(looks))


def _only_missed(evidence: Evidence, decision: Decision) -> bool:
    """True when what people confirmed keeps the budget, and only what the judge missed breaks it."""
    if decision.mode is not Mode.LOCAL:
        return False
    found = sum(
        row.pairs for row in evidence.labels if row.verdict and flagged(row.verdict) and row.review not in PASSED
    )
    judged = sum(row.pairs for row in evidence.labels if row.verdict)
    return bool(judged) and found / judged < decision.budget


def _nats(rate: float, budget: float) -> float:
    """What one label tells on average: the divergence of a Bernoulli rate from the budget, nats."""
    p, q = min(max(rate, 0.0), 1.0), min(max(budget, 1e-12), 1 - 1e-12)
    first = p * math.log(p / q) if p else 0.0
    return first + ((1 - p) * math.log((1 - p) / (1 - q)) if p < 1 else 0.0)


def _flag_rate(evidence: Evidence) -> float:
    judged = [row for row in evidence.labels if row.verdict is not None]
    total = sum(row.pairs for row in judged)
    return sum(row.pairs for row in judged if flagged(row.verdict or "")) / total if total else 0.1


def _audited(evidence: Evidence) -> int:
    return sum(
        row.pairs for row in evidence.labels if row.verdict and not flagged(row.verdict) and row.offered in BY_CHANCE
    )


def _pending(evidence: Evidence) -> int:
    return sum(row.pairs for row in evidence.labels if row.verdict and flagged(row.verdict) and row.review is None)


def _days(evidence: Evidence, needs: Needs) -> str | None:
    """How long the slowest of the three takes, None where one of them does not move at all."""
    pace = evidence.pace
    days = 0.0
    for needed, done in ((needs.pairs, pace.pairs), (needs.calls, pace.verdicts), (needs.looks, pace.reviews)):
        if needed and not done:
            return None
        days = max(days, needed / done if needed else 0.0)
    if days < 1 / 24:
        return "within the hour"
    return f"about {count(about(24 * days), 'hour')}" if days < 1.5 else f"about {count(about(days), 'day')}"
