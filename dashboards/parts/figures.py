"""Figures with their ranges, as text."""

from collections.abc import Mapping, Sequence

from dashboards.parts.visible import escaped
from judge.calibration.tally import Agreement
from judge.describing.candidate import Described
from judge.describing.served import kappa_range
from judge.evidence.record import Latency
from judge.statistics.bounds import Estimate


def ranged(found: Estimate | None) -> str:
    """A figure and its range: "0.93 [0.88, 0.97]"; "unknown" where nothing tells it."""
    if found is None or found.rate is None:
        return "unknown"
    return f"{found.rate:.2f} [{found.lower:.2f}, {found.upper:.2f}]"


def agreement_cells(found: Agreement) -> tuple[str, ...]:
    """Labels, agreement, sensitivity, specificity and kappa of one table, each with its range."""
    return (
        f"{found.n:,}",
        ranged(found.agreement),
        ranged(found.sensitivity),
        ranged(found.specificity),
        ranged(kappa_range(found)),
    )


AGREEMENT = ("labels", "agreement", "sensitivity", "specificity", "kappa")


def number(value: float | None, form: str = ",.0f", unit: str = "") -> str:
    """A number with its unit, or "unknown"."""
    return "unknown" if value is None else f"{value:{form}}{unit}"


def facts(found: Sequence[Described]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Header and rows of a table with a column for production and one for each candidate of a workflow."""
    first = found[0].evidence
    header = ["", "production", *(escaped(each.readiness.fingerprint) for each in found)]
    rows = [
        ("calls", f"{first.captured:,}", *(f"{each.evidence.captured:,}" for each in found)),
        ("failed calls", "–", *(f"{each.evidence.candidate_errors:,}" for each in found)),
        (
            "latency",
            _speed(first.production_latency),
            *(_speed(each.evidence.candidate_latency) for each in found),
        ),
        (
            "time to the first token",
            _speed(found[0].first_token["production"]),
            *(_speed(each.first_token["candidate"]) for each in found),
        ),
        (
            "USD a thousand calls",
            _thousand(found[0].usd_a_call["production"]),
            *(_thousand(each.usd_a_call["candidate"]) for each in found),
        ),
        ("USD a thousand tasks done well", "–", *(_thousand_ranged(each.usd_a_task) for each in found)),
        ("first pairs, which the guesses are made for", "–", *(_first(each.evidence.first) for each in found)),
    ]
    return header, rows


def _first(strata: Mapping[str, int]) -> str:
    """The mix of strata that was seen before the labels."""
    return ", ".join(f"{name} {pairs:,}" for name, pairs in strata.items()) or "none yet"


def _speed(found: Latency) -> str:
    if not found.n:
        return "not told"
    low, high = number(found.p95_lower_ms), number(found.p95_upper_ms)
    return f"p50 {number(found.p50_ms, unit=' ms')}<br>p95 {number(found.p95_ms, unit=' ms')} [{low}, {high}]"


def _thousand(usd: float | None) -> str:
    return "no prices, or no tokens" if usd is None else f"{1000 * usd:.4g}"


def _thousand_ranged(usd: Estimate | None) -> str:
    if usd is None or usd.rate is None:
        return "unknown"
    return f"{1000 * usd.rate:.4g} [{1000 * usd.lower:.4g}, {1000 * usd.upper:.4g}]"
