"""How bounds moved over time, as a chart."""

from datetime import tzinfo

import altair as alt
import polars as pl

_COLOURS = {"ready": "#009e73", "insufficient_evidence": "#8b97a5", "blocked": "#d55e00"}


def trend_chart(found: pl.DataFrame, zone: tzinfo) -> alt.FacetChart:
    """One panel a line: the band between its bounds, its rate, and the budget as a stroke; on the viewer's clock."""
    frame = found.with_columns(pl.col("read_at").dt.convert_time_zone(str(zone)).dt.replace_time_zone(None))
    base = alt.Chart(frame).encode(
        x=alt.X("read_at:T", title=None),
        tooltip=[
            alt.Tooltip("read_at:T", format="%Y-%m-%d %H:%M"), "line:N", "state:N",
            *(alt.Tooltip(f"{name}:Q", format=".2%") for name in ("value", "lower", "upper", "budget")),
        ],
    )  # fmt: skip
    rate = alt.Y("lower:Q", title="share of pairs", axis=alt.Axis(format=".1%"))
    band = base.mark_area(opacity=0.25, color="#0072b2").encode(y=rate, y2="upper:Q")
    marks = base.mark_point(filled=True, size=50, opacity=1).encode(
        y="upper:Q",
        color=alt.Color("state:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), legend=None),
        shape=alt.Shape("state:N", scale=alt.Scale(domain=list(_COLOURS)), legend=alt.Legend(title="upper bound")),
    )
    budget = base.mark_line(color="#b0578d", strokeDash=[6, 3], strokeWidth=2).encode(y="budget:Q")
    faceted: alt.FacetChart = (
        alt.layer(band, budget, marks, width=320, height=140)
        .facet(alt.Facet("line:N", title=None, sort=None), columns=2)
        .resolve_scale(y="independent")
    )
    return faceted
