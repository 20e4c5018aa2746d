"""The one-minute view: what a workflow is after, what it does not give up, what was measured."""

from collections.abc import Mapping, Sequence

from dashboards.parts.figures import number
from dashboards.parts.markup import badge, sentence, table
from dashboards.parts.visible import escaped
from judge.describing.week import Week
from judge.outcomes import Phase
from judge.readiness.assess import Readiness
from judge.readiness.escalation import prices
from judge.readiness.line import Line, percent

_SHOWN = ("critical defects", "major defects", "escalation rate", "escalation")
_NONE = Week()


def executive_table(found: Sequence[Readiness], weeks: Mapping[str, Week]) -> str:
    """One row a candidate, as of the phase in which it would serve users first."""
    rows = [
        (
            f"<strong>{escaped(each.workflow)}</strong><br>{badge(each.state)}",
            _list(_optimised(each)),
            _list(_refused(each)),
            _list(_measured(each, weeks.get(each.workflow, _NONE))),
        )
        for each in found
        if each.phase is Phase.LIMITED
    ]
    return table(
        ("workflow", "what we optimise", "what we refuse to compromise", "what we measured"), rows, "executive"
    )


def _optimised(seen: Readiness) -> list[str]:
    known, evidence = prices(seen.policy, seen.evidence), seen.evidence
    cost = "unknown without prices"
    if known:
        cost = f"{1000 * known.small:.3g} USD a thousand calls, {1000 * known.large:.3g} today"
    small, large = (
        number(each.p50_ms, unit=" ms") for each in (evidence.candidate_latency, evidence.production_latency)
    )
    return [f"cost: {cost}", f"median latency: {small}, {large} today"]


def _refused(seen: Readiness) -> list[str]:
    budgets = [f"{severity} defects at most {percent(most)}" for severity, most in seen.policy.budgets.items()]
    limit = seen.policy.p95_latency_ms
    return [*budgets, *([] if limit is None else [f"95 of 100 calls within {limit:,.0f} ms"])]


def _measured(seen: Readiness, week: Week) -> list[str]:
    lines = {line.name: line for line in seen.lines}
    figures = [f"{name}: {_ranged(lines[name])}" for name in _SHOWN if name in lines and lines[name].value is not None]
    most = "" if week.usd_most <= week.usd else f" to {week.usd_most:.4f}"
    spent = f"unknown, {week.unpriced:,} calls have no price" if week.unpriced else f"{week.usd:.4f}{most} USD"
    return [
        *figures,
        f"this week: {week.pairs:,} pairs, {week.verdicts:,} verdicts, {week.reviews:,} reviews",
        f"judging this week: {spent}",
    ]


def _ranged(line: Line) -> str:
    rate = "unknown" if line.value is None else percent(line.value)
    if line.lower is None or line.upper is None:
        return rate
    return f"{rate}, between {percent(line.lower)} and {percent(line.upper)}"


def _list(sentences: Sequence[str]) -> str:
    return "<br>".join(map(sentence, sentences))
