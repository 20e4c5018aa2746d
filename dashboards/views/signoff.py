"""Sign-off: a phase as it was read at one moment, the decision on exactly that, and the decisions of the past."""

import streamlit as st

from connectors.errors import UserError
from dashboards.parts.board import lines_table
from dashboards.parts.markup import badge, listing, note, sentence, table
from dashboards.parts.session import actor, configuration, may, store
from dashboards.parts.visible import escaped
from judge.actions import Decision, sign_off
from judge.board import a_moment_ago, candidates_of, readiness_of
from judge.outcomes import Phase
from judge.people import Role
from judge.readiness.assess import Readiness
from judge.signing.chain import SignOff, history
from judge.signing.signoff import verify
from shadow.config import Config
from shadow.store import Store

_READ = "readiness_read"
PHASES: list[Phase] = list(Phase)


def page() -> None:
    """Draws the page."""
    st.title("Sign-off")
    config = configuration()
    kept = store(config.store.url)
    seen = _read(kept, config)
    st.html(
        f"<p>{badge(seen.state)} &nbsp;{sentence(seen.sentence)}</p>"
        f'<p class="sj-small">Read at {seen.as_of:%Y-%m-%d %H:%M:%S} UTC · digest '
        f'<span class="sj-mono">{seen.digest}</span></p>'
    )
    st.html(lines_table(seen))
    if seen.missing:
        st.markdown("**What is missing**")
        st.html(listing(seen.missing))
    _decide(kept, config, seen)
    _past(kept)


def _read(kept: Store, config: Config) -> Readiness:
    """The readiness of the chosen phase as this session first read it; another reading needs the button."""
    first, second, third, fourth = st.columns([2, 2, 2, 1], vertical_alignment="bottom")
    with first:
        workflow = st.selectbox("Workflow", list(config.workflows), key="workflow", bind="query-params")
    with second:
        fingerprint = st.selectbox("Candidate", candidates_of(kept, config, workflow, a_moment_ago()))
    with third:
        phase = st.selectbox("Phase", PHASES, format_func=str, key="phase", bind="query-params")
    again = fourth.button("Read again", width="stretch")
    seen: Readiness | None = st.session_state.get(_READ)
    chosen = (workflow, fingerprint, phase)
    if again or seen is None or (seen.workflow, seen.fingerprint, seen.phase) != chosen:
        seen = readiness_of(kept, config, workflow, phase, fingerprint=fingerprint)
        st.session_state[_READ] = seen
    return seen


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
            st.html(note("good", f"Signed as number {signed.number}: {signed.phase} of {signed.workflow}, {decision}."))


def _decisions(seen: Readiness) -> list[Decision]:
    return ["approve", "waive", "reject"] if seen.policy.signoff.waivers else ["approve", "reject"]


def _past(kept: Store) -> None:
    st.subheader("Past sign-offs")
    past = history(kept)
    if not past:
        st.caption("Nothing has been signed yet.")
        return
    st.html(table(("no.", "when (UTC)", "what", "decision", "by", "reason"), map(_row, reversed(past)), "signoffs"))
    if st.button("Verify the chain"):
        findings = verify(kept)
        if findings:
            st.html(note("error", "The chain does not hold."))
            st.html(listing(f"no. {finding.number}: {finding.sentence}" for finding in findings))
        else:
            st.html(note("good", f"All {len(past)} sign-offs hold: chain, evidence and decision, computed again."))


def _row(signed: SignOff) -> tuple[str, ...]:
    by = signed.actor if signed.authenticated else f"{signed.actor} (unauthenticated)"
    what = f"{signed.workflow} · {signed.phase} · {signed.fingerprint}"
    cells = (str(signed.number), f"{signed.signed_at:%Y-%m-%d %H:%M:%S}", what, signed.decision, by, signed.reason)
    return tuple(map(escaped, cells))
