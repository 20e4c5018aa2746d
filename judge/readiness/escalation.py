"""What would go on to the large model once the candidate serves, as simulated on pairs whose outcome is known. Pure."""

import numpy as np

from judge.evidence.record import Evidence, Tokens
from judge.outcomes import Severity
from judge.readiness.line import Line, bounded, count, fact, percent, within
from judge.readiness.policy import Policy
from judge.statistics.at_hand import Rate
from judge.statistics.escalation import Escalation, Prices, Threshold
from judge.statistics.escalation import escalation as learn_then_test

NAME = "escalation"
LEAST = 30
"""With fewer outcomes known no threshold is tried."""


def escalation(policy: Policy, evidence: Evidence) -> Line:
    """Is it known which calls the candidate should pass on, by its confidence?"""
    if not policy.escalation:
        return fact(NAME, True, f"{NAME}: not asked for by the policy")
    known = sum(row.pairs for row in evidence.confidences)
    told = sum(row.pairs for row in evidence.confidences if row.confidence is not None)
    if known and not told:
        missing = f"{NAME}: set logprobs = true for the candidate, or demands.escalation = false"
        return fact(NAME, False, f"{NAME}: the candidate tells no confidence", missing)
    if told < LEAST:
        return fact(
            NAME,
            False,
            f"{NAME}: {count(told, 'pair')} with a confidence and a known outcome, wanted {LEAST}",
            f"{NAME}: {count(LEAST - told, 'more pair')} whose outcome checks know, or reviews that the plan offers",
        )
    found = simulate(policy, evidence)
    if found.chosen is None:
        return fact(
            NAME,
            False,
            f"{NAME}: no confidence keeps wrong answers within {percent(policy.budgets[Severity.MAJOR])}, shown on "
            f"{count(found.labels, 'pair')}",
            f"{NAME}: more pairs whose outcome is known, or a better candidate",
        )
    return fact(NAME, True, f"{NAME}: {_told(found.chosen, found.labels)}", value=found.chosen.escalated, unit="rate")


def service_limits(policy: Policy, evidence: Evidence, alpha: float) -> list[Line]:
    """The lines on the share of calls that go on to the large model, and on what a task done well costs."""
    chosen = simulate(policy, evidence).chosen if evidence.confidences else None
    lines = []
    if policy.max_escalation_rate is not None:
        lines.append(_rate(policy.max_escalation_rate, chosen, evidence, alpha))
    if policy.max_usd_per_task is not None:
        lines.append(_cost(policy, policy.max_usd_per_task, chosen, evidence))
    return lines


def simulate(policy: Policy, evidence: Evidence) -> Escalation:
    """Learn-then-Test over fixed thresholds of confidence; a call whose confidence nobody told goes on."""
    rows = evidence.confidences
    scores = np.repeat(
        [-1.0 if row.confidence is None else row.confidence for row in rows], [row.pairs for row in rows]
    )
    wrong = np.concatenate([np.arange(row.pairs) < row.defects for row in rows] if rows else [np.zeros(0, dtype=bool)])
    thresholds = [step / 50 for step in range(51)]
    return learn_then_test(
        scores, wrong, budget=policy.budgets[Severity.MAJOR], thresholds=thresholds, prices=prices(policy, evidence)
    )


def prices(policy: Policy, evidence: Evidence) -> Prices | None:
    """USD a call of candidate and production, from the tokens seen; None where a price or the tokens are not known."""
    name = evidence.fingerprint.rpartition("@")[0]
    small = _usd(policy.usd_per_million.get(name), evidence.candidate_tokens, evidence.captured)
    production = evidence.versions.production_models
    known = [policy.usd_per_million[model] for model in production if model in policy.usd_per_million]
    dearest = max(known) if known and len(known) == len(production) else None
    large = _usd(dearest, evidence.production_tokens, evidence.captured)
    return None if small is None or large is None else Prices(small=small, large=large)


def _usd(price: tuple[float, float] | None, tokens: Tokens, calls: int) -> float | None:
    if price is None or calls <= tokens.unreported:
        return None
    return (tokens.input * price[0] + tokens.output * price[1]) / 1e6 / (calls - tokens.unreported)


def _told(chosen: Threshold, labels: int) -> str:
    cost = "" if chosen.cost is None else f", {chosen.cost:.2g} USD a task done well at most"
    return (
        f"answers of confidence {chosen.score:.2f} and more are kept, {percent(chosen.escalated)} of the calls go on "
        f"to the large model; kept and wrong {percent(chosen.risk)}, at most {percent(chosen.risk_upper)} (95 %, one "
        f"look, Learn-then-Test on {count(labels, 'pair')}){cost}"
    )


def _rate(limit: float, chosen: Threshold | None, evidence: Evidence, alpha: float) -> Line:
    name = "escalation rate"
    if chosen is None:
        return fact(
            name, False, f"{name}: no escalation has been simulated", f"{name}: see the line escalation of shadow"
        )
    labels = sum(row.pairs for row in evidence.confidences)
    passed_on = round(chosen.escalated * labels)
    return within(name, bounded(Rate(passed_on, labels, limit, alpha)), limit, "more pairs whose outcome is known")


def _cost(policy: Policy, limit: float, chosen: Threshold | None, evidence: Evidence) -> Line:
    name = "cost per task"
    if chosen is None or chosen.cost is None:
        wanted = "prices of the candidate and of production's model" if chosen else "a simulated escalation"
        return fact(name, False, f"{name}: unknown without {wanted}", f"{name}: {wanted}", budget=limit, unit="usd")
    return fact(
        name,
        chosen.cost <= limit,
        f"{name}: at most {chosen.cost:.2g} USD for a task done well, escalations counted in, limit {limit:.2g} USD",
        f"{name}: a cheaper candidate, fewer escalations, or another limit",
        value=chosen.cost,
        budget=limit,
        unit="usd",
    )
