"""Does the candidate serve well enough? Defect budgets and service limits, as lines. Pure."""

from judge.calibration.calibrate import calibrate
from judge.evidence.record import Evidence
from judge.outcomes import Severity, State
from judge.readiness.defects import VERDICT, Shortfall, defect_counts, defect_rate, shortfall
from judge.readiness.line import Line, count, fact, milliseconds, within
from judge.readiness.policy import Policy
from judge.statistics.bounds import METHOD, binomial

SCHEMA_CHECK = "json_schema"


def quality(policy: Policy, evidence: Evidence) -> list[Line]:
    """The lines that a phase with real users must hold: budgets by severity, then calls, latency and schema."""
    lines = [_defects(policy, evidence, severity) for severity in Severity]
    lines += [_sampling(evidence), _failed_calls(policy, evidence)]
    if policy.p95_latency_ms is not None:
        lines.append(_latency(policy.p95_latency_ms, evidence))
    if policy.min_schema_validity is not None:
        lines.append(_schema(policy, policy.min_schema_validity, evidence))
    return lines


def _defects(policy: Policy, evidence: Evidence, severity: Severity) -> Line:
    verdicts = sum(row.pairs for row in evidence.labels if row.source == VERDICT)
    accepted = policy.judge is not None and calibrate(policy.judge, evidence.judge).accepted
    note = ""
    if verdicts and accepted:
        note = (
            f" ({count(verdicts, 'verdict')} counted; assumes that the judge errs no more often here than on the pairs "
            "that people reviewed)"
        )
    elif verdicts:
        note = f" ({count(verdicts, 'verdict')} not counted: the judge is not accepted)"
    counts = defect_counts(evidence, severity, use_verdicts=accepted)
    budget = policy.budgets[severity]
    missing = _missing(shortfall(counts, budget))
    return within(f"{severity} defects", defect_rate(counts), budget, missing, note)


def _missing(need: Shortfall | None) -> str:
    if need is None:
        return "no number of labels decides it before more defects of this severity are reviewed"
    about = "at least" if need.exact else "about"
    pairs = count(need.pairs, "more pair") if need.pairs else ""
    labels = count(need.labels, "more labelled pair") if need.labels else ""
    return f"{about} {' and '.join(filter(None, (pairs, labels)))} if none is a defect"


def _sampling(evidence: Evidence) -> Line:
    """These bounds weigh all pairs alike, so all must have had the same chance to be mirrored."""
    if evidence.inclusion is None:
        return fact("sampling", False, "sampling: no pair to look at", "sampling: pairs")
    low, high = evidence.inclusion
    if low < high:
        chances = f"sampling: pairs had unequal chances to be mirrored, {low:.3g} to {high:.3g}"
        return fact("sampling", False, chances, f"{chances}; mirror at one rate, without shedding")
    return fact("sampling", True, f"sampling: every pair had the same chance to be mirrored, {high:.3g}")


def _failed_calls(policy: Policy, evidence: Evidence) -> Line:
    estimate = binomial(evidence.candidate_errors, evidence.captured)
    return within("failed calls", estimate, policy.budgets[Severity.MAJOR], "more pairs without a failed call")


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
        sentence=f"{found}, {bound} ({METHOD}), {limit}: {end}",
        missing=missing and f"{name}: {missing}",
        value=p95,
        lower=low,
        upper=high,
        budget=limit_ms,
        unit="ms",
    )


def _schema(policy: Policy, min_validity: float, evidence: Evidence) -> Line:
    """Answers that break their schema, or that the check crashed on, among those it looked at."""
    name = "schema violations"
    if SCHEMA_CHECK not in policy.checks:
        return fact(name, False, f"{name}: no {SCHEMA_CHECK} check is configured", f"{name}: configure {SCHEMA_CHECK}")
    by_status = {row.status: row.pairs for row in evidence.checks if row.check == SCHEMA_CHECK}
    looked_at = evidence.checked - by_status.get("SKIP", 0)
    estimate = binomial(by_status.get("FAIL", 0) + by_status.get("ERROR", 0), looked_at)
    return within(name, estimate, round(1 - min_validity, 12), "more answers that a schema was checked on")
