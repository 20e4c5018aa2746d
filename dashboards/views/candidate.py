"""Candidate: speed, errors, cost of a task done well, confidence and tells, beside others and production."""

import streamlit as st

from dashboards.parts.board import lines_table
from dashboards.parts.clock import local, viewer_zone
from dashboards.parts.confidence import confidence_chart
from dashboards.parts.failures import shown
from dashboards.parts.figures import facts, ranged
from dashboards.parts.latest import described
from dashboards.parts.markup import badge, note, sentence, table
from dashboards.parts.session import configuration, store
from dashboards.parts.visible import escaped
from judge.board import a_moment_ago, candidates_of
from judge.describing.candidate import Described
from judge.describing.comparing import DAYS, compare
from shadow.store import Store

BESIDE = 2


def page() -> None:
    """Draws the page."""
    st.title("Candidate")
    with shown():
        config = configuration()
        kept = store(config.store.url)
        left, right = st.columns([1, 2])
        workflow = left.selectbox("Workflow", list(config.workflows), key="workflow", bind="query-params")
        names = candidates_of(kept, config, workflow, a_moment_ago())
        chosen = names
        if len(names) > 1:
            chosen = right.multiselect(
                "Candidates",
                names,
                default=names[:BESIDE],
                max_selections=BESIDE,
                key="candidates",
                bind="query-params",
            )
        if not chosen:
            st.html(note("info", "Choose a candidate."))
            return
        found = [described(kept, config, workflow, each) for each in chosen]
        if not any(each.evidence.captured for each in found):
            st.html(note("info", "No pair of it has been captured yet.", "Start the mirror, or import pairs."))
            return
        st.caption(f"As of {local(min(each.readiness.as_of for each in found), viewer_zone())}.")
        header, rows = facts(found)
        st.html(table(header, rows, "facts"))
        st.caption(
            "In brackets a 95 % range that holds at every look. A task done well has no defect of severity major or "
            "worse; its cost is that of the candidate alone, nothing escalated, at the prices configured now."
        )
        if len(found) == BESIDE:
            _compared(kept, found)
        for column, each in zip(st.columns(len(found), gap="large"), found, strict=True):
            with column:
                _one(each)


def _compared(kept: Store, found: list[Described]) -> None:
    one, other = found
    both = compare(
        kept,
        one.readiness.workflow,
        one.evidence.versions.checks,
        one.readiness.fingerprint,
        other.readiness.fingerprint,
        one.readiness.as_of,
    )
    st.subheader("On the same requests")
    rows = [
        (escaped(f"only {one.readiness.fingerprint} has a serious defect"), f"{both.only_one:,}"),
        (escaped(f"only {other.readiness.fingerprint} has one"), f"{both.only_other:,}"),
        ("both or neither", f"{both.same:,}"),
        ("difference of the shares, above 0: the first is worse", ranged(both.difference)),
    ]
    st.html(table(("outcome", "requests"), rows, "compared"))
    st.caption(
        f"Requests of the last {DAYS} days whose outcome is known for both. They are no random sample of the traffic "
        "where people and judge chose what to read: this compares, it does not decide."
    )


def _one(each: Described) -> None:
    st.subheader(each.readiness.fingerprint, anchor=False)
    st.html(f"<p>{badge(each.readiness.state)} &nbsp;{sentence(each.readiness.sentence)}</p>")
    with st.expander("Lines of phase limited: budgets, latency, escalation, cost"):
        st.html(lines_table(each.readiness))
    st.markdown("**Confidence**")
    if each.confidence.is_empty():
        st.caption("No known outcome has a confidence beside it; llama.cpp and vLLM tell one with logprobs = true.")
    else:
        name = each.readiness.fingerprint
        st.altair_chart(confidence_chart(each.confidence), key=f"confidence-{name}", alt="said and true confidence")
    st.markdown("**Degenerate answers**")
    st.html(f'<p class="sj-small">{sentence(each.evidence.tells.sentence)}</p>')
    if each.evidence.tells.tells:
        rows = [
            (
                ("✕ flagged" if tell.flagged else "✓ not flagged"),
                escaped(tell.name),
                f"{tell.candidate:,}",
                f"{tell.production:,}",
            )
            for tell in each.evidence.tells.tells
        ]
        st.html(table(("state", "tell", "candidate", "production"), rows, "tells"))
    st.markdown("**Failed calls, by reason**")
    if each.errors.is_empty():
        st.caption("No call has failed.")
    else:
        st.html(
            table(("pairs", "error"), [(f"{n:,}", escaped(error)) for error, n in each.errors.iter_rows()], "errors")
        )
