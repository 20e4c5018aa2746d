"""Pairs: a list by page, one pair side by side with its origin hidden, and its label."""

import streamlit as st

from dashboards.parts.blind import Arm
from dashboards.parts.clock import local, viewer_zone
from dashboards.parts.label import label_form
from dashboards.parts.markup import note, sides, text_box
from dashboards.parts.opened import (
    Reference,
    close_pair,
    is_revealed,
    next_submission,
    open_pair,
    opened,
    reveal,
    side,
    submission,
)
from dashboards.parts.revealed import (
    arms_table,
    checks_said,
    checks_table,
    judgements_table,
    replies,
    reviews_table,
    verdicts_table,
)
from dashboards.parts.session import actor, configuration, may, store
from judge.actions import review
from judge.browsing.filter import Show, shown
from judge.browsing.pages import Page, pairs_page
from judge.judging.epoch import setup_of
from judge.judging.prompt import show_answer, show_request
from judge.people import Actor, Role
from judge.queries import PairDetail, pair_detail
from judge.sampling.progress import labelled
from judge.sampling.reviewing import next_for_reviewer
from shadow.config import Config
from shadow.store import Store
from shadow.types import Pair

PAGE_SIZE = 12
_SHOWN = {
    Show.ALL: "all",
    Show.UNREVIEWED: "to label",
    Show.DISAGREE: "answers differ",
    Show.AGREE: "answers agree",
    Show.DEFECT: "settled defects",
    Show.JUDGED_WORSE: "judged worse",
    Show.UNDECIDED: "judge undecided",
    Show.REVIEWED: "labelled",
}
_TELLING = (Show.DEFECT, Show.JUDGED_WORSE)


def page() -> None:
    """Draws the page."""
    st.title("Pairs")
    config = configuration()
    kept = store(config.store.url)
    found, labels = _list(kept, config)
    _offer(kept, config)
    reference = opened()
    if found.rows.is_empty() and reference is None:
        st.html(note("info", "No pair in this list.", "Choose another list or workflow, or wait for the scorer."))
        return
    if reference is None:
        reference = _references(found)[0]
        open_pair(reference)
    listed, shown = st.columns([1, 4], gap="medium")
    with listed:
        _rows(found, labels, reference)
    with shown:
        if reference is not None:
            _pair(kept, pair_detail(kept, config, *reference), found)


def _list(kept: Store, config: Config) -> tuple[Page, int]:
    """The filters, then the page they ask for and how many pairs of the workflow are labelled."""
    first, second, third = st.columns([2, 3, 1])
    with first:
        workflow = st.selectbox(
            "Workflow", list(config.workflows), key="workflow", bind="query-params", on_change=close_pair
        )
    with second:
        show = st.selectbox(
            "Show", list(_SHOWN), format_func=_SHOWN.__getitem__, key="show", bind="query-params", on_change=close_pair
        )
    with third:
        number = st.number_input("Page", min_value=1, key="page", bind="query-params", on_change=close_pair)
    if show in _TELLING:
        st.caption("This list already says how the candidate did: a label given here is not blind.")
    which = shown(workflow, show, setup=setup_of(config, workflow) or "")
    return pairs_page(kept, which, page=number - 1, size=PAGE_SIZE), labelled(kept, workflow)


def _offer(kept: Store, config: Config) -> None:
    """The pair that the sampling plan wants labelled next, held for this reviewer; why is not said: it would lead."""
    who = actor()
    if who is None or not may(Role.REVIEWER):
        return
    wanted = st.button("Next pair for me", help="Only labels on pairs that are offered here count as a sample.")
    if not wanted:
        return
    claim = next_for_reviewer(kept, config, who.name, st.session_state["workflow"])
    if claim is None:
        st.html(note("info", "Nothing waits for you here.", "Others may hold what waits, or no label tells more."))
        return
    open_pair(Reference(claim.pair_id, claim.occurred_at))
    st.rerun()


def _rows(found: Page, labels: int, reference: Reference | None) -> None:
    zone = viewer_zone()
    st.html(
        f'<p class="sj-small"><strong class="sj-labels">labels: {labels:,}</strong><br>{found.total:,} in this list</p>'
    )
    for row, target in zip(found.rows.iter_rows(named=True), _references(found), strict=True):
        mark = " ✓" if row["review"] else ""
        st.button(
            f"{row['occurred_at'].astimezone(zone):%d %b %H:%M:%S}{mark}",
            key=f"open-{target.pair_id}",
            type="primary" if target == reference else "secondary",
            width="stretch",
            on_click=open_pair,
            args=(target,),
        )


def _references(found: Page) -> list[Reference]:
    return [Reference(*row) for row in found.rows.select("pair_id", "occurred_at").iter_rows()]


def _pair(kept: Store, detail: PairDetail, found: Page) -> None:
    pair, left = detail.pair, side(detail.pair.pair_id)
    st.text(f"{pair.request_id}  ·  {local(pair.occurred_at, viewer_zone())}")
    if pair.examined is not None:
        st.html(note("info", "Text not kept.", "The checks read this pair before it was stored; nobody can label it."))
        _revealed(detail, left)
        return
    with st.expander("Request"):
        st.html(text_box(show_request(pair.request)))
    arms = (pair.production, pair.candidate) if left == "production" else (pair.candidate, pair.production)
    st.html(sides(show_answer(arms[0]), show_answer(arms[1]), "left", "right"))
    who = actor()
    labelled = who is not None and who.name in detail.reviews["reviewer"]
    if labelled or is_revealed(pair.pair_id):
        _revealed(detail, left)
        listed = _references(found)
        st.button(
            "Next pair",
            type="primary",
            key="next",
            disabled=not listed,
            on_click=open_pair,
            args=(_older(listed, Reference(pair.pair_id, pair.occurred_at)),) if listed else (),
        )
        if labelled:
            with st.expander("Correct my label"):
                _label(kept, who, pair, left)
        return
    if may(Role.REVIEWER) or who is None:
        st.caption("Which of the two is the candidate, and what checks and judge said, is shown after the label.")
        _label(kept, who, pair, left)
    else:
        st.caption("To label a pair takes the role reviewer.")
    st.button("Look without labelling", key="look", type="tertiary", on_click=reveal, args=(pair.pair_id,))


def _label(kept: Store, who: Actor | None, pair: Pair, left: Arm) -> None:
    key = submission(pair.pair_id)
    given = label_form(f"{pair.pair_id}-{key}", left)
    if given is None:
        return
    if who is None:
        st.html(note("warning", "Type your name in the sidebar first: a label carries it."))
        return
    review(kept, who, pair.pair_id, pair.occurred_at, *given, left_arm=left, submission=key)
    reveal(pair.pair_id)
    next_submission(pair.pair_id)
    st.toast("Label saved.")
    st.rerun()


def _older(references: list[Reference], current: Reference) -> Reference:
    """The next pair of a list that goes from newest to oldest, or its first one."""
    return next((each for each in references if each.occurred_at < current.occurred_at), references[0])


def _revealed(detail: PairDetail, left: Arm) -> None:
    st.html(arms_table(detail.pair, left))
    st.caption(checks_said(detail))
    if detail.checked and not detail.check_results.is_empty():
        st.html(checks_table(detail.check_results))
    if not detail.verdicts.is_empty():
        st.caption("The judge, newest first")
        st.html(verdicts_table(detail.verdicts))
        if not detail.judgements.is_empty():
            st.caption("What each judge said")
            st.html(judgements_table(detail.judgements))
        if said := replies(detail.verdicts.row(0, named=True)):
            with st.expander("What the judge replied"):
                st.html(said)
    if not detail.reviews.is_empty():
        st.caption("Reviews, newest first")
        st.html(reviews_table(detail.reviews, viewer_zone()))
