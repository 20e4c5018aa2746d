"""What every page needs: the configuration, the store, who is here."""

import os
from pathlib import Path

import streamlit as st

from dashboards import wiring
from dashboards.serving import CONFIG_VARIABLE
from judge.actions import Actor, Role
from shadow.config import Config, load
from shadow.store import Store

REVIEWER = "reviewer"


def configuration() -> Config:
    """The configuration as it is on disk now."""
    return load(Path(os.environ[CONFIG_VARIABLE]))


@st.cache_resource(max_entries=1, show_spinner="Opening the store ...")
def store(url: str) -> Store:
    """The store, opened once for the process and shared by all sessions; its tables exist."""
    opened = wiring.open_settings(configuration().store)
    opened.migrate("shadow")
    opened.migrate("judge")
    return opened


def actor() -> Actor | None:
    """Who is here, or None before a name is typed. Local mode: the name is taken on trust and may do everything."""
    name = str(st.session_state.get(REVIEWER, "")).strip()
    return Actor(name=name, roles=frozenset(Role), authenticated=False) if name else None
