"""A made-up candidate and judge: what is true, and traffic and verdicts drawn from it."""

from typing import NamedTuple

import numpy as np

STRATA = ["agree", "disagree"]
HARD_SHARE = 0.1


class World(NamedTuple):
    """What is true: the defect `rate`, of which a tenth are hard fails; the share `disagree` of pairs that differ.

    `hidden` is the share of the other defects that lie among agreements. The judge finds a defect with probability
    `sensitivity` and passes a clean pair with probability `specificity`, in both strata alike.
    """

    rate: float
    disagree: float = 0.1
    hidden: float = 0.1
    sensitivity: float = 1.0
    specificity: float = 1.0
    hard_share: float = HARD_SHARE

    @property
    def mix(self) -> np.ndarray:
        """Shares of hard fails, agreements and disagreements."""
        hard = self.hard_share * self.rate
        return np.array([hard, 1 - hard - self.disagree, self.disagree])

    @property
    def defects(self) -> np.ndarray:
        """Defect rates among agreements and among disagreements."""
        open_defects = (1 - self.hard_share) * self.rate
        return open_defects * np.array([self.hidden, 1 - self.hidden]) / self.mix[1:]

    @property
    def flagged(self) -> np.ndarray:
        """How often the judge flags, by stratum."""
        return self.defects * self.sensitivity + (1 - self.defects) * (1 - self.specificity)

    @property
    def confirmed(self) -> np.ndarray:
        """How often a flagged pair is a defect."""
        return self.defects * self.sensitivity / np.maximum(self.flagged, 1e-300)

    @property
    def missed(self) -> np.ndarray:
        """How often a pair that the judge let pass is a defect."""
        return self.defects * (1 - self.sensitivity) / (1 - self.flagged)
