"""Paired margins: tables of cases, coverage at the margin, and agreement of bounds and evidence."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.statistics.paired import Paired, log_e_below, paired

NEEDED = math.log(20)
counts = st.integers(0, 2_000)


@settings(max_examples=80, deadline=None)
@given(counts, counts, counts, st.sampled_from([-0.02, 0.0, 0.02, 0.1]))
def test_bounds_and_evidence_agree(worse: int, better: int, same: int, margin: float) -> None:
    found = paired(worse, better, same, margin=margin)
    if abs(found.log_e_within - NEEDED) > 1e-6:
        assert (found.upper < margin) == (found.log_e_within > NEEDED)
    if abs(found.log_e_beyond - NEEDED) > 1e-6:
        assert (found.lower > margin) == (found.log_e_beyond > NEEDED)
    assert found.lower <= found.upper


def test_nothing_seen_bounds_nothing() -> None:
    found = paired(0, 0, 0, margin=0.02)
    assert np.isnan(found.estimate)
    assert (found.lower, found.upper) == pytest.approx((-1.0, 1.0))
    assert found.log_e_within == found.log_e_beyond == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("worse", "better", "same", "within", "beyond"),
    [
        (10, 40, 950, True, False),
        (0, 0, 2_000, True, False),
        (100, 20, 200, False, True),
        (20, 20, 300, False, False),
        (5, 5, 90, False, False),
    ],
)
def test_two_points(worse: int, better: int, same: int, within: bool, beyond: bool) -> None:
    found = paired(worse, better, same, margin=0.02)
    assert (found.log_e_within > NEEDED, found.log_e_beyond > NEEDED) == (within, beyond)


def test_a_repair_weighs_as_much_as_a_regression() -> None:
    one, other = paired(30, 10, 200, margin=0.02), paired(10, 30, 200, margin=-0.02)
    assert one.log_e_within == pytest.approx(other.log_e_beyond)
    assert one.upper == pytest.approx(-other.lower, abs=1e-9)


def test_vectorised_equals_scalar() -> None:
    rng = np.random.default_rng(2)
    table = rng.integers(0, 300, (3, 20))
    together = paired(*table, margin=0.02)
    for at, column in enumerate(table.T):
        alone = paired(*column, margin=0.02)
        for name in Paired._fields:
            np.testing.assert_allclose(getattr(alone, name), getattr(together, name)[at], atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("wrong", [(-1, 0, 0, 0.02), (1, 1, 1, 1.0)])
def test_impossible_figures_are_refused(wrong: tuple[int, int, int, float]) -> None:
    with pytest.raises(ValueError, match=r"negative|margin"):
        paired(*wrong[:3], margin=wrong[3])


@pytest.mark.parametrize("shares", [(0.06, 0.04, 0.9), (0.02, 0.0, 0.98), (0.2, 0.18, 0.62)])
def test_at_the_margin_within_is_said_rarely_however_often_one_looks(shares: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(19)
    seen = np.cumsum(rng.multinomial(25, shares, (600, 120)), axis=1).astype(float)
    plus, minus, zero = (seen[:, :, at] for at in range(3))
    ever = (log_e_below(plus, minus, zero, np.full(plus.shape, 0.02)) > NEEDED).any(axis=1)
    assert ever.mean() <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)
