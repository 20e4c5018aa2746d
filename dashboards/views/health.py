"""Health: where every record went, who is alive, what waits, what was masked."""

from datetime import UTC, datetime, timedelta

import polars as pl
import streamlit as st

from dashboards.parts.clock import local, viewer_zone
from dashboards.parts.failures import shown
from dashboards.parts.latest import healthy
from dashboards.parts.markup import duration, note, table
from dashboards.parts.session import configuration, store
from dashboards.parts.visible import escaped
from judge.queries import Health
from shadow.funnel import Funnel

REFRESH_S = 5
SILENT_AFTER = timedelta(seconds=30)
MAX_PARTS = 12


def page() -> None:
    """Draws the page."""
    st.title("Health")
    _live()


@st.fragment(run_every=REFRESH_S)
def _live() -> None:
    with shown():
        config = configuration()
        with st.spinner("Counting ..."):
            fates, found, spent = healthy(store(config.store.url), config)
        _funnel(fates)
        _parts(found)
        left, right = st.columns(2, gap="large")
        with left:
            _waiting(found)
            _masked(found)
        with right:
            _spent(spent)
        st.caption(f"Shown at {local(datetime.now(UTC), viewer_zone())}, read again every {REFRESH_S} s.")


def _funnel(found: Funnel) -> None:
    st.subheader("Funnel")
    if not found.seen:
        st.html(note("info", "No record has been seen yet.", "Is the mirror running, and does its topic get records?"))
        return
    fates = {
        "seen": found.seen, "paired": found.paired, "skipped": found.skipped, "shed": found.shed,
        "rejected": found.rejected, "in flight or missing": found.missing,
    }  # fmt: skip
    for column, (fate, records) in zip(st.columns(len(fates)), fates.items(), strict=True):
        column.metric(fate, f"{records:,}")
    st.html(note("good" if found.adds_up and found.seen else "warning", found.sentence))
    lost = found.rows.filter(pl.col("fate") != "paired")
    if not lost.is_empty():
        with st.expander("Records without a pair, by reason", expanded=True):
            st.html(_table(lost.select("fate", "workflow", "reason", "records"), "reasons"))


def _parts(found: Health) -> None:
    st.subheader("Parts")
    if found.heartbeats.is_empty():
        st.html(note("warning", "No part has ever reported.", "Start the mirror and the scorer: shadowjudge up."))
        return
    now = datetime.now(UTC)
    newest = found.heartbeats.unique("component", keep="first", maintain_order=True)
    for beat in newest.iter_rows(named=True):
        age = now - beat["beat_at"]
        if age > SILENT_AFTER and beat["state"] != "stopped":
            st.html(note("error", f"The {beat['component']} ({beat['instance']}) has been silent for {duration(age)}."))
    rows = []
    for beat in found.heartbeats.head(MAX_PARTS).iter_rows(named=True):
        age = now - beat["beat_at"]
        oldest = beat["oldest_in_flight_s"]
        cells = (
            beat["component"], beat["instance"], beat["state"], f"{duration(age)} ago", _number(beat["lag"]),
            _number(beat["in_flight"]), "–" if oldest is None else f"{oldest:.1f} s", beat["detail"],
        )  # fmt: skip
        rows.append(tuple(map(escaped, cells)))
    header = ("part", "instance", "state", "last heard", "lag", "in flight", "oldest in flight", "detail")
    st.html(table(header, rows, "parts"))


def _waiting(found: Health) -> None:
    st.subheader("Waiting for checks")
    if found.oldest_unscored_s is None:
        st.caption("No pair waits.")
        return
    st.html(_table(found.unscored.select("workflow", "pairs"), "waiting"))
    st.caption(f"The oldest has waited for {duration(timedelta(seconds=found.oldest_unscored_s))}.")


def _masked(found: Health) -> None:
    st.subheader("Masked before storing")
    if found.scrubbed.is_empty():
        st.caption("Nothing has been masked.")
    else:
        st.html(_table(found.scrubbed, "masked"))


def _spent(spent: pl.DataFrame) -> None:
    st.subheader("Calls and tokens")
    if spent.is_empty():
        st.caption("No call has been made.")
    else:
        st.html(_table(spent, "spent"))


def _table(frame: pl.DataFrame, name: str) -> str:
    header = [escaped(column.replace("_", " ")) for column in frame.columns]
    return table(header, [[escaped(_number(value)) for value in row] for row in frame.iter_rows()], name)


def _number(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else str(value)
