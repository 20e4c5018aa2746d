"""Who is let in: the login, or local mode's name; then the page that was asked for."""

from urllib.parse import quote, unquote

import streamlit as st

from dashboards.parts.markup import note
from dashboards.parts.session import REVIEWER, actor, configuration, is_logged_in
from dashboards.views import candidate, disagreements, health, judged, overview, pairs, review, signoff
from shadow.visible import visible

COOKIE = "shadowjudge_name"
LONGEST_NAME = 80


def draw() -> None:
    """The pages, for whoever may see them."""
    local = configuration().dashboard.login is None
    if not local and not is_logged_in():
        st.navigation([st.Page(_login, title="Log in", icon=":material/login:")]).run()
        return
    page = st.navigation(
        {
            "shadowjudge": [
                st.Page(
                    overview.page, title="Overview", icon=":material/dashboard:", url_path="overview", default=True
                ),
                st.Page(review.page, title="Review", icon=":material/rate_review:", url_path="review"),
                st.Page(pairs.page, title="Pairs", icon=":material/compare:", url_path="pairs"),
                st.Page(
                    disagreements.page,
                    title="Disagreements",
                    icon=":material/difference:",
                    url_path="disagreements",
                ),
                st.Page(candidate.page, title="Candidate", icon=":material/robot_2:", url_path="candidate"),
                st.Page(judged.page, title="Judge", icon=":material/gavel:", url_path="judge"),
                st.Page(signoff.page, title="Sign-off", icon=":material/verified:", url_path="signoff"),
                st.Page(health.page, title="Health", icon=":material/monitor_heart:", url_path="health"),
            ]
        }
    )
    with st.sidebar:
        if local:
            _name()
        else:
            _person()
    who = actor()
    if not local and (who is None or not who.roles):
        _without_role()
        return
    page.run()


def _login() -> None:
    st.title("shadowjudge")
    st.html(note("info", "Log in to see the pages.", "Your organisation's provider says who you are."))
    if st.button("Log in", type="primary", icon=":material/login:"):
        st.login()


def _name() -> None:
    """Asks for the name; a cookie keeps it, so that neither a reload nor an address that is opened forgets it."""
    kept = unquote(st.context.cookies.get(COOKIE, ""))[:LONGEST_NAME]
    if REVIEWER not in st.session_state:
        st.session_state[REVIEWER] = kept
    name = st.text_input(
        "Your name",
        key=REVIEWER,
        max_chars=LONGEST_NAME,
        persist_state="session",
        placeholder="kept with each label",
    )
    if name != kept:  # quoted: letters, digits, % and _.-~ alone
        st.html(
            f"<script>document.cookie = '{COOKIE}={quote(name, safe='')}; path=/; SameSite=Strict'</script>",
            unsafe_allow_javascript=True,
        )
    st.caption("Local mode: no login. Sign-offs are marked unauthenticated.")


def _person() -> None:
    who = actor()
    name = "somebody whom the login does not name" if who is None else who.name
    roles = "no role" if who is None or not who.roles else ", ".join(sorted(who.roles))
    st.text(f"{visible(name)}\n{roles}")
    if st.button("Log out", icon=":material/logout:"):
        st.logout()


def _without_role() -> None:
    settings = configuration().dashboard
    assert settings.login is not None  # noqa: S101
    claim = settings.login.groups_claim
    st.html(
        note(
            "warning",
            "You are logged in, but none of your groups has a role here.",
            f"Ask an admin to name one of your groups under [dashboard.roles]; the login's claim {claim!r} lists them.",
        )
    )
