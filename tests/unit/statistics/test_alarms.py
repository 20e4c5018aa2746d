"""Guard, position bias, slices and drift: what raises them, what does not, and how often for nothing."""

import math

import numpy as np
import pytest

from judge.statistics.drift import Drift, Rule, watch
from judge.statistics.guard import guard
from judge.statistics.position import position_bias
from judge.statistics.slices import bad_slices

NEEDED = math.log(20)


def test_the_guard_fires_on_a_judge_that_misses_more() -> None:
    implied = guard(0, 0, defect_rate=0.18, miss_rate=0.1)
    assert implied.implied == pytest.approx(0.18 * 0.1 / (1 - 0.18 * 0.9))
    assert implied.log_e == pytest.approx(0.0)
    assert not implied.fired
    assert not guard(6, 300, defect_rate=0.18, miss_rate=0.1).fired
    assert guard(30, 300, defect_rate=0.18, miss_rate=0.1).fired


def test_the_guard_is_rarely_false_and_often_right() -> None:
    rng = np.random.default_rng(4)
    looks = np.arange(10, 301, 10)

    def fired(sensitivity: float) -> float:
        missed = 0.18 * (1 - sensitivity) / (1 - 0.18 * sensitivity)
        seen = np.cumsum(rng.binomial(10, missed, (400, looks.size)), axis=1)
        return float(guard(seen, looks, defect_rate=0.18, miss_rate=0.1).fired.any(axis=1).mean())

    assert fired(0.9) <= 0.05
    assert fired(0.7) >= 0.7
    assert fired(0.5) >= 0.95


@pytest.mark.parametrize(("first", "flips", "alarm"), [(0, 0, False), (6, 12, False), (15, 16, True), (1, 16, True)])
def test_position_bias(first: int, flips: int, alarm: bool) -> None:
    found = position_bias(first, flips)
    assert bool(found.alarm) is alarm


def test_position_bias_is_the_uniform_mixture() -> None:
    """E of x out of m is 2^m x! (m - x)! / (m + 1)!."""
    expected = 2**10 * math.factorial(3) * math.factorial(7) / math.factorial(11)
    assert np.exp(position_bias(3, 10).log_e) == pytest.approx(expected)


def test_bad_slices_are_found_and_good_ones_left_alone() -> None:
    rng = np.random.default_rng(8)
    rates = np.where(np.arange(60) < 6, 0.06, 0.02)
    false, found = [], []
    for _ in range(60):
        seen = np.cumsum(rng.binomial(75, rates, (20, 60)), axis=0)
        ever = np.any(
            [bad_slices(k, np.full(60, 75 * (at + 1)), base=0.02).confirmed for at, k in enumerate(seen)], axis=0
        )
        false.append(ever[6:].sum() / max(1, ever.sum()))
        found.append(ever[:6].mean())
    assert np.mean(false) <= 0.05
    assert np.mean(found) >= 0.9


def test_a_small_slice_is_suspected_before_it_is_confirmed() -> None:
    found = bad_slices([6, 0], [40, 40], base=0.02)
    assert found.suspected.tolist() == [True, False]
    assert not bad_slices([0, 0], [0, 0], base=0.02).suspected.any()
    assert not bad_slices([0, 0], [0, 0], base=0.02).confirmed.any()


def test_drift_is_noticed_and_stability_is_not() -> None:
    rng = np.random.default_rng(6)

    def alarmed_after(rate: float, batches: int) -> int | None:
        detector = watch(0.1)
        for _ in range(batches):
            detector = detector.after(int(rng.binomial(10, rate)), 10)
            if detector.alarm:
                return detector.pairs
        return None

    assert sum(alarmed_after(0.1, 300) is not None for _ in range(60)) <= 6
    doubled = [alarmed_after(0.2, 300) for _ in range(30)]
    assert None not in doubled
    assert 100 <= np.median([n for n in doubled if n]) <= 300
    assert alarmed_after(0.02, 300) is not None


def test_shiryaev_roberts_sums_over_all_starts() -> None:
    """R after n pairs is the sum over starts of the likelihood ratios since, for each rate looked for."""
    x = [1, 0, 0, 1, 1]
    detector = watch(0.1)
    for one in x:
        detector = detector.after(one, 1)
    rates = np.array([0.05, 0.07, 0.13, 0.16, 0.2, 0.3])
    ratios = np.where(np.array(x)[:, None] == 1, rates / 0.1, (1 - rates) / 0.9)
    by_hand = sum(np.prod(ratios[start:], axis=0) for start in range(len(x)))
    assert detector.level == pytest.approx(math.log(np.mean(by_hand)))


def test_an_alarm_stays_and_an_empty_batch_changes_nothing() -> None:
    alarmed = watch(0.1, Rule.CUSUM).after(90, 100)
    assert alarmed.alarm
    assert alarmed.after(0, 10_000) == alarmed
    fresh = watch(0.1)
    assert fresh.after(0, 0) == fresh
    assert not fresh.alarm


@pytest.mark.parametrize("reference", [0.0, 1.0])
def test_a_reference_must_leave_room(reference: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        watch(reference)


def test_impossible_counts_are_refused() -> None:
    for refused in (
        lambda: guard(3, 2, defect_rate=0.1, miss_rate=0.1),
        lambda: position_bias(3, 2),
        lambda: bad_slices([3], [2], base=0.02),
        lambda: watch(0.1).after(3, 2),
    ):
        with pytest.raises(ValueError, match="counts must satisfy"):
            refused()


def test_detectors_are_records() -> None:
    assert isinstance(watch(0.1), Drift)
    assert watch(0.1) == watch(0.1)
