"""The entry point that Streamlit runs: the frame around the pages, and what a failure looks like."""

from importlib.resources import files

import streamlit as st

from dashboards.logs import configure
from dashboards.parts.failures import shown
from dashboards.parts.session import REVIEWER
from dashboards.views import health, overview, pairs, signoff


@st.cache_resource(show_spinner=False)
def _logs_configured() -> None:
    """Done once for the process: the script runs anew for every click."""
    configure()


_logs_configured()
st.set_page_config(page_title="shadowjudge", page_icon="⚖️", layout="wide")
st.html(f"<style>{files('dashboards').joinpath('style.css').read_text(encoding='utf-8')}</style>")
page = st.navigation(
    {
        "shadowjudge": [
            st.Page(overview.page, title="Overview", icon=":material/dashboard:", url_path="overview", default=True),
            st.Page(pairs.page, title="Pairs", icon=":material/compare:", url_path="pairs"),
            st.Page(signoff.page, title="Sign-off", icon=":material/verified:", url_path="signoff"),
            st.Page(health.page, title="Health", icon=":material/monitor_heart:", url_path="health"),
        ]
    }
)
with st.sidebar:
    st.text_input("Your name", key=REVIEWER, max_chars=80, persist_state="session", placeholder="kept with each label")
    st.caption("Local mode: no login. Sign-offs are marked unauthenticated.")
with shown():
    page.run()
