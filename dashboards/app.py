"""The entry script of the pages: the frame around them, who is let in, and what a failure looks like."""

from importlib.resources import files

import streamlit as st

from dashboards.door import draw
from dashboards.logs import configure
from dashboards.parts.failures import shown


@st.cache_resource(show_spinner=False)
def _logs_configured() -> None:
    """Done once for the process: the script runs anew for every click."""
    configure()


_logs_configured()
st.set_page_config(page_title="shadowjudge", page_icon="⚖️", layout="wide")
st.html(f"<style>{files('dashboards').joinpath('style.css').read_text(encoding='utf-8')}</style>")
with shown():
    draw()
