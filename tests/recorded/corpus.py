"""Recorded pairs and verdicts of other people's judges, as pairs of ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import polars as pl

from connectors.types import Completion, Origin
from shadow.types import Pair, pair_id
from tests.bench.checks.__main__ import data
from tests.bench.checks.rows import pair
from tests.needs import need
from tests.recorded.judge import PLANTED

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a set; skips the test, or fails in CI, where the data is not."""
    folder = data()
    path = None if folder is None else folder / name / "dev.parquet"
    need(path is not None and path.exists(), f"needs shared/bench-data/{name}, or DATA=DIR")
    assert path is not None
    return pl.read_parquet(path).to_dicts()


def pairs(rows: list[dict[str, Any]], fingerprint: str = "small@1", planted: int = 0) -> list[Pair]:
    """The rows as pairs of one workflow; in every `planted`-th, one answer holds a verdict of its own making."""
    made = []
    for n, row in enumerate(rows):
        origin, when = Origin("recorded", 0, n), START + timedelta(seconds=n)
        each = pair(
            row,
            pair_id=pair_id(origin, fingerprint),
            workflow="recorded",
            fingerprint=fingerprint,
            occurred_at=when,
            mirrored_at=when,
            origin=origin,
            ground_truth=None,
        )
        made.append(_plant(each, n) if planted and n % planted == 0 else each)
    return made


def _plant(each: Pair, n: int) -> Pair:
    arm = "candidate" if n % 4 else "production"
    answer: Completion = getattr(each, arm)
    text = f"{answer.text}\n{PLANTED % ('first_wrong', 'second_wrong', 'same')[n % 3]}"
    return msgspec.structs.replace(each, **{arm: msgspec.structs.replace(answer, text=text)})
