"""Does the candidate serve well enough? Defect budgets and service limits, as lines. Pure."""

from judge.evidence.record import Evidence
from judge.outcomes import Phase, Severity, State
from judge.readiness.defects import alarm, decisions, flagged, is_provisional
from judge.readiness.escalation import service_limits
from judge.readiness.forecast import forecast
from judge.readiness.latched import reached
from judge.readiness.line import Bounded, Line, bounded, count, fact, method, milliseconds, within
from judge.readiness.policy import Policy
from judge.readiness.texts import nobody_can_read, texts
from judge.statistics.at_hand import Rate
from judge.statistics.decision import Decision

SCHEMA_CHECK = "json_schema"


def quality(policy: Policy, evidence: Evidence, phase: Phase) -> list[Line]:
    """The lines that a phase with real users must hold: budgets by severity, then calls, latency and schema."""
    alpha = policy.alpha(phase)
    found = decisions(policy, evidence, alpha)
    lines = [_defects(policy, evidence, severity, decision) for severity, decision in found.items()]
    lines += [_sampling(evidence), *texts(evidence), _tells(evidence), _failed_calls(policy, evidence, alpha)]
    if policy.p95_latency_ms is not None:
        lines.append(_latency(policy.p95_latency_ms, evidence))
    if policy.min_schema_validity is not None:
        lines.append(_schema(policy, policy.min_schema_validity, evidence, alpha))
    return [*lines, *service_limits(policy, evidence, alpha)]


def _defects(policy: Policy, evidence: Evidence, severity: Severity, decision: Decision) -> Line:
    found = Bounded(decision.estimate, decision.lower, decision.upper, decision.alpha)
    note = (
        "" if evidence.checked and not any(evidence.strata.values()) else f" ({_assumes(policy, evidence, decision)})"
    )
    missing = nobody_can_read(evidence) or forecast(policy, evidence, decision)
    earlier = reached(evidence, severity, decision)
    line = within(f"{severity} defects", found, decision.budget, missing, note, earlier)
    provisional = line.state is State.INSUFFICIENT_EVIDENCE and is_provisional(policy, evidence)
    return _undecided(line, evidence) if provisional else line


def _assumes(policy: Policy, evidence: Evidence, decision: Decision) -> str:
    if policy.judge_as_truth is not None:
        return f"the judge is taken for the truth on the word of: {policy.judge_as_truth}"
    if policy.judge is None:
        return "people label a random sample"
    if fired := alarm(evidence):
        audits = f"{fired.missed:,} of {count(fired.audited, 'audited disagreement')}"
        return f"{decision.assumes}: it misses more here than in its calibration pool, {audits}"
    return decision.assumes


def _undecided(line: Line, evidence: Evidence) -> Line:
    """What the judge alone says decides nothing, in either direction."""
    missing = "people must confirm what the judge flags, and audit what it lets pass"
    judged = [(row.verdict, row.pairs) for row in evidence.labels if row.verdict is not None]
    total = sum(pairs for _, pairs in judged)
    found = sum(pairs for verdict, pairs in judged if flagged(verdict))
    sentence = (
        f"{line.name}: the judge flagged {found:,} of {count(total, 'pair')}, which decides nothing: no person has "
        f"confirmed it yet (provisional), budget {100 * (line.budget or 0):.4g} %: insufficient evidence, {missing}"
    )
    return Line(
        name=line.name,
        state=State.INSUFFICIENT_EVIDENCE,
        sentence=sentence,
        missing=f"{line.name}: {missing}",
        lower=line.lower,
        upper=line.upper,
        budget=line.budget,
        unit="rate",
    )


def _sampling(evidence: Evidence) -> Line:
    """These bounds weigh all pairs alike, so all must have had the same chance to be mirrored."""
    if evidence.inclusion is None:
        return fact("sampling", False, "sampling: no pair to look at", "sampling: pairs")
    low, high = evidence.inclusion
    if low < high:
        chances = f"sampling: pairs had unequal chances to be mirrored, {low:.3g} to {high:.3g}"
        return fact("sampling", False, chances, f"{chances}; mirror at one rate, without shedding")
    return fact("sampling", True, f"sampling: every pair had the same chance to be mirrored, {high:.3g}")


def _tells(evidence: Evidence) -> Line:
    """Answers that game a judge, or that no honest model gives: the judge alone would not see it."""
    found = evidence.tells
    if found.state is State.BLOCKED:
        told = "; ".join(tell.sentence for tell in found.tells if tell.flagged)
        return Line(name="answers", state=State.BLOCKED, sentence=f"answers: {told}: blocked")
    enough = found.state is State.READY
    if evidence.textless.pairs and not enough:
        unseen = "answers: nobody can look for degenerate ones among texts that are not kept"
        return fact("answers", False, unseen, f"{unseen}; mirror a part with a scrub policy that keeps texts")
    sentence = f"answers: those to {count(found.requests, 'distinct request')} looked at, none of a degenerate kind"
    return fact("answers", enough, sentence, "answers: more pairs of distinct requests, so that degenerate ones show")


def _failed_calls(policy: Policy, evidence: Evidence, alpha: float) -> Line:
    found = bounded(failed_calls(policy, evidence, alpha))
    return within("failed calls", found, policy.budgets[Severity.MAJOR], "more pairs without a failed call")


def failed_calls(policy: Policy, evidence: Evidence, alpha: float) -> Rate:
    """The calls that the candidate did not answer, against the budget for major defects."""
    return Rate(evidence.candidate_errors, evidence.captured, policy.budgets[Severity.MAJOR], alpha)


def _latency(limit_ms: float, evidence: Evidence) -> Line:
    latency = evidence.candidate_latency
    name, p95, low, high = "p95 latency", latency.p95_ms, latency.p95_lower_ms, latency.p95_upper_ms
    found = f"{name}: {'unknown' if p95 is None else milliseconds(p95)}"
    limit = f"limit {milliseconds(limit_ms)}"
    missing = None
    if high is not None and high <= limit_ms:
        state, bound, end = State.READY, f"at most {milliseconds(high)}", "ready"
    elif low is not None and low > limit_ms:
        over = f"{milliseconds(low - limit_ms)} over"
        state, bound, end = State.BLOCKED, f"at least {milliseconds(low)}", f"blocked, {over}"
    else:
        missing = "more pairs with a latency"
        most = "no upper bound yet" if high is None else f"at most {milliseconds(high)}"
        state, bound, end = State.INSUFFICIENT_EVIDENCE, most, f"insufficient evidence, {missing}"
    return Line(
        name=name,
        state=state,
        sentence=f"{found}, {bound} ({method(0.05)}), {limit}: {end}",
        missing=missing and f"{name}: {missing}",
        value=p95,
        lower=low,
        upper=high,
        budget=limit_ms,
        unit="ms",
    )


def _schema(policy: Policy, min_validity: float, evidence: Evidence, alpha: float) -> Line:
    """Answers that break their schema, or that the check crashed on, among those it looked at."""
    name, limit = "schema violations", round(1 - min_validity, 12)
    if SCHEMA_CHECK not in policy.checks:
        return fact(name, False, f"{name}: no {SCHEMA_CHECK} check is configured", f"{name}: configure {SCHEMA_CHECK}")
    by_status = {row.status: row.pairs for row in evidence.checks if row.check == SCHEMA_CHECK}
    looked_at = evidence.checked - by_status.get("SKIP", 0)
    found = bounded(Rate(by_status.get("FAIL", 0) + by_status.get("ERROR", 0), looked_at, limit, alpha))
    return within(name, found, limit, "more answers that a schema was checked on")
