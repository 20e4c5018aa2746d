"""Bounds on a rate and on a quantile: limits and decisions agree, and the promise holds at every look."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.statistics.rate import bounds, quantile_ranks


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3_000), st.data(), st.sampled_from([0.001, 0.02, 0.05, 0.5]))
def test_bounds_and_evidence_agree(n: int, data: st.DataObject, limit: float) -> None:
    k = data.draw(st.integers(0, n))
    found = bounds(k, n, limit=limit)
    needed = math.log(20)
    if abs(found.log_e_below - needed) > 1e-6:
        assert (found.upper < limit) == (found.log_e_below > needed)
    if abs(found.log_e_above - needed) > 1e-6:
        assert (found.lower > limit) == (found.log_e_above > needed)
    if k < n:
        assert bounds(k + 1, n, limit=limit).upper >= found.upper - 1e-9


def test_nothing_seen_bounds_nothing() -> None:
    found = bounds(0, 0, limit=0.02)
    assert np.isnan(found.estimate)
    assert (found.lower, found.upper, found.log_e_below, found.log_e_above) == (0.0, 1.0, 0.0, 0.0)


@pytest.mark.parametrize("n", [0, 1, 13, 59, 200, 1_000])
def test_a_limit_on_a_quantile_is_a_limit_on_a_rate(n: int) -> None:
    low, high = quantile_ranks(n, 0.95)
    ks = np.arange(n + 1)
    found = bounds(ks, n, limit=0.05)
    # k values lie above the limit: the value of rank r is within it exactly when r <= n - k.
    assert [high is not None and high <= n - k for k in ks] == (found.upper < 0.05).tolist()
    assert [low is not None and low > n - k for k in ks] == (found.lower > 0.05).tolist()


def test_a_quantile_is_bounded_at_every_look() -> None:
    rng = np.random.default_rng(10)
    truth, missed, runs = -math.log(0.05), 0, 300
    ranks = {n: quantile_ranks(n, 0.95) for n in range(25, 801, 25)}
    for _ in range(runs):
        values = rng.exponential(size=800)
        for n, (low, high) in ranks.items():
            seen = np.sort(values[:n])
            if (low and seen[low - 1] > truth) or (high and seen[high - 1] < truth):
                missed += 1
                break
    assert missed / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_vectorised_equals_scalar() -> None:
    k, n = np.array([0, 3, 10, 0]), np.array([0, 200, 300, 150])
    together = bounds(k, n, limit=0.02)
    for at in range(k.size):
        alone = bounds(k[at], n[at], limit=0.02)
        np.testing.assert_allclose([row[at] for row in together], list(alone), atol=1e-9, equal_nan=True)
