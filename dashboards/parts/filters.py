"""The widgets that say which pairs somebody wants to see; all of them are in the page's address."""

from collections.abc import Callable
from datetime import tzinfo

import streamlit as st

from dashboards.parts.clock import begins, is_over
from judge.browsing.filter import Filter
from judge.outcomes import Outcome, Severity, Stratum

_BY_PEOPLE = {"labelled or not": None, "labelled": True, "not labelled": False}


def chosen(
    workflow: str, candidates: list[str], checks: list[str], zone: tzinfo, on_change: Callable[[], None]
) -> Filter:
    """The filter as it is set. `on_change` is called when it is set otherwise."""
    first = st.columns([2, 2, 2, 2])
    strata = first[0].multiselect(
        "Stratum", [str(each) for each in Stratum], default=[Stratum.SETTLED.value, Stratum.DISAGREE.value],
        key="strata", bind="query-params", on_change=on_change, placeholder="any",
    )  # fmt: skip
    severities = first[1].multiselect(
        "Severity", [str(each) for each in Severity], key="severities", bind="query-params", on_change=on_change,
        placeholder="any, or no defect",
    )  # fmt: skip
    verdicts = first[2].multiselect(
        "Verdict of the judge", [str(each) for each in Outcome], key="verdicts", bind="query-params",
        on_change=on_change, placeholder="any, or none",
    )  # fmt: skip
    failed = first[3].selectbox(
        "Failed check", checks, index=None, key="failed", bind="query-params", on_change=on_change, placeholder="any"
    )
    second = st.columns([2, 2, 2, 2])
    reviewed = second[0].selectbox("People", list(_BY_PEOPLE), key="people", bind="query-params", on_change=on_change)
    fingerprint = second[1].selectbox(
        "Candidate", candidates, index=None, key="candidate", bind="query-params", on_change=on_change,
        placeholder="any",
    )  # fmt: skip
    since = second[2].date_input("From", value=None, key="from", bind="query-params", on_change=on_change)
    until = second[3].date_input("To, included", value=None, key="to", bind="query-params", on_change=on_change)
    contradicts = st.toggle(
        "The judge's reason says the opposite of its verdict", key="contradicts", bind="query-params",
        on_change=on_change,
    )  # fmt: skip
    return Filter(
        workflow=workflow,
        fingerprint=fingerprint,
        strata=tuple(map(Stratum, strata)),
        severities=tuple(map(Severity, severities)),
        failed=failed,
        verdicts=tuple(map(Outcome, verdicts)),
        contradicts=contradicts,
        reviewed=_BY_PEOPLE[reviewed],
        since=begins(since, zone),
        until=is_over(until, zone),
    )
