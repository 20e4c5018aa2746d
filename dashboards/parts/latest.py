"""What was read some seconds ago, shared by all who look: many viewers are one reading."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import streamlit as st

from dashboards.parts.shared import Shared
from dashboards.serving import CONFIG_VARIABLE
from judge.board import a_moment_ago, board, board_of, judge_report, readiness_of, slices_of
from judge.calibration.report import Report
from judge.describing.candidate import Described, describe
from judge.describing.week import Week, week
from judge.outcomes import Phase
from judge.queries import Health, health, spend
from judge.readiness.assess import Readiness
from judge.readiness.slices import SliceState
from shadow.config import Config
from shadow.funnel import Funnel, funnel
from shadow.store import Store

LOOK_AGAIN_S = 1.0
T = TypeVar("T")


def latest(store: Store, config: Config) -> tuple[list[Readiness], dict[str, Week]]:
    """Every phase of every workflow, and the last seven days. No sign-off rests on it."""

    def read() -> tuple[list[Readiness], dict[str, Week]]:
        found = board(store, config)
        return found, week(store, found[0].as_of)

    shared: Shared[tuple[list[Readiness], dict[str, Week]]] = _shared(config, "board")
    return shared.look(read)


def phases_of(store: Store, config: Config, workflow: str, oldest_s: float) -> list[Readiness]:
    """Every phase of every candidate of a workflow, read at one moment, at most so long ago."""
    shared: Shared[list[Readiness]] = _shared(config, "phases", workflow)
    return shared.look(lambda: board_of(store, config, workflow, a_moment_ago()), oldest_s)


def described(store: Store, config: Config, workflow: str, fingerprint: str) -> Described:
    """A candidate; the page is drawn again when a newer reading is there."""

    def read() -> Described:
        return describe(store, readiness_of(store, config, workflow, Phase.LIMITED, fingerprint=fingerprint))

    shared: Shared[Described] = _shared(config, "candidate", workflow, fingerprint)
    return _renewed(shared, read)


def reported(store: Store, config: Config, workflow: str) -> Report:
    """The judge of a workflow; the page is drawn again when a newer reading is there."""
    shared: Shared[Report] = _shared(config, "judge", workflow)
    return _renewed(shared, lambda: judge_report(store, config, workflow))


def sliced(store: Store, config: Config, workflow: str, phase: Phase, fingerprint: str) -> list[SliceState]:
    """The slices of a candidate; the page is drawn again when a newer reading is there."""
    shared: Shared[list[SliceState]] = _shared(config, "slices", workflow, phase, fingerprint)
    return _renewed(shared, lambda: slices_of(store, config, workflow, phase, fingerprint))


def healthy(store: Store, config: Config) -> tuple[Funnel, Health, pl.DataFrame]:
    """The funnel, what runs and waits, and calls and tokens by arm."""
    shared: Shared[tuple[Funnel, Health, pl.DataFrame]] = _shared(config, "health")
    return shared.look(lambda: (funnel(store), health(store), spend(store)))


def _renewed(shared: Shared[T], read: Callable[[], T]) -> T:
    with st.spinner("Reading ..."):
        found = shared.look(read)
    if shared.is_reading:
        _wait_for_next(shared)
    return found


@st.fragment(run_every=LOOK_AGAIN_S)
def _wait_for_next(shared: Shared[Any]) -> None:
    st.caption("A newer reading is under way.")
    if not shared.is_reading:
        st.rerun()


def _shared(config: Config, *name: str) -> Shared[Any]:
    """A reading by its name, for the store and the configuration's file as they are now."""
    file = Path(os.environ[CONFIG_VARIABLE]).stat()
    return _kept(config.store.url, file.st_mtime_ns, file.st_size, name)


@st.cache_resource(max_entries=500, show_spinner=False)
def _kept(url: str, changed_ns: int, size: int, name: tuple[str, ...]) -> Shared[Any]:
    return Shared()
