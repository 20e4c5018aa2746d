"""Review: one pair a screen, blind, labelled by one key; the next one is there at once."""

import streamlit as st

from dashboards.parts.answers import answer_text
from dashboards.parts.blind import outcome_of
from dashboards.parts.desk import Desk, Given, Item
from dashboards.parts.failures import shown, told
from dashboards.parts.keys import LEFT, NEITHER, RIGHT, SEVERITIES, SKIP, UNDO, Key
from dashboards.parts.markup import listing, note, sides, table, text_box
from dashboards.parts.opened import side
from dashboards.parts.revealed import arms_table, checks_said, replies, verdicts_table
from dashboards.parts.session import actor, configuration, may, store
from dashboards.parts.visible import escaped
from judge.actions import review
from judge.judging.prompt import show_request
from judge.judging.rubric import load_rubric
from judge.people import Role
from judge.sampling.progress import agreement
from shadow.config import Config

_DESKS = "desks"


def page() -> None:
    """Draws the page."""
    st.title("Review")
    config = configuration()
    who = actor()
    if who is None:
        st.html(note("info", "Type your name in the sidebar: a label carries it."))
        return
    if not may(Role.REVIEWER):
        st.html(note("info", "To label pairs takes the role reviewer.", "Ask an admin for it."))
        return
    workflow = st.selectbox("Workflow", list(config.workflows), key="workflow", bind="query-params")
    desks = st.session_state.setdefault(_DESKS, {})
    if (who.name, workflow) not in desks:
        desks[who.name, workflow] = Desk(store(config.store.url), config, who.name, workflow)
    _bench(desks[who.name, workflow])
    _agreed(desks[who.name, workflow])


@st.fragment
def _bench(desk: Desk) -> None:
    with shown():
        item = desk.current()
        _progress(desk)
        if desk.fault:
            st.html(desk.fault)
        if item is None:
            st.html(note("good", "No label is wanted now.", "The plan asks again when the judge has flagged more."))
        else:
            _pair(desk, item)
        if desk.given:
            _last(desk.given[-1])


def _progress(desk: Desk) -> None:
    done = desk.done
    pace = "" if done.a_minute is None else f" · {done.a_minute:.0f} a minute"
    st.html(
        f'<p class="sj-small" role="status">labels today: <strong class="sj-labels">{done.since:,}</strong>{pace} · '
        f"{done.mine:,} of yours, {done.everyone:,} pairs labelled by everyone</p>"
    )


def _pair(desk: Desk, item: Item) -> None:
    pair = item.detail.pair
    left = side(pair.pair_id)
    arms = (pair.production, pair.candidate) if left == "production" else (pair.candidate, pair.production)
    st.html(sides(answer_text(arms[0]), answer_text(arms[1]), "left", "right"))
    _keys(desk, item)
    with st.expander("Request", expanded=True):
        st.html(text_box(show_request(pair.request)))
    with st.expander("How to decide"):
        _rubric(desk.config, desk.workflow)


def _keys(desk: Desk, item: Item) -> None:
    number = len(desk.given) + len(desk.skipped)
    remark = f"note-{item.claim.claim_id}"
    first, second, third = st.columns(3, gap="medium")
    for column, title, keys in (
        (first, "Left is worse", LEFT),
        (second, "Neither", NEITHER),
        (third, "Right is worse", RIGHT),
    ):
        with column:
            st.caption(title)
            for key in keys:
                st.button(
                    key.words,
                    key=f"key-{key.key}",
                    shortcut=key.key,
                    width="stretch",
                    on_click=_label,
                    args=(desk, item, key, remark),
                )
    left, middle, right = st.columns([2, 1, 1], vertical_alignment="bottom")
    left.text_input(
        "Note (optional)",
        key=remark,
        max_chars=500,
        placeholder="kept with this label; no key labels in here",
    )
    middle.button("Skip", key="skip", shortcut=SKIP, width="stretch", on_click=desk.skip)
    right.button("Undo", key="undo", shortcut=UNDO, width="stretch", on_click=desk.undo, disabled=not desk.given)
    st.html(f'<span class="sj-number" data-number="{number}" data-pair="{escaped(item.claim.pair_id)}"></span>')


def _label(desk: Desk, item: Item, key: Key, remark: str) -> None:
    """Save the label; a second press of the same key that raced the first one finds another pair and does nothing."""
    who = actor()
    if who is None or not desk.waiting or desk.waiting[0] is not item:
        return
    pair = item.detail.pair
    left = side(pair.pair_id)
    outcome = outcome_of(key.choice, key.severity, left)
    remarked = str(st.session_state.get(remark, ""))
    desk.fault = ""
    with told(desk.not_saved):
        submission = f"{item.claim.claim_id}-{item.tries}"
        review(desk.store, who, pair.pair_id, pair.occurred_at, outcome, remarked, left, submission)
        desk.label_given(outcome, remarked)


def _rubric(config: Config, workflow: str) -> None:
    judge = config.workflows[workflow].judge
    if judge is not None:
        rubric = load_rubric(judge.rubric, workflow)
        st.text(rubric.question)
        st.text(rubric.instructions.strip())
    st.html(listing(f"{severity}: {meaning}" for severity, meaning in SEVERITIES.items()))


def _last(given: Given) -> None:
    """What was hidden of the pair that was labelled last."""
    with st.expander("Your last label, and what was said of that pair"):
        st.html(
            f'<p class="sj-small">You said <strong>{escaped(given.outcome)}</strong>. It was before you because: '
            f"{escaped(given.claim.reason.sentence)}</p>"
        )
        st.html(arms_table(given.detail.pair, side(given.detail.pair.pair_id)))
        st.caption(checks_said(given.detail))
        if not given.detail.verdicts.is_empty():
            st.html(verdicts_table(given.detail.verdicts))
            st.html(replies(given.detail.verdicts.row(0, named=True)))


def _agreed(desk: Desk) -> None:
    with st.expander("Agreement of reviewers"), shown():
        found = agreement(desk.store, desk.workflow)
        if found.rows.is_empty():
            st.caption("No pair has been labelled by two people yet.")
            return
        st.caption(
            f"Two people say the same of {found.same:,} of {found.rows.height:,} pairs. The newest label counts."
        )
        rows = [
            (
                f'<a href="pairs?workflow={escaped(desk.workflow)}&amp;pair={escaped(row["pair_id"])}'
                f'@{row["occurred_at"].isoformat().replace("+", "%2B")}">{escaped(row["pair_id"][:8])}</a>',
                *(escaped(row[name]) for name in ("first", "first_outcome", "second", "second_outcome")),
            )
            for row in found.apart.head(50).iter_rows(named=True)
        ]
        if rows:
            st.html(table(("pair", "reviewer", "said", "reviewer", "said"), rows, "apart"))
