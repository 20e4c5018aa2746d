"""Sign-off: a phase as it was read at one moment, the decision on exactly that, and the decisions of the past."""

from collections.abc import Sequence
from datetime import tzinfo

import streamlit as st

from connectors.errors import UserError
from dashboards.parts.board import lines_table
from dashboards.parts.clock import local, viewer_zone
from dashboards.parts.latest import phases_of
from dashboards.parts.markup import badge, listing, note, sentence, table
from dashboards.parts.session import actor, configuration, may, store
from dashboards.parts.visible import escaped
from judge.actions import Decision, sign_off
from judge.board import a_moment_ago, board_of, candidates_of, readiness_of
from judge.outcomes import Phase
from judge.people import Role
from judge.readiness.assess import Readiness
from judge.signing.chain import SignOff, history
from judge.signing.signoff import verify
from shadow.config import Config
from shadow.store import Store

_READ, _SIGNED = "readiness_read", "just_signed"
OLDEST_S = 60.0
PHASES: list[Phase] = list(Phase)


def page() -> None:
    """Draws the page."""
    st.title("Sign-off")
    config = configuration()
    kept = store(config.store.url)
    seen = _read(kept, config)
    st.html(
        f"<p>{badge(seen.state)} &nbsp;{sentence(seen.sentence)}</p>"
        f'<p class="sj-small">Read at {escaped(local(seen.as_of, viewer_zone()))} · digest '
        f'<span class="sj-mono">{seen.digest}</span></p>'
    )
    st.html(lines_table(seen))
    if seen.missing:
        st.markdown("**What is missing**")
        st.html(listing(seen.missing))
    _decide(kept, config, seen)
    _past(kept)


def _read(kept: Store, config: Config) -> Readiness:
    """The chosen phase as this session first read its workflow; another reading needs the button."""
    first, second, third, fourth = st.columns([2, 2, 2, 1], vertical_alignment="bottom")
    with first:
        workflow = st.selectbox("Workflow", list(config.workflows), key="workflow", bind="query-params")
    with second:
        fingerprint = st.selectbox("Candidate", candidates_of(kept, config, workflow, a_moment_ago()))
    with third:
        phase = st.selectbox("Phase", PHASES, format_func=str, key="phase", bind="query-params")
    again = fourth.button("Read again", width="stretch")
    found: list[Readiness] = st.session_state.get(_READ, [])
    chosen = (workflow, fingerprint, phase)
    if again or st.session_state.pop(_SIGNED, False):  # what was signed a moment ago is in no older reading
        found = board_of(kept, config, workflow, a_moment_ago())
    elif _of(found, chosen) is None:
        found = phases_of(kept, config, workflow, OLDEST_S)
    st.session_state[_READ] = found
    return _of(found, chosen) or readiness_of(kept, config, workflow, phase, fingerprint=fingerprint)


def _of(found: Sequence[Readiness], chosen: tuple[str, str, Phase]) -> Readiness | None:
    return next((each for each in found if (each.workflow, each.fingerprint, each.phase) == chosen), None)


def _decide(kept: Store, config: Config, seen: Readiness) -> None:
    st.subheader("Decide on what is shown above")
    if actor() is not None and not may(Role.RELEASE_MANAGER):
        st.caption("To sign takes the role release_manager.")
        return
    with st.form("decide"):
        decision = st.radio("Decision", _decisions(seen), index=None, horizontal=True)
        reason = st.text_area(
            "Reason", max_chars=2000, height=80, placeholder="One sentence that a later reader will understand"
        )
        submitted = st.form_submit_button("Sign", type="primary")
    if not submitted:
        return
    who = actor()
    if who is None:
        st.html(note("warning", "Type your name in the sidebar first: a sign-off carries it."))
    elif decision is None:
        st.html(note("warning", "Choose approve or reject."))
    else:
        try:
            signed = sign_off(
                kept,
                config,
                who,
                seen.workflow,
                seen.fingerprint,
                seen.phase,
                decision,
                reason,
                seen.as_of,
                seen.digest,
            )
        except UserError as error:
            st.html(note("error", f"Not signed: {error}"))
        else:
            st.session_state[_SIGNED] = True
            st.html(note("good", f"Signed as number {signed.number}: {signed.phase} of {signed.workflow}, {decision}."))


def _decisions(seen: Readiness) -> list[Decision]:
    return ["approve", "waive", "reject"] if seen.policy.signoff.waivers else ["approve", "reject"]


def _past(kept: Store) -> None:
    st.subheader("Past sign-offs")
    past = history(kept)
    if not past:
        st.caption("Nothing has been signed yet.")
        return
    rows = [_row(each, viewer_zone()) for each in reversed(past)]
    st.html(table(("no.", "when", "what", "decision", "by", "reason"), rows, "signoffs"))
    if st.button("Verify the chain"):
        findings = verify(kept)
        if findings:
            st.html(note("error", "The chain does not hold."))
            st.html(listing(f"no. {finding.number}: {finding.sentence}" for finding in findings))
        else:
            st.html(note("good", f"All {len(past)} sign-offs hold: chain, evidence and decision, computed again."))


def _row(signed: SignOff, zone: tzinfo) -> tuple[str, ...]:
    by = signed.actor if signed.authenticated else f"{signed.actor} (unauthenticated)"
    what = f"{signed.workflow} · {signed.phase} · {signed.fingerprint}"
    cells = (str(signed.number), local(signed.signed_at, zone), what, signed.decision, by, signed.reason)
    return tuple(map(escaped, cells))
