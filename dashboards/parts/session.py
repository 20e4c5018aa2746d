"""What every page needs: the configuration, the store, who is here."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from dashboards import wiring
from dashboards.login import is_over, person
from dashboards.serving import CONFIG_VARIABLE
from judge.people import Actor, Role
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
    """Who is here: the person that the login names, or None before anybody is logged in.

    In local mode it is the name typed in the sidebar, taken on trust; it may do everything.
    """
    settings = configuration().dashboard
    if settings.login is not None:
        return person(st.user.to_dict(), settings, _session()) if is_logged_in() else None
    name = str(st.session_state.get(REVIEWER, "")).strip()
    return Actor(name=name, roles=frozenset(Role), authenticated=False, session=_session()) if name else None


def is_logged_in() -> bool:
    """True when the login's provider has said who is here, not too long ago."""
    login = configuration().dashboard.login
    return login is not None and bool(st.user.is_logged_in) and not is_over(st.user.to_dict(), login, datetime.now(UTC))


def may(role: Role) -> bool:
    """True when who is here has a role; what they write is looked at again where the write happens."""
    who = actor()
    return who is not None and who.may(role)


def _session() -> str:
    """One browser tab's visit, as it stands on what is written from there."""
    return str(st.session_state.setdefault("session", secrets.token_hex(8)))
