"""Bars of the bounds against their budgets."""

from collections.abc import Sequence
from typing import NamedTuple

import altair as alt
import polars as pl

from judge.outcomes import State
from judge.readiness.assess import Line

_COLOURS = {State.READY: "#009e73", State.INSUFFICIENT_EVIDENCE: "#8b97a5", State.BLOCKED: "#d55e00"}
_ROW_HEIGHT = 30
_AXIS_HEIGHT = 60


class Bar(NamedTuple):
    """An interval with its rate, its budget and its state; rates are 0..1."""

    line: str
    state: str
    value: float | None
    lower: float | None
    upper: float | None
    budget: float | None


def rate_bars(lines: Sequence[Line]) -> alt.LayerChart | alt.FacetChart:
    """A chart of lines whose unit is a rate."""
    return bars([Bar(each.name, each.state, each.value, each.lower, each.upper, each.budget) for each in lines])


def bars(shown: Sequence[Bar]) -> alt.LayerChart | alt.FacetChart:
    """Intervals one below another, with the rate itself as a dot and the budget as a purple stroke.

    The axis is a square-root scale, so that a budget of 0.1 % and a rate of 50 % can both be seen.
    """
    frame = pl.DataFrame(
        [each._asdict() for each in shown],
        schema_overrides={"value": pl.Float64, "lower": pl.Float64, "upper": pl.Float64, "budget": pl.Float64},
    )
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "line:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=260, labelFontSize=13, labelOverlap=False, ticks=False, domain=False),
        )
    )
    axis = alt.X(
        "lower:Q",
        title="share of pairs (square-root scale)",
        scale=alt.Scale(type="sqrt", domainMin=0),
        axis=alt.Axis(format=".1%", tickCount=8),
    )
    colour = alt.Color(
        "state:N", legend=None, scale=alt.Scale(domain=[str(s) for s in _COLOURS], range=list(_COLOURS.values()))
    )
    tooltip = [alt.Tooltip("line:N")] + [
        alt.Tooltip(f"{name}:Q", format=".2%") for name in ("value", "lower", "upper", "budget")
    ]
    interval = base.mark_bar(height=10, opacity=0.55, cornerRadius=3).encode(
        x=axis, x2="upper:Q", color=colour, tooltip=tooltip
    )
    rate = base.mark_circle(size=70, opacity=1).encode(x="value:Q", color=colour, tooltip=tooltip)
    budget = base.mark_tick(color="#b0578d", thickness=3, size=24).encode(x="budget:Q", tooltip=tooltip)
    return alt.layer(interval, rate, budget, height=_ROW_HEIGHT * len(shown) + _AXIS_HEIGHT)
