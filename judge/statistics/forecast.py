"""How many more labels a decision takes: the rule simulated forward from what is believed now (STATISTICS 6). Pure.

An order of magnitude, to be made anew often: at 100 calls the truth was 0.9 of the median for candidates well below the
budget, 1.9 of it near the budget, and far below it for bad candidates; the 80 % band held 32-77 % of the time.
"""

import math

import msgspec
import numpy as np

from judge.statistics.allocation import plan
from judge.statistics.cell import Cell, Mode
from judge.statistics.components import Floats
from judge.statistics.counts import Counts, gather
from judge.statistics.defect_rate import promote, reject
from judge.statistics.layout import lay_out
from judge.statistics.mixture import ALPHA
from judge.statistics.worst_case import Side

DRAWS, CAP = 40, 20_000
BATCH, GROWTH = 20, 0.15


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """Further judge calls and audits until a decision: median and the 10-90 % band over draws that decide, and odds.

    Numbers are None when fewer than half of the draws decide before the cap. `promote` and `reject` are shares of the
    draws, the rest stays undecided. A forecast, not a promise: the bands are too narrow.
    """

    calls: int | None
    calls_low: int | None
    calls_high: int | None
    audits: int | None
    promote: float
    reject: float
    sentence: str


def forecast(cell: Cell, alpha: float = ALPHA, *, seed: int = 0, draws: int = DRAWS, cap: int = CAP) -> Forecast:
    """What the plan is likely to ask for from here on, at the present mix of strata; no more than `cap` labels.

    Rates are drawn from their Beta posteriors, the guesses included; labels pending now are taken as found no defect.
    """
    rng = np.random.default_rng(seed)
    counts = gather([cell] * draws)
    audited_before = counts.samples["audited"].sum(axis=-1)
    judged_before = counts.samples["judged"].sum(axis=-1)
    rates = _drawn(counts, rng)
    outcome, active = np.zeros(draws), np.arange(draws)
    samples = {name: values.copy() for name, values in counts.samples.items()}
    samples["pending"][:] = 0.0
    no_start = np.zeros_like(samples["judged"])
    decides = cell.mode is not Mode.PROVISIONAL and bool(np.any(samples["pairs"]))
    while decides and active.size:
        here = _rows(counts, samples, active)
        up, down = lay_out(here, Side.PROMOTE), lay_out(here, Side.REJECT)
        above, below = promote(up), reject(down)
        needed = math.log(1 / alpha)
        outcome[active] = np.where(below.log_e > needed, -1, np.where(above.log_e > needed, 1, 0))
        shares = plan(here, up, down, above, below, no_start[active]).shares
        spent = samples["judged"][active].sum(axis=-1) + samples["audited"][active].sum(axis=-1)
        spent -= judged_before[active] + audited_before[active]
        stay = (outcome[active] == 0) & (spent < cap)
        active, shares, spent = active[stay], shares[stay], spent[stay]
        _label(rng, samples, rates, active, shares, np.maximum(BATCH, GROWTH * spent).astype(int))
    calls = samples["judged"].sum(axis=-1) - judged_before
    audits = samples["audited"].sum(axis=-1) - audited_before
    return _told(outcome, calls, audits, cap, decides)


def _drawn(counts: Counts, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Confirmed and missed rates, (draws, S) each."""
    data = lay_out(counts, Side.PROMOTE).data
    drawn = rng.beta(data.a + data.k, data.b + data.n - data.k)
    width = counts.samples["judged"].shape[-1]
    return drawn[:, :width], drawn[:, width : 2 * width]


def _rows(counts: Counts, samples: dict[str, Floats], rows: np.ndarray) -> Counts:
    return msgspec.structs.replace(
        counts,
        modes=counts.modes[rows],
        budget=counts.budget[rows],
        checked=counts.checked[rows],
        settled=counts.settled[rows],
        slack=counts.slack[rows],
        samples={name: values[rows] for name, values in samples.items()},
        pool={name: values[rows] for name, values in counts.pool.items()},
        guesses=counts.guesses[:, rows],
    )


def _label(
    rng: np.random.Generator,
    samples: dict[str, Floats],
    rates: tuple[Floats, Floats],
    rows: np.ndarray,
    shares: Floats,
    size: np.ndarray,
) -> None:
    """One batch of the plan in each row."""
    drawn = rng.multinomial(size, shares / shares.sum(axis=-1, keepdims=True))
    width = rates[0].shape[-1]
    for number, trials, hits, rate in (
        (drawn[:, :width], "judged", "confirmed", rates[0]),
        (drawn[:, width:], "audited", "missed", rates[1]),
    ):
        samples[trials][rows] += number
        samples[hits][rows] += rng.binomial(number, rate[rows])


def _told(outcome: Floats, calls: Floats, audits: Floats, cap: int, possible: bool) -> Forecast:
    decided = outcome != 0
    if not possible:
        sentence = "no forecast: nothing to label decides it"
        return Forecast(
            calls=None, calls_low=None, calls_high=None, audits=None, promote=0.0, reject=0.0, sentence=sentence
        )
    shares = {"promote": float(np.mean(outcome > 0)), "reject": float(np.mean(outcome < 0))}
    if np.mean(decided) < 0.5:
        sentence = f"more than {about(cap)} more labels: too close to the budget to call"
        return Forecast(calls=None, calls_low=None, calls_high=None, audits=None, sentence=sentence, **shares)
    low, middle, high = (int(value) for value in np.percentile(calls[decided], [10, 50, 90]))
    looks = int(np.median(audits[decided]))
    sentence = f"about {about(middle)} more judge calls" + (f" and {about(looks)} more audits" if looks else "")
    return Forecast(calls=middle, calls_low=low, calls_high=high, audits=looks, sentence=sentence, **shares)


def about(number: float) -> str:
    """A count as an order of magnitude, to one digit: "300"; "4,000"."""
    if number < 10:
        return f"{max(0, round(number))}"
    unit = 10 ** math.floor(math.log10(number))
    return f"{round(number / unit) * unit:,}"
