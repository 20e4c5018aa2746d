"""What the judge said from day to day as a chart: a change of the judge as served is a change of colour."""

import altair as alt
import polars as pl

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_TITLES = {
    "undecided": "undecided",
    "order_flips": "order flips",
    "contradictions": "contradict their reason",
    "worse": "candidate worse",
}


def drift_chart(days: pl.DataFrame) -> alt.FacetChart:
    """One panel a sign: the share of each day with its range, one colour and shape an epoch."""
    frame = days.with_columns(pl.col("sign").replace(_TITLES), pl.col("day").dt.strftime("%Y-%m-%d"))
    epochs = days["epoch"].unique(maintain_order=True).to_list()
    base = alt.Chart(frame).encode(
        x=alt.X("day:O", title=None, axis=alt.Axis(labelAngle=-40, labelOverlap=True)),
        color=alt.Color("epoch:N", scale=alt.Scale(domain=epochs, range=list(_COLOURS)), legend=None),
        tooltip=[
            "day:O", "epoch:N", "judge_model:N", alt.Tooltip("verdicts:Q", format=","),
            alt.Tooltip("share:Q", format=".1%"), alt.Tooltip("lower:Q", format=".1%"),
            alt.Tooltip("upper:Q", format=".1%"),
        ],
    )  # fmt: skip
    share = alt.Y("lower:Q", title="share of verdicts", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    ranges = base.mark_rule(strokeWidth=3, opacity=0.5).encode(y=share, y2="upper:Q")
    points = base.mark_point(size=60, filled=True, opacity=1).encode(
        y="share:Q", shape=alt.Shape("epoch:N", legend=None)
    )
    faceted: alt.FacetChart = alt.layer(ranges, points, width=330, height=150).facet(
        alt.Facet("sign:N", title=None, sort=list(_TITLES.values())), columns=2
    )
    return faceted
