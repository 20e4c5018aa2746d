"""What others do in the same worlds: intervals of one look, looked at after every batch, and fixed designs.

All sample pairs uniformly and know the truth of each, except `disagreements_only`, which takes raw verdicts.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import betaincinv

from tests.bench.decision.ours import ALPHA, BATCH, GROWTH, Ended
from tests.bench.decision.world import World

Z = 1.6448536269514722
"""One-sided 95 %."""
FIRST = 30
LOOKS = 20
Bounds = tuple[np.ndarray, np.ndarray]


def wilson(k: np.ndarray, n: np.ndarray) -> Bounds:
    """Wilson's interval."""
    middle, spread = k + Z * Z / 2, Z * np.sqrt(k * (n - k) / n + Z * Z / 4)
    return (middle - spread) / (n + Z * Z), (middle + spread) / (n + Z * Z)


def wald(k: np.ndarray, n: np.ndarray) -> Bounds:
    """Wald's interval, taken seriously once a defect was seen: before, its width is zero."""
    spread = Z * np.sqrt(k * (n - k) / n**3)
    return np.where(k > 0, k / n - spread, 0.0), np.where(k > 0, k / n + spread, 1.0)


def peeked(world: World, interval: Callable[..., Bounds], budget: float, cap: int, runs: int, seed: int) -> Ended:
    """Uniform sampling; decides at the first look at which the interval leaves the budget to one side."""
    return _until(world.rate, 1.0, 0.0, interval, budget, cap, runs, seed)


def disagreements_only(world: World, budget: float, cap: int, runs: int, seed: int) -> Ended:
    """Judges disagreements only, believes the judge, looks at Wilson's interval after every batch."""
    hard, _, weight = world.mix
    return _until(float(world.flagged[1]), float(weight), float(hard), wilson, budget, cap, runs, seed)


def _until(
    rate: float,
    weight: float,
    known: float,
    interval: Callable[..., Bounds],
    budget: float,
    cap: int,
    runs: int,
    seed: int,
) -> Ended:
    rng = np.random.default_rng(seed)
    k, calls, outcome = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    n, batch = 0, FIRST
    open_runs = np.ones(runs, dtype=bool)
    while n < cap and open_runs.any():
        n += batch
        k += rng.binomial(batch, rate, runs)
        low, high = interval(k, np.float64(n))
        said = np.where(known + weight * high < budget, 1, np.where(known + weight * low > budget, -1, 0))
        outcome = np.where(open_runs, said, outcome)
        calls[open_runs] = n
        open_runs &= said == 0
        batch = max(BATCH, int(GROWTH * n))
    return Ended(outcome, calls, np.zeros(runs), calls / weight, *np.zeros((2, runs), dtype=bool))


def clopper_pearson(world: World, budget: float, cap: int, runs: int, seed: int) -> Ended:
    """Uniform sampling, exact bounds at 20 planned looks from 100 pairs to the cap, each at alpha / 20 (Bonferroni).

    Each flag is confirmed by a person; with an imperfect judge the upper bound is divided by the lower 95 % bound of
    its sensitivity on 200 defects, for which the looks give up half of alpha.
    """
    rng = np.random.default_rng(seed)
    sizes = np.unique(np.geomspace(100, cap, LOOKS).astype(int))
    perfect = world.sensitivity == 1
    part = ALPHA / sizes.size / (1 if perfect else 2)
    hits = rng.binomial(200, world.sensitivity, runs)
    known = 1.0 if perfect else np.where(hits > 0, betaincinv(np.maximum(hits, 1), 201 - hits, ALPHA / 2), 0.0)
    found = world.rate * (world.hard_share + (1 - world.hard_share) * world.sensitivity)
    false_alarms = (1 - world.rate) * (1 - world.specificity)
    k, looks, calls, outcome = (np.zeros(runs) for _ in range(4))
    open_runs, n = np.ones(runs, dtype=bool), 0
    for size in sizes:
        k += rng.binomial(size - n, found, runs)
        n = size
        high = betaincinv(k + 1, n - k, 1 - part) / np.maximum(known, 1e-9)
        low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, part), 0.0)
        said = np.where(high < budget, 1, np.where(low > budget, -1, 0))
        outcome = np.where(open_runs, said, outcome)
        calls[open_runs] = n
        looks[open_runs] = (k + rng.binomial(n, false_alarms, runs))[open_runs]
        open_runs &= said == 0
    return Ended(outcome, calls, looks, calls, *np.zeros((2, runs), dtype=bool))
