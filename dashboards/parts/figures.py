"""Figures with their ranges, as text."""

from judge.calibration.tally import Agreement
from judge.describing.served import kappa_range
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
