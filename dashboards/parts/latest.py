"""The board as it was read some seconds ago, shared by all who look: many viewers are one reading."""

import os
from pathlib import Path

import streamlit as st

from dashboards.serving import CONFIG_VARIABLE
from judge.board import board
from judge.describing.week import Week, week
from judge.readiness.assess import Readiness
from shadow.config import Config
from shadow.store import Store

FRESH_S = 10


def latest(store: Store, config: Config) -> tuple[list[Readiness], dict[str, Week]]:
    """Every phase of every workflow, and the last seven days; at most FRESH_S old. No sign-off rests on it."""
    file = Path(os.environ[CONFIG_VARIABLE]).stat()
    return _latest(store, config, config.store.url, (file.st_mtime_ns, file.st_size))


@st.cache_resource(ttl=FRESH_S, max_entries=2, show_spinner="Reading the evidence ...")
def _latest(
    _store: Store, _config: Config, url: str, version: tuple[int, int]
) -> tuple[list[Readiness], dict[str, Week]]:
    """`url` and `version`, of the configuration's file, are what the reading is kept under."""
    found = board(_store, _config)
    return found, week(_store, found[0].as_of)
