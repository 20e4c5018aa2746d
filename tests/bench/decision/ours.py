"""The product's decision in a made-up world, many runs at once: its counts, evidence, plan and bounds, nothing else.

A look after every batch; the greedy plan says where each batch goes; traffic arrives as the plan needs pairs to judge.
"""

from typing import NamedTuple

import numpy as np

from judge.statistics.allocation import START, START_OTHER, plan
from judge.statistics.cell import Mode
from judge.statistics.counts import Counts, guesses
from judge.statistics.defect_rate import highest, lowest, promote, reject
from judge.statistics.layout import lay_out
from judge.statistics.worst_case import Side
from tests.bench.decision.world import STRATA, World

ALPHA = 0.05
ARRIVALS = 100
BATCH, GROWTH = 10, 0.02
FIELDS = ("pairs", "judged", "confirmed", "pending", "audited", "missed")
BEGIN = np.array([START.get(name, START_OTHER) for name in STRATA])


class Ended(NamedTuple):
    """How each run ended, arrays of (runs,): `outcome` 1 promoted, -1 rejected, 0 undecided at the cap.

    `uncovered` says that a bound excluded the true rate of the observed mix at some look, `off_traffic` that of all
    traffic (only where bounds were asked for).
    """

    outcome: np.ndarray
    calls: np.ndarray
    looks: np.ndarray
    pairs: np.ndarray
    uncovered: np.ndarray
    off_traffic: np.ndarray

    @property
    def promoted(self) -> float:
        """Share of the runs."""
        return float(np.mean(self.outcome > 0))

    @property
    def rejected(self) -> float:
        """Share of the runs."""
        return float(np.mean(self.outcome < 0))


class Setting(NamedTuple):
    """How the product is set: the mode, the judge's slack, the size of its pool, the budget, when a run gives up."""

    mode: Mode = Mode.CLEAN
    slack: float = 1.0
    pool: int = 200
    budget: float = 0.02
    cap: int = 20_000
    bounds: bool = False


def run(world: World, setting: Setting, runs: int, seed: int) -> Ended:
    """Every run to its decision or to the cap."""
    rng = np.random.default_rng(seed)
    samples = {name: np.zeros((runs, 2)) for name in FIELDS}
    hard, flagged = np.zeros(runs), np.zeros((runs, 2))
    pool = _pool(world, setting.pool, runs, rng)
    ended = Ended(*(np.zeros(runs) for _ in range(4)), np.zeros(runs, dtype=bool), np.zeros(runs, dtype=bool))
    active = np.arange(runs)
    _arrive(world, rng, active, hard, samples, np.full(runs, 2 * ARRIVALS))
    guessed = _guessed(samples["pairs"])
    while active.size:
        counts = _counts(setting, active, hard, samples, pool, guessed)
        up, down = lay_out(counts, Side.PROMOTE), lay_out(counts, Side.REJECT)
        above, below = promote(up), reject(down)
        if setting.bounds:
            low, high = lowest(down, ALPHA), highest(up, ALPHA)
            observed = up.share + (counts.samples["pairs"] * world.defects).sum(axis=-1) / counts.checked
            ended.uncovered[active] |= (low > observed) | (high < observed)
            ended.off_traffic[active] |= (low > world.rate) | (high < world.rate)
        calls = samples["judged"][active].sum(axis=-1)
        ended.calls[active] = calls
        ended.looks[active] = flagged[active].sum(axis=-1) + samples["audited"][active].sum(axis=-1)
        ended.pairs[active] = counts.checked
        needed = np.log(1 / ALPHA)
        outcome = np.where(below.log_e > needed, -1, np.where(above.log_e > needed, 1, 0))
        ended.outcome[active] = outcome
        shares = plan(counts, up, down, above, below, np.tile(BEGIN, (active.size, 1))).shares
        stay = (outcome == 0) & (calls + samples["audited"][active].sum(axis=-1) < setting.cap)
        if setting.bounds:
            stay = calls < setting.cap
        active, shares, calls = active[stay], shares[stay], calls[stay]
        if active.size:
            _sample(world, rng, active, hard, samples, flagged, shares, np.maximum(BATCH, GROWTH * calls).astype(int))
    return ended


def _sample(
    world: World,
    rng: np.random.Generator,
    active: np.ndarray,
    hard: np.ndarray,
    samples: dict[str, np.ndarray],
    flagged: np.ndarray,
    shares: np.ndarray,
    size: np.ndarray,
) -> None:
    """One batch of the plan: judge pairs, confirm what is flagged, audit what was let pass."""
    drawn = rng.multinomial(size, shares / shares.sum(axis=-1, keepdims=True))
    judge, audit = drawn[:, :2], drawn[:, 2:]
    passed = samples["judged"][active] - flagged[active] - samples["audited"][active]
    looked = np.minimum(audit, passed).astype(int)
    judge = judge + audit - looked
    samples["judged"][active] += judge
    found = rng.binomial(judge, np.broadcast_to(world.flagged, judge.shape))
    flagged[active] += found
    samples["confirmed"][active] += rng.binomial(found, np.broadcast_to(np.minimum(world.confirmed, 1), found.shape))
    samples["audited"][active] += looked
    samples["missed"][active] += rng.binomial(looked, np.broadcast_to(world.missed, looked.shape))
    short = active
    while short.size:
        lacking = np.any(samples["judged"][short] > samples["pairs"][short], axis=-1)
        short = short[lacking]
        _arrive(world, rng, short, hard, samples, np.full(short.size, ARRIVALS))


def _arrive(
    world: World,
    rng: np.random.Generator,
    rows: np.ndarray,
    hard: np.ndarray,
    samples: dict[str, np.ndarray],
    number: np.ndarray,
) -> None:
    arrived = rng.multinomial(number, world.mix)
    hard[rows] += arrived[:, 0]
    samples["pairs"][rows] += arrived[:, 1:]


def _guessed(first: np.ndarray) -> np.ndarray:
    """The guesses of each run, made for the mix of the pairs that came first; (2, runs, S)."""
    mixes = first / first.sum(axis=-1, keepdims=True)
    made = [guesses(dict(zip(STRATA, mix.tolist(), strict=True))) for mix in mixes]
    return np.array(made).transpose(2, 0, 1)


def _pool(world: World, size: int, runs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    half = size // 2
    miss = 1 - world.sensitivity
    return {
        "defects": np.full(runs, float(size - half)),
        "missed": rng.binomial(size - half, miss, runs).astype(float),
        "prior_defects": np.full(runs, float(half)),
        "prior_missed": rng.binomial(half, miss, runs).astype(float),
    }


def _counts(
    setting: Setting,
    rows: np.ndarray,
    hard: np.ndarray,
    samples: dict[str, np.ndarray],
    pool: dict[str, np.ndarray],
    guessed: np.ndarray,
) -> Counts:
    here = {name: values[rows] for name, values in samples.items()}
    number = rows.size
    return Counts(
        modes=np.full(number, str(setting.mode)),
        budget=np.full(number, setting.budget),
        checked=hard[rows] + here["pairs"].sum(axis=-1),
        settled=hard[rows],
        slack=np.full(number, setting.slack),
        samples=here,
        pool={name: values[rows] for name, values in pool.items()},
        guesses=guessed[:, rows],
    )
