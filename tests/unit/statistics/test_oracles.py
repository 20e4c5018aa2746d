"""Against what others wrote: ville (BSD-3) for Bernoulli mixtures and e-BH, and the paper's own figures for kappa."""

import numpy as np
import pytest
import ville
from ville import evalues

from judge.statistics.agreement import cohen_kappa
from judge.statistics.components import components
from judge.statistics.mixture import interval, log_e
from judge.statistics.rate import bounds, trials
from judge.statistics.slices import benjamini_hochberg, e_bh
from judge.statistics.worst_case import Side

GRID = np.arange(1, 301)


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.3, 1.0])
@pytest.mark.parametrize("limit", [None, 0.02])
def test_bounds_of_a_rate_at_every_look(rate: float, limit: float | None) -> None:
    x = (np.random.default_rng(7).random(GRID.size) < rate).astype(float)
    k = np.cumsum(x)
    guess = trials(0, 0, limit)
    theirs = ville.BernoulliCS(alpha=0.05, prior=(float(guess.a[0]), float(guess.b[0])), intersect=False).update(x)
    ours = bounds(k, GRID, limit=limit)
    np.testing.assert_allclose(ours.upper, theirs.upper_, atol=1e-7)
    np.testing.assert_allclose(ours.lower, theirs.lower_, atol=1e-7)


def test_evidence_against_a_rate_at_every_look() -> None:
    x = (np.random.default_rng(3).random(GRID.size) < 0.01).astype(float)
    k = np.cumsum(x)
    data = components(GRID[:, None], k[:, None], 1.0, 0.4, 8.0)
    theirs = ville.BernoulliTest(0.05, prior=(0.4, 8.0)).update(x).log_e_values_
    below = k / GRID < 0.05
    np.testing.assert_allclose(log_e(data, np.array(0.05), Side.PROMOTE)[below], theirs[below], atol=1e-7)
    np.testing.assert_allclose(log_e(data, np.array(0.05), Side.REJECT)[~below], theirs[~below], atol=1e-7)


def test_e_bh_and_bh() -> None:
    rng = np.random.default_rng(11)
    for size in (1, 2, 7, 60):
        for _ in range(40):
            log_values = rng.normal(1.0, 3.0, size)
            assert e_bh(log_values).tolist() == evalues.ebh(np.exp(log_values)).tolist()
            p_values = rng.random(size) ** 4
            assert benjamini_hochberg(p_values).tolist() == evalues.bh(p_values).tolist()
    assert e_bh([]).tolist() == []


@pytest.mark.parametrize(
    ("table", "kappa", "error"),
    [
        # The example of Fleiss, Cohen and Everitt (1969): kappa 0.429, variance 0.00288.
        ([[106, 10, 4], [22, 28, 10], [2, 12, 6]], 0.4286, 0.0536),
        ([[50, 0], [0, 50]], 1.0, 0.0),
        ([[25, 25], [25, 25]], 0.0, 0.1),
    ],
)
def test_kappa(table: list[list[int]], kappa: float, error: float) -> None:
    found = cohen_kappa(table)
    assert found.kappa == pytest.approx(kappa, abs=5e-4)
    assert found.standard_error == pytest.approx(error, abs=5e-4)
    assert found.lower <= found.kappa <= found.upper


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[9, 0], [0, 0]]])
def test_no_kappa_without_two_categories(table: list[list[int]]) -> None:
    assert np.isnan(cohen_kappa(table).kappa)


def test_kappa_refuses_what_is_no_table() -> None:
    for table in ([[1, 2, 3]], [[1, -1], [0, 1]]):
        with pytest.raises(ValueError, match="square table"):
            cohen_kappa(table)


def test_kappa_covers() -> None:
    rng = np.random.default_rng(5)
    truth = np.array([[0.60, 0.08], [0.07, 0.25]])
    rows, columns = truth.sum(axis=1), truth.sum(axis=0)
    kappa = (truth.trace() - rows @ columns) / (1 - rows @ columns)
    covered = [
        found.lower <= kappa <= found.upper
        for found in (cohen_kappa(one.reshape(2, 2)) for one in rng.multinomial(300, truth.ravel(), 600))
    ]
    assert 0.92 <= np.mean(covered) <= 0.98


def test_interval_is_the_inversion() -> None:
    """Just inside a bound the evidence is below 1 / alpha, just outside above."""
    data = components([400.0, 80.0], [1.0, 5.0], [0.9, 0.1], 0.37, [40.0, 3.0])
    low, high = interval(data)
    for at, side in ((high, Side.PROMOTE), (low, Side.REJECT)):
        inside, outside = (
            float(at) * factor for factor in ((0.999, 1.001) if side is Side.PROMOTE else (1.001, 0.999))
        )
        assert log_e(data, np.array(inside), side) < np.log(20) < log_e(data, np.array(outside), side)
