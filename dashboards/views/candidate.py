"""Candidate: speed, errors, cost of a task done well, confidence and tells, beside others and production."""

import streamlit as st

from dashboards.parts.board import lines_table
from dashboards.parts.clock import local, viewer_zone
from dashboards.parts.confidence import confidence_chart
from dashboards.parts.failures import shown
from dashboards.parts.figures import facts
from dashboards.parts.latest import described
from dashboards.parts.markup import badge, note, sentence, table
from dashboards.parts.session import configuration, store
from dashboards.parts.visible import escaped
from judge.board import a_moment_ago, candidates_of
from judge.describing.candidate import Described
from judge.describing.comparing import DAYS, comparisons
from shadow.store import Store

BESIDE, MOST_BESIDE = 2, 4


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
                max_selections=MOST_BESIDE,
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
        if len(found) > 1:
            _compared(kept, found)
        for column, each in zip(st.columns(len(found), gap="large"), found, strict=True):
            with column:
                _one(each)


def _compared(kept: Store, found: list[Described]) -> None:
    """Every two of the candidates on the requests that both answered."""
    st.subheader("On the same requests")
    for each in comparisons(kept, [one.readiness for one in found]):
        both = each.compared
        rows = [
            ("requests that both answered", f"{both.requests:,}"),
            (escaped(f"only {each.one} has a serious defect"), f"{both.only_one:,}"),
            (escaped(f"only {each.other} has one"), f"{both.only_other:,}"),
            ("both or neither", f"{both.same:,}"),
        ]
        st.html(table(("outcome", "requests"), rows, "compared"))
        st.html(f"<p>{sentence(each.sentence)}</p>")
    st.caption(
        f"Requests of the last {DAYS} days. The outcome is known for both where checks settle it or the plan drew it; "
        "strata of which more is known do not weigh more."
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
