"""How much is mirrored while the mirror is behind, and that the sample stays fair."""

from datetime import UTC, datetime

import pytest

from connectors.interaction import encode
from connectors.types import Origin, Record
from shadow.config import Workflow
from shadow.intake import Admitted, Skipped, admit_all
from shadow.shedding import LEAST, Shedding
from tests.e2e.traffic import interaction


@pytest.mark.parametrize(
    ("above", "lags", "keep"),
    [
        (None, [10**9], 1.0),
        (100, [], 1.0),
        (100, [100], 1.0),
        (100, [101], 0.5),
        (100, [101, 500], 0.25),
        (100, [500, 400, 300], 0.5),  # it shrinks: no need for more
        (100, [101, 99], 0.5),  # between half the bound and the bound nothing changes
        (100, [101, 50], 0.5),
        (100, [101, 49], 1.0),
        (100, [500, 500, 49], 0.5),
        (100, [500] * 50, LEAST),
        (100, [500] * 50 + [0] * 6, 1.0),
        (100, [0] * 9, 1.0),
    ],
)
def test_the_share_follows_the_lag(above: int | None, lags: list[int], keep: float) -> None:
    shedding = Shedding(above)
    for lag in lags:
        shedding.look(lag)
    assert shedding.keep == keep
    assert bool(shedding.sentence) == (keep < 1.0)


def test_a_change_is_told_once() -> None:
    shedding = Shedding(100)
    assert [shedding.look(lag) for lag in (0, 200, 80, 10, 0)] == [False, True, False, True, False]


@pytest.mark.parametrize(("sample", "keep"), [(1.0, 1.0), (1.0, 0.25), (0.5, 0.25), (0.5, 1.0)])
def test_every_row_carries_the_chance_in_force_and_the_sample_has_that_size(sample: float, keep: float) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    workflows = {"triage": Workflow(candidates=["small"], sample=sample)}
    records = [Record(Origin("t", 0, n), encode(interaction(n))) for n in range(2_000)]
    fates = admit_all(records, workflows, now, keep)
    assert {fate.inclusion_probability for fate in fates if isinstance(fate, Admitted | Skipped)} == {sample * keep}
    admitted = sum(isinstance(fate, Admitted) for fate in fates)
    assert admitted / len(fates) == pytest.approx(sample * keep, abs=0.04)
    reasons = {fate.reason for fate in fates if isinstance(fate, Skipped)}
    assert reasons == {name for name, there in (("sampled_out", sample < 1), ("shed", keep < 1)) if there}
