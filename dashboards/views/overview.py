"""Overview: the state of every workflow and phase, and what one of them rests on."""

from collections.abc import Sequence

import streamlit as st

from dashboards.parts.bars import rate_bars
from dashboards.parts.board import board_table, lines_table
from dashboards.parts.failures import shown
from dashboards.parts.markup import listing, note
from dashboards.parts.session import configuration, store
from judge.board import board
from judge.outcomes import Phase
from judge.readiness.assess import Readiness

REFRESH_S = 15


def page() -> None:
    """Draws the page."""
    st.title("Overview")
    _live()


@st.fragment(run_every=REFRESH_S)
def _live() -> None:
    with shown():
        config = configuration()
        found = board(store(config.store.url), config)
        if not any(item.evidence.captured for item in found):
            st.html(note("info", "No pair has been captured yet.", "Start the service; this page fills by itself."))
        st.html(board_table(found))
        st.caption(
            "Bounds are valid at every look: this page may be watched, and a state acted on when it comes. "
            f"As of {found[0].as_of:%Y-%m-%d %H:%M:%S} UTC, read again every {REFRESH_S} s."
        )
        _details(found)


def _details(found: Sequence[Readiness]) -> None:
    st.subheader("What a state rests on")
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    names = list(dict.fromkeys((item.workflow, item.fingerprint) for item in found))
    workflow, fingerprint = left.selectbox(
        "Workflow", names, format_func=lambda name: " · ".join(filter(None, name)), key="detail_workflow"
    )
    phase = right.segmented_control(
        "Phase", list(Phase), default=Phase.LIMITED, format_func=str, required=True, key="detail_phase"
    )
    chosen = next(
        item for item in found if (item.workflow, item.fingerprint, item.phase) == (workflow, fingerprint, phase)
    )
    st.html(lines_table(chosen))
    if rates := [line for line in chosen.lines if line.unit == "rate" and line.budget is not None]:
        st.altair_chart(
            rate_bars(rates), width="stretch", key="bars", alt="bounds against budgets, as in the lines above"
        )
        st.caption("Bar: from the lower to the upper bound. Dot: the rate seen. Black stroke: the budget.")
    if chosen.missing:
        st.markdown("**What is missing**")
        st.html(listing(chosen.missing))
