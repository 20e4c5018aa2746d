"""Exact bounds: against scipy's own, and against their promise."""

import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from judge.statistics.bounds import (
    ALPHA,
    Estimate,
    binomial,
    lower,
    quantile_ranks,
    upper,
)

CASES = [(0, 1), (0, 149), (1, 1), (3, 300), (17, 40), (299, 300), (300, 300)]


@pytest.mark.parametrize(("k", "n"), CASES)
def test_bounds_are_clopper_and_pearsons(k: int, n: int) -> None:
    assert upper(k, n) == pytest.approx(binomtest(k, n, alternative="less").proportion_ci(1 - ALPHA).high)
    assert lower(k, n) == pytest.approx(binomtest(k, n, alternative="greater").proportion_ci(1 - ALPHA).low)


def test_nothing_seen_bounds_nothing() -> None:
    assert binomial(0, 0) == Estimate(None, 0.0, 1.0)


@pytest.mark.parametrize(("budget", "pairs"), [(0.001, 2995), (0.02, 149), (0.05, 59)])
def test_the_fewest_pairs_that_hold_a_budget(budget: float, pairs: int) -> None:
    assert upper(0, pairs) < budget <= upper(0, pairs - 1)
    assert pairs == math.ceil(math.log(ALPHA) / math.log(1 - budget))


@pytest.mark.parametrize("n", [1, 12, 59, 200])
@pytest.mark.parametrize("rate", [0.001, 0.02, 0.3, 0.97])
def test_a_bound_is_wrong_no_more_often_than_alpha(n: int, rate: float) -> None:
    k = np.arange(n + 1)
    chance = binom.pmf(k, n, rate)
    too_low = np.array([upper(int(i), n) < rate for i in k])
    too_high = np.array([lower(int(i), n) > rate for i in k])
    assert chance[too_low].sum() <= ALPHA
    assert chance[too_high].sum() <= ALPHA


@pytest.mark.parametrize("n", [0, 1, 20, 58, 59, 93, 500])
def test_quantile_ranks_keep_their_promise_and_are_the_tightest(n: int) -> None:
    low, high = quantile_ranks(n, 0.95)

    def chance_below(rank: int) -> float:
        """The chance that the value at a rank lies below the quantile: that so many or more values do."""
        return float(binom.sf(rank - 1, n, 0.95))

    if high is None:
        assert n < 59
    else:
        assert chance_below(high) <= ALPHA < chance_below(high - 1)
    if low is None:
        assert 1 - chance_below(1) > ALPHA
    else:
        assert 1 - chance_below(low) <= ALPHA < 1 - chance_below(low + 1)
