"""Charts of the evidence pack, as SVG text that needs no script to be seen."""

from collections.abc import Sequence

import vl_convert

from dashboards.parts.bars import rate_bars
from judge.readiness.line import Line

WIDTH = 560


def bounds_svg(lines: Sequence[Line]) -> str | None:
    """The intervals of a phase's rates against their budgets; None when no line has both."""
    rates = [line for line in lines if line.unit == "rate" and line.budget is not None]
    if not rates:
        return None
    return str(vl_convert.vegalite_to_svg(rate_bars(rates).properties(width=WIDTH, padding={"left": 24}).to_dict()))
