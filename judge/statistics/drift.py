"""Has a rate moved away from its reference? Shiryaev-Roberts and CUSUM, one step a pair or a batch. Pure.

Both watch likelihood ratios of a mixture of rates around the reference. Shiryaev-Roberts (R <- (1 + R) x ratio) raises
a false alarm every `threshold` pairs on average at most (Pollak 1987), CUSUM (R <- max(1, R) x ratio) more rarely and
later (Shin, Ramdas and Rinaldo 2024, e-detectors). On an alarm close the epoch and start the evidence anew.
"""

from enum import StrEnum

import msgspec
import numpy as np

from judge.statistics.components import Floats

FACTORS = (0.5, 0.7, 1.3, 1.6, 2.0, 3.0)
"""Multiples of the reference rate that are looked for."""


class Rule(StrEnum):
    """Shiryaev-Roberts is the quicker, CUSUM the rarer to alarm."""

    SHIRYAEV_ROBERTS = "shiryaev_roberts"
    CUSUM = "cusum"


THRESHOLD = {Rule.SHIRYAEV_ROBERTS: 100_000.0, Rule.CUSUM: 10_000.0}


class Drift(msgspec.Struct, frozen=True):
    """A detector after some pairs: log statistics, one for each rate looked for. Begin with `watch`."""

    reference: float
    rule: Rule
    threshold: float
    pairs: int
    log_r: tuple[float, ...]

    @property
    def level(self) -> float:
        """The log of the detector's statistic: the mean over the rates looked for."""
        return float(np.logaddexp.reduce(self.log_r) - np.log(len(self.log_r)))

    @property
    def alarm(self) -> bool:
        """True once the statistic has reached the threshold; `after` keeps it so."""
        return self.level >= float(np.log(self.threshold))

    def after(self, defects: int, pairs: int) -> "Drift":
        """The detector after a batch in arrival order, of which `defects` were defects, taken as one step.

        A batch as one step delays an alarm by a batch at most and never makes it come sooner. Raises ValueError unless
        0 <= defects <= pairs. A detector that has raised its alarm stays as it is.
        """
        if not 0 <= defects <= pairs:
            raise ValueError("counts must satisfy 0 <= defects <= pairs")
        if self.alarm or not pairs:
            return self
        rates = looked_for(self.reference)
        ratios = defects * np.log(rates / self.reference) + (pairs - defects) * np.log(
            (1 - rates) / (1 - self.reference)
        )
        before = np.asarray(self.log_r)
        grown = np.logaddexp(0.0, before) if self.rule is Rule.SHIRYAEV_ROBERTS else np.maximum(0.0, before)
        return msgspec.structs.replace(self, pairs=self.pairs + pairs, log_r=tuple((grown + ratios).tolist()))


def watch(reference: float, rule: Rule = Rule.SHIRYAEV_ROBERTS, threshold: float | None = None) -> Drift:
    """A fresh detector; `reference` is a frozen rate strictly between 0 and 1 (ValueError otherwise)."""
    if not 0 < reference < 1:
        raise ValueError("a reference rate lies between 0 and 1")
    begin = -np.inf if rule is Rule.SHIRYAEV_ROBERTS else 0.0
    return Drift(reference, rule, threshold or THRESHOLD[rule], 0, (float(begin),) * len(looked_for(reference)))


def looked_for(reference: float) -> Floats:
    """The rates that a detector looks for, all below 1."""
    return np.minimum(reference * np.array(FACTORS), (1 + reference) / 2)
