"""Does the judge miss more here than in its calibration pool? A smoke alarm for the pooled mode (STATISTICS 4). Pure.

People audit disagreements that the judge let pass. If the judge misses a share q of the defects and a share mu of the
disagreements are defects, then P(defect | let pass) = mu q / (1 - mu (1 - q)). An e-process tests that the rate among
the audited is this at most. A quiet alarm proves nothing; only local mode is free of the assumption.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp, xlog1py, xlogy

from judge.statistics.components import Floats
from judge.statistics.mixture import ALPHA

FACTORS = np.array([1.25, 1.5, 2.0, 3.0, 4.0, 6.0])
"""How many times the implied rate the mixture looks for."""


class Guard(NamedTuple):
    """The rate that the pool implies among the audited, log evidence that it is exceeded, and whether that fired."""

    implied: Floats
    log_e: Floats
    fired: NDArray[np.bool_]


def guard(
    missed: ArrayLike, audited: ArrayLike, *, defect_rate: ArrayLike, miss_rate: ArrayLike, alpha: float = ALPHA
) -> Guard:
    """Whether `missed` of `audited` is more than a judge would miss that misses `miss_rate` of its defects.

    `defect_rate` is that of the audited stratum and `miss_rate` the pool's, times the slack that the mode allows. Both
    raise the implied rate: give upper bounds of them to be sure of few false alarms, likeliest values for an alarm
    sooner. Raises ValueError unless 0 <= missed <= audited.
    """
    z, a, mu, q = (np.asarray(one, dtype=np.float64) for one in (missed, audited, defect_rate, miss_rate))
    if np.any(z < 0) or np.any(z > a):
        raise ValueError("counts must satisfy 0 <= missed <= audited")
    mu, q = np.clip(mu, 0.0, 1.0), np.clip(q, 0.0, 1.0)
    implied = np.clip(mu * q / np.maximum(1 - mu * (1 - q), 1e-12), 1e-9, 1 - 1e-9)
    log_e = log_e_above(z, a, implied, FACTORS)
    return Guard(implied, log_e, log_e > np.log(1 / alpha))


def log_e_above(k: Floats, n: Floats, rate: Floats, factors: Floats) -> Floats:
    """The log evidence that a Bernoulli rate is above `rate`: likelihood ratios at multiples of it, mixed evenly.

    Each ratio is a supermartingale for any rate up to `rate` (Wald 1945; mixed as in Robbins 1970).
    """
    higher = np.minimum(rate[..., None] * factors, (1 + rate[..., None]) / 2)
    k, n, rate = k[..., None], n[..., None], rate[..., None]
    ratios = xlogy(k, higher / rate) + xlog1py(n - k, -higher) - xlog1py(n - k, -rate)
    mixed: Floats = logsumexp(ratios, axis=-1) - np.log(len(factors))
    return mixed
