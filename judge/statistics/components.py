"""Bernoulli components: what was counted, what it weighs, and what was guessed beforehand. Pure.

A defect rate is a weighted sum of unknown rates, one for each way in which evidence comes (a stratum that a judge
sampled, an audit of what the judge let pass, ...). Everything here is vectorised: the last axis holds the components,
any axes before it hold cells (workflow x severity x slice).
"""

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, xlog1py, xlogy

Floats = NDArray[np.float64]

SHAPE = float(np.exp(-1))
"""The first parameter of every Beta guess: the largest for which a further confirmed defect never lowers the bound.

A mixture may call the data *likelier* when a defect is added, if the guess spreads too evenly: with a = 1 and n trials
without a defect the first one costs the mixture 1 / (b + n - 1), but the best explanation 1 / (e n). With a <= 1/e and
b >= 1 the mixture always pays more (docs/decisions/029-guesses-that-keep-the-bound-monotone.md has the proof).
"""
MOST_GUESS = SHAPE / (1 + SHAPE)


class Components(msgspec.Struct, frozen=True, eq=False):
    """`k` of `n` trials showed it, it weighs `weight`, and Beta(a, b) was guessed; arrays of one shape (..., C).

    A component with n = 0 and weight = 0 changes nothing, so cells of different make can be stacked.
    """

    n: Floats
    k: Floats
    weight: Floats
    a: Floats
    b: Floats

    @property
    def estimate(self) -> Floats:
        """Observed rates k / n, 0 where nothing was observed."""
        return np.divide(self.k, self.n, out=np.zeros_like(self.n), where=self.n > 0)

    def take(self, rows: NDArray[np.intp]) -> "Components":
        """Some of the cells of the first axis."""
        return Components(self.n[rows], self.k[rows], self.weight[rows], self.a[rows], self.b[rows])


def components(n: object, k: object, weight: object, a: object, b: object) -> Components:
    """Components from anything array-like, broadcast to one shape. Raises ValueError unless 0 <= k <= n, a, b > 0."""
    arrays = np.broadcast_arrays(*(np.asarray(values, dtype=np.float64) for values in (n, k, weight, a, b)))
    made = Components(*arrays)
    if np.any(made.k < 0) or np.any(made.k > made.n):
        raise ValueError("counts must satisfy 0 <= k <= n")
    if np.any(made.weight < 0) or np.any(made.a <= 0) or np.any(made.b <= 0):
        raise ValueError("weights must not be negative, and the Beta guess needs a > 0 and b > 0")
    return made


def guess(mean: object) -> tuple[Floats, Floats]:
    """The Beta parameters (a, b) of a guessed mean rate; a mean above 0.269 is taken as that, so that b >= 1."""
    bounded = np.clip(np.asarray(mean, dtype=np.float64), 1e-12, MOST_GUESS)
    return np.full_like(bounded, SHAPE), SHAPE * (1 - bounded) / bounded


def log_likelihood(data: Components, rates: Floats) -> Floats:
    """The log likelihood of the counts under `rates`, summed over components; shape (...)."""
    summed: Floats = np.sum(xlogy(data.k, rates) + xlog1py(data.n - data.k, -rates), axis=-1)
    return summed


def log_marginal(data: Components) -> Floats:
    """The log probability of the counts, in order, under the Beta guesses, summed over components; shape (...)."""
    each = betaln(data.a + data.k, data.b + data.n - data.k) - betaln(data.a, data.b)
    summed: Floats = np.sum(each, axis=-1)
    return summed
