"""The label form: two answers whose origin the reviewer does not know, and one choice."""

import streamlit as st

from dashboards.parts.blind import Arm, Choice, outcome_of
from judge.outcomes import Outcome, Severity

_CHOICES = {
    Choice.SAME: "Neither is worse: they serve the user equally well",
    Choice.LEFT_WORSE: "Left is worse",
    Choice.RIGHT_WORSE: "Right is worse",
    Choice.BOTH_BAD: "Both are unusable",
    Choice.UNDECIDED: "I cannot tell",
}
_SEVERITIES = {
    Severity.MINOR: "minor: a flaw that the user would forgive",
    Severity.MAJOR: "major: wrong, somebody has to mend it",
    Severity.CRITICAL: "critical: does harm, must never happen",
}


def label_form(key: str, left: Arm) -> tuple[Outcome, str] | None:
    """The outcome and the note of a label just submitted, else None; `key` is new for each label asked for."""
    with st.form(f"label-{key}", border=True):
        first, second = st.columns(2)
        choice = first.radio("Which answer is worse?", list(Choice), format_func=_CHOICES.__getitem__, index=None)
        severity = second.radio(
            "If one is worse: how bad would it be to send it?",
            list(_SEVERITIES),
            format_func=_SEVERITIES.__getitem__,
            index=None,
        )
        note = st.text_input("Note (optional)", max_chars=500)
        submitted = st.form_submit_button("Save label", type="primary")
    if not submitted:
        return None
    if choice is None:
        st.warning("Choose which answer is worse, or that neither is.")
        return None
    if choice in (Choice.LEFT_WORSE, Choice.RIGHT_WORSE) and severity is None:
        st.warning("Say how bad the worse answer is.")
        return None
    return outcome_of(choice, severity, left), note
