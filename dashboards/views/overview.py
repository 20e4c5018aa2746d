"""Overview: the state of every workflow and phase, and what one of them rests on."""

from collections.abc import Sequence
from datetime import tzinfo

import streamlit as st

from dashboards.parts.bars import rate_bars
from dashboards.parts.board import board_table, lines_table
from dashboards.parts.clock import local, viewer_zone
from dashboards.parts.executive import executive_table
from dashboards.parts.failures import shown
from dashboards.parts.latest import latest
from dashboards.parts.markup import listing, note
from dashboards.parts.session import configuration, store
from dashboards.parts.trend import trend_chart
from judge.describing.readings import trend
from judge.outcomes import Phase, State
from judge.readiness.assess import Readiness
from shadow.store import Store

REFRESH_S = 15
FEW = 6
"""So many workflows need no filter."""
_VIEWS = ("phases", "in one minute")


def page() -> None:
    """Draws the page."""
    st.title("Overview")
    _live()


@st.fragment(run_every=REFRESH_S)
def _live() -> None:
    with shown():
        config = configuration()
        kept, zone = store(config.store.url), viewer_zone()
        with st.spinner("Reading the evidence ..."):
            read, weeks = latest(kept, config)
        found: Sequence[Readiness] = read
        if not any(item.evidence.captured for item in found):
            st.html(note("info", "No pair has been captured yet.", "Start the service; this page fills by itself."))
        if len(config.workflows) > FEW:
            found = _filtered(found)
        view = st.segmented_control(
            "See", _VIEWS, default=_VIEWS[0], required=True, key="see", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        if not found:
            st.html(note("info", "No workflow passes this filter."))
            return
        st.html(board_table(found) if view == _VIEWS[0] else executive_table(found, weeks))
        st.caption(
            "Bounds are valid at every look: this page may be watched, and a state acted on when it comes. "
            f"As of {local(found[0].as_of, zone)}, read again every {REFRESH_S} s."
        )
        if view == _VIEWS[0]:
            _details(kept, found, zone)


def _filtered(found: Sequence[Readiness]) -> Sequence[Readiness]:
    """Whole workflows: those that are named, and that have a phase in one of the states."""
    left, right = st.columns(2)
    names = left.multiselect(
        "Workflows", list(dict.fromkeys(item.workflow for item in found)), key="workflows", bind="query-params",
        placeholder="all",
    )  # fmt: skip
    states = right.multiselect(
        "With a phase that is", [str(state) for state in State], key="states", bind="query-params", placeholder="any"
    )
    wanted = {item.workflow for item in found if not states or item.state in states}
    return [item for item in found if item.workflow in wanted and (not names or item.workflow in names)]


def _details(kept: Store, found: Sequence[Readiness], zone: tzinfo) -> None:
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
        st.caption("Bar: from the lower to the upper bound. Dot: the rate seen. Purple stroke: the budget.")
        with st.expander("How the bounds moved"):
            st.altair_chart(trend_chart(trend(kept, chosen), zone), key="trend", alt="bounds over time and the budget")
            st.caption("As the scorer read them when a state changed and every hour; the last point is now.")
    if chosen.missing:
        st.markdown("**What is missing**")
        st.html(listing(chosen.missing))
