"""Exact bounds: against scipy's own, against their promise, and against what more evidence must do to them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from judge.statistics.bounds import (
    ALPHA,
    Accuracy,
    Estimate,
    Sampled,
    binomial,
    lower,
    quantile_ranks,
    share,
    stratified,
    upper,
)

CASES = [(0, 1), (0, 149), (1, 1), (3, 300), (17, 40), (299, 300), (300, 300)]
labels = st.integers(0, 400)


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


@pytest.mark.parametrize(
    ("settled", "pairs", "strata", "expected"),
    [
        (0, 0, [], Estimate(None, 0.0, 1.0)),
        (0, 149, [], Estimate(0.0, 0.0, upper(0, 149))),
        (50, 100, [], Estimate(0.5, lower(50, 100), upper(50, 100))),
        # A closed stratum costs nothing, an open one without labels may be all defects.
        (0, 200, [Sampled(0.0, 0, 0)], Estimate(0.0, 0.0, upper(0, 200))),
        (0, 200, [Sampled(0.25, 0, 0)], Estimate(None, 0.0, upper(0, 200, ALPHA / 2) + 0.25)),
        (
            2, 200, [Sampled(0.25, 100, 10), Sampled(0.5, 40, 0)],
            Estimate(
                0.01 + 0.25 * 0.1,
                lower(2, 200, ALPHA / 3) + 0.25 * lower(10, 100, ALPHA / 3),
                upper(2, 200, ALPHA / 3) + 0.25 * upper(10, 100, ALPHA / 3) + 0.5 * upper(0, 40, ALPHA / 3),
            ),
        ),
        # Undecided: a defect above, none below, and no part of the rate.
        (
            0, 100, [Sampled(1.0, 50, 5, undecided=10)],
            Estimate(5 / 40, lower(5, 50, ALPHA / 2), upper(0, 100, ALPHA / 2) + upper(15, 50, ALPHA / 2)),
        ),
        (0, 100, [Sampled(1.0, 50, 0, undecided=50)], Estimate(None, 0.0, 1.0)),
    ],
)  # fmt: skip
def test_stratified(settled: int, pairs: int, strata: list[Sampled], expected: Estimate) -> None:
    found = stratified(settled, pairs, strata)
    assert found.rate == (None if expected.rate is None else pytest.approx(expected.rate))
    assert (found.lower, found.upper) == pytest.approx((expected.lower, min(1.0, expected.upper)))


def test_verdicts_pay_for_the_judges_errors() -> None:
    strata, accuracy = [Sampled(1.0, 200, 20, judged=True)], Accuracy(hits=45, defects=50, passes=98, clean=100)
    part = ALPHA / 3
    found = stratified(0, 200, strata, accuracy)
    assert share(strata) == part
    assert found.upper == pytest.approx(upper(0, 200, part) + upper(20, 200, part) / lower(45, 50, part))
    specificity = lower(98, 100, part)
    assert found.lower == pytest.approx(max(0.0, (lower(20, 200, part) - (1 - specificity)) / specificity))


@pytest.mark.parametrize("accuracy", [None, Accuracy(), Accuracy(passes=100, clean=100)])
def test_verdicts_of_a_judge_that_never_found_a_defect_bound_nothing_from_above(accuracy: Accuracy | None) -> None:
    assert stratified(0, 10_000, [Sampled(1.0, 10_000, 0, judged=True)], accuracy).upper == 1.0


@given(st.integers(0, 200), st.floats(0, 1), labels, labels, labels, st.booleans())
def test_more_defects_never_lower_a_bound(
    settled: int, weight: float, n: int, k: int, undecided: int, judged: bool
) -> None:
    k = min(k, n)
    undecided = min(undecided, n - k)
    accuracy = Accuracy(40, 50, 90, 100)
    before = stratified(settled, 200, [Sampled(weight, n, k, undecided, judged)], accuracy)
    assert 0 <= before.lower <= before.upper <= 1
    if before.rate is not None and not judged and not undecided:
        assert before.lower - 1e-9 <= before.rate <= min(1.0, before.upper) + 1e-9 or before.rate > 1
    if k < n:
        after = stratified(settled, 200, [Sampled(weight, n, k + 1, min(undecided, n - k - 1), judged)], accuracy)
        assert after.upper >= before.upper - 1e-12
        assert after.lower >= before.lower - 1e-12
    if settled < 200:
        more = stratified(settled + 1, 200, [Sampled(weight, n, k, undecided, judged)], accuracy)
        assert more.upper >= before.upper - 1e-12
        assert more.lower >= before.lower - 1e-12


@given(labels, labels, st.integers(1, 50))
def test_clean_labels_never_raise_the_upper_bound(n: int, k: int, more: int) -> None:
    k = min(k, n)
    before, after = (stratified(1, 100, [Sampled(0.4, size, k)]) for size in (n, n + more))
    assert after.upper <= before.upper + 1e-12


def test_stratified_bounds_cover_a_mix_with_an_imperfect_judge() -> None:
    """3,000 runs, fixed seed: both bounds miss the true rate in at most 5 % of them (here far less)."""
    draw = np.random.default_rng(7)
    true_rates, weights, sensitivity, specificity = np.array([0.10, 0.01]), np.array([0.3, 0.6]), 0.85, 0.95
    missed = 0
    for _ in range(3000):
        accuracy = Accuracy(int(draw.binomial(60, sensitivity)), 60, int(draw.binomial(120, specificity)), 120)
        flagged = true_rates * sensitivity + (1 - true_rates) * (1 - specificity)
        strata = [
            Sampled(float(w), 150, int(draw.binomial(150, p)), judged=True)
            for w, p in zip(weights, flagged, strict=True)
        ]
        found = stratified(int(draw.binomial(500, 0.02)), 500, strata, accuracy)
        missed += not found.lower <= 0.02 + float(weights @ true_rates) <= found.upper
    assert missed <= 0.05 * 3000


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
