"""Said and true confidence as a chart."""

import altair as alt
import polars as pl


def confidence_chart(found: pl.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """How often answers of a confidence are right, with its range; on the grey line confidence is what it says."""
    scale = alt.Scale(domain=[0, 1])
    base = alt.Chart(found).encode(
        x=alt.X("said:Q", title="confidence that the candidate says", scale=scale),
        tooltip=[
            alt.Tooltip("said:Q", format=".2f"), alt.Tooltip("pairs:Q", format=","),
            alt.Tooltip("right:Q", format=".2f"), alt.Tooltip("lower:Q", format=".2f"),
            alt.Tooltip("upper:Q", format=".2f"),
        ],
    )  # fmt: skip
    ranges = base.mark_rule(strokeWidth=3, opacity=0.5, color="#0072b2").encode(
        y=alt.Y("lower:Q", title="share that is right", scale=scale), y2="upper:Q"
    )
    points = base.mark_circle(size=70, color="#0072b2", opacity=1).encode(y="right:Q")
    ideal = pl.DataFrame({"said": [0.0, 1.0], "right": [0.0, 1.0]})
    line = alt.Chart(ideal).mark_line(color="#8b97a5", strokeDash=[4, 4]).encode(x="said:Q", y="right:Q")
    return alt.layer(line, ranges, points, height=240)
