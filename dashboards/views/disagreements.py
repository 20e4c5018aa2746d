"""Disagreements: pairs by filter or text, counted by check, slice and day, and taken away as a file."""

from datetime import UTC, datetime, tzinfo

import msgspec
import streamlit as st
import structlog

from dashboards.parts.clock import local, viewer_zone
from dashboards.parts.days import day_bars
from dashboards.parts.failures import shown
from dashboards.parts.filters import chosen
from dashboards.parts.found import clusters_table, ids_table, pairs_table
from dashboards.parts.latest import sliced
from dashboards.parts.markup import note
from dashboards.parts.session import actor, configuration, store
from dashboards.parts.slices import slices_chart, slices_table, worst_first
from judge.board import a_moment_ago, candidates_of
from judge.browsing.counts import by_day, clusters, tags
from judge.browsing.excerpts import excerpts
from judge.browsing.files import MOST, Format, file_of
from judge.browsing.filter import Filter
from judge.browsing.pages import pairs_page
from judge.browsing.search import by_id, search
from judge.checking.loading import load_checks
from judge.judging.epoch import setup_of
from judge.outcomes import Phase
from judge.readiness.line import percent
from judge.readiness.policy import policy_of
from shadow.config import Config
from shadow.store import Store

PAGE_SIZE = 25
_VIEWS = ("pairs", "clusters", "slices", "by day")
_BEFORE = "before"
_PAGE = "list_page"
log = structlog.get_logger()


def page() -> None:
    """Draws the page."""
    st.title("Disagreements")
    with shown():
        _page()


def _page() -> None:
    config, zone = configuration(), viewer_zone()
    kept = store(config.store.url)
    left, middle, right = st.columns([2, 4, 2])
    workflow = left.selectbox(
        "Workflow", list(config.workflows), key="workflow", bind="query-params", on_change=_start_over
    )
    text = (
        middle.text_input(
            "Search", key="text", bind="query-params", on_change=_start_over, max_chars=500, type="search",
            placeholder="words of a request or an answer; or an id",
        )
        or ""
    ).strip()  # fmt: skip
    way = right.segmented_control(
        "Look in", ("texts", "ids"), default="texts", required=True, key="way", bind="query-params"
    )
    if text and way == "ids":
        _ids(kept, text, zone)
        return
    checks = [check.name for check in load_checks(workflow, config.workflows[workflow].checks, "the configuration")]
    with st.expander("Filter", expanded=True):
        set_to = chosen(workflow, candidates_of(kept, config, workflow, a_moment_ago()), checks, zone, _start_over)
    which = msgspec.structs.replace(set_to, setup=setup_of(config, workflow) or "")
    st.caption(
        "This page says which answer is the candidate's: whoever reads here and labels later does not do so blind."
    )
    if text:
        _found(kept, which, text, zone)
        return
    view = st.segmented_control(
        "See", _VIEWS, default="pairs", required=True, key="see", bind="query-params", label_visibility="collapsed"
    )
    if view == "clusters":
        _clusters(kept, which, zone)
    elif view == "slices":
        _slices(kept, config, which)
    elif view == "by day":
        _days(kept, which)
    else:
        _list(kept, which, zone)


def _list(kept: Store, which: Filter, zone: tzinfo) -> None:
    counted, chooser = st.columns([5, 1], vertical_alignment="bottom")
    number = chooser.number_input("Page", min_value=1, key=_PAGE, bind="query-params")
    found = pairs_page(kept, which, page=number - 1, size=PAGE_SIZE)
    counted.html(
        f'<p class="sj-total"><strong>{found.total:,}</strong> pairs, newest first; '
        f"page {number:,} of {max(1, -(-found.total // PAGE_SIZE)):,}</p>"
    )
    if found.rows.is_empty():
        st.html(note("info", "No checked pair passes this filter.", "Widen the filter, or wait for the scorer."))
        return
    st.html(pairs_table(excerpts(kept, found.rows), zone))
    _downloads(kept, which, found.total)


def _found(kept: Store, which: Filter, text: str, zone: tzinfo) -> None:
    if before := _before():
        which = msgspec.structs.replace(which, until=before)
    with st.spinner("Reading texts ..."):
        found = search(kept, which, text)
    read = f"{found.rows.height:,} found in the {found.searched:,} newest pairs"
    if found.back_to is None:
        st.html(f'<p class="sj-total"><strong>{read}</strong>, which are all</p>')
    else:
        st.html(f'<p class="sj-total"><strong>{read}</strong>, back to {local(found.back_to, zone)}</p>')
    if found.rows.is_empty():
        st.html(note("info", "No pair with this text.", "Search on in older pairs, or widen the filter."))
    else:
        st.html(pairs_table(excerpts(kept, found.rows), zone))
    if found.back_to is not None and st.button("Search on in older pairs", key="older"):
        st.query_params[_BEFORE] = found.back_to.isoformat()
        st.rerun()


def _ids(kept: Store, text: str, zone: tzinfo) -> None:
    found = by_id(kept, text)
    if found.is_empty():
        st.html(note("info", "No pair has this id.", "It may be a pair id, a request id or a trace id, whole."))
    else:
        st.html(ids_table(found, zone))


def _clusters(kept: Store, which: Filter, zone: tzinfo) -> None:
    known = tags(kept, which)["tag"].unique(maintain_order=True).to_list()
    tag = st.selectbox("Slice by", known, index=None, key="slice", bind="query-params", placeholder="no slices")
    found = clusters(kept, which, tag)
    if found.is_empty():
        st.html(note("info", "No pair of this filter has failed a check."))
    else:
        st.html(clusters_table(found, which.workflow, zone))


def _slices(kept: Store, config: Config, which: Filter) -> None:
    phase = st.segmented_control(
        "Budgets of phase", (Phase.LIMITED, Phase.EXPAND), default=Phase.LIMITED, format_func=str, required=True,
        key="phase", bind="query-params",
    )  # fmt: skip
    fingerprint = which.fingerprint or candidates_of(kept, config, which.workflow, a_moment_ago())[0]
    found = worst_first(sliced(kept, config, which.workflow, phase, fingerprint))
    if not found:
        st.html(note("info", "No pair of this candidate has been checked.", "Wait for the scorer."))
        return
    st.altair_chart(slices_chart(found), width="stretch", key="bars", alt="bounds of the worst slices and the budgets")
    alpha = policy_of(config.workflows[which.workflow], config.models).alpha(phase)
    st.caption(
        f"{fingerprint}, all of its pairs: of the filter only the candidate counts here. Bar, dot and purple stroke: "
        "bounds, rate and budget of each slice alone. Its state goes through e-BH over all slices: of those called "
        f"ready, and of those called blocked, at most {percent(alpha)} are called so wrongly, at every look."
    )
    st.html(slices_table(found))


def _days(kept: Store, which: Filter) -> None:
    counts = by_day(kept, which)
    if counts.is_empty():
        st.html(note("info", "No checked pair passes this filter."))
    else:
        st.altair_chart(day_bars(counts), width="stretch", key="days", alt="pairs by day and stratum")


def _downloads(kept: Store, which: Filter, total: int) -> None:
    who = actor()
    st.caption(
        f"The newest {min(total, MOST):,} of them as a file, requests and answers included; a text that a spreadsheet "
        "would compute begins with an apostrophe."
    )
    for column, form in zip(st.columns([1, 1, 1, 5]), Format, strict=False):

        def made(form: Format = form) -> bytes:
            log.info("exported", who=who.name if who else "nobody", workflow=which.workflow, form=str(form))
            return file_of(kept, which, form)

        column.download_button(
            form.upper() if form != Format.PARQUET else "Parquet",
            made,
            file_name=f"{which.workflow}-{datetime.now(UTC):%Y%m%d-%H%M%S}.{form}",
            mime="application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
            key=f"export-{form}",
        )


def _before() -> datetime | None:
    try:
        return datetime.fromisoformat(st.query_params.get(_BEFORE, ""))
    except ValueError:
        return None


def _start_over() -> None:
    """Another filter or text begins with its first page and its newest pairs."""
    st.query_params.pop(_BEFORE, None)
    st.session_state[_PAGE] = 1
