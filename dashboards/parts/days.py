"""Counts by day as a chart."""

import altair as alt
import polars as pl

_COLOURS = {"settled": "#d55e00", "disagree": "#e69f00", "agree": "#0072b2"}


def day_bars(counts: pl.DataFrame) -> alt.Chart:
    """Pairs by day (UTC), stacked by stratum: columns day, stratum, severity, pairs."""
    order = {stratum: place for place, stratum in enumerate(_COLOURS)}
    frame = counts.with_columns(
        pl.col("severity").fill_null("none known by checks"),
        pl.col("day").dt.strftime("%Y-%m-%d"),
        order=pl.col("stratum").replace_strict(order, return_dtype=pl.Int64),
    )
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("day:O", title="day of the call (UTC)", axis=alt.Axis(labelAngle=-40, labelOverlap=True)),
            y=alt.Y("sum(pairs):Q", title="pairs"),
            color=alt.Color(
                "stratum:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), title="stratum"
            ),
            order="order:O",
            tooltip=["day:O", "stratum:N", "severity:N", alt.Tooltip("pairs:Q", format=",")],
        )
        .properties(height=260)
    )
    return chart
