"""Which pair is open, and what this session has been shown of it; the open pair is part of the URL."""

import secrets
from datetime import datetime
from typing import NamedTuple

import streamlit as st

from dashboards.parts.blind import Arm, left_arm

_PARAMETER = "pair"


class Reference(NamedTuple):
    """A pair and its time: with the time a store finds it fast."""

    pair_id: str
    occurred_at: datetime


def opened() -> Reference | None:
    """The open pair, from the URL; None when there is none or the URL names none."""
    pair_id, _, moment = st.query_params.get(_PARAMETER, "").partition("@")
    try:
        return Reference(pair_id, datetime.fromisoformat(moment))
    except ValueError:
        return None


def open_pair(reference: Reference) -> None:
    """Make a pair the open one; a reload keeps it."""
    st.query_params[_PARAMETER] = f"{reference.pair_id}@{reference.occurred_at.isoformat()}"


def close_pair() -> None:
    """Leave no pair open: another list begins with its own first one."""
    st.query_params.pop(_PARAMETER, None)


def side(pair_id: str) -> Arm:
    """The arm that stands on the left for this session."""
    return left_arm(pair_id, st.session_state.setdefault("blind_seed", secrets.token_hex(8)))


def is_revealed(pair_id: str) -> bool:
    return pair_id in st.session_state.setdefault("revealed", set())


def reveal(pair_id: str) -> None:
    """From now on this session sees who wrote what."""
    st.session_state.setdefault("revealed", set()).add(pair_id)


def submission(pair_id: str) -> str:
    """Names one label asked for: sending the same form twice is one label, another label is another."""
    return f"{st.session_state.setdefault('session', secrets.token_hex(8))}-{_attempts().get(pair_id, 0)}"


def next_submission(pair_id: str) -> None:
    """The next label on this pair is another one."""
    _attempts()[pair_id] = _attempts().get(pair_id, 0) + 1


def _attempts() -> dict[str, int]:
    attempts: dict[str, int] = st.session_state.setdefault("attempts", {})
    return attempts
