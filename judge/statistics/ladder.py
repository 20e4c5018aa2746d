"""How much evidence each step of a rollout asks for, and the memory of the first crossing (STATISTICS 6). Pure.

One e-process serves every step at once: by Ville's inequality a candidate that breaks its budget ever shows evidence E
with probability 1 / E at most, however often somebody looks. So the crossing of a level may be kept (latched): the
decision stays valid even if the evidence later falls.
"""

import math
from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Step(StrEnum):
    """What is about to happen to the traffic, from harmless to irreversible."""

    ONE_PERCENT = "1 % of traffic"
    TEN_PERCENT = "10 % of traffic"
    ALL = "all traffic"
    IRREVERSIBLE = "no way back"


LADDER: Mapping[Step, float] = {Step.ONE_PERCENT: 3, Step.TEN_PERCENT: 10, Step.ALL: 20, Step.IRREVERSIBLE: 100}
"""The evidence E that each step asks for; a bad candidate passes with probability 1 / E at most."""


class Latch(msgspec.Struct, frozen=True):
    """The highest log evidence ever seen in one epoch, for each side; kept beside the counts."""

    log_e_promote: float = 0.0
    log_e_reject: float = 0.0

    def seen(self, log_e_promote: float, log_e_reject: float) -> "Latch":
        """The latch after one more look."""
        return Latch(max(self.log_e_promote, log_e_promote), max(self.log_e_reject, log_e_reject))


def crossed(log_e: float, level: float) -> bool:
    """True when log evidence exceeds a level E."""
    return log_e > math.log(level)


def highest_step(log_e_promote: float) -> Step | None:
    """The furthest step that the evidence allows; None below the first."""
    return next((step for step in reversed(Step) if crossed(log_e_promote, LADDER[step])), None)


def alpha_of(epoch: int, alpha: float = 0.05) -> float:
    """The error probability of an epoch, from 1, where all epochs together are to keep `alpha`: alpha / 2^epoch."""
    if epoch < 1:
        raise ValueError("epochs count from 1")
    return alpha * 0.5**epoch
