"""How much of the traffic is mirrored while the mirror is behind. Pure."""

LEAST = 1 / 64


class Shedding:
    """`keep` is the share of the sampled calls that is mirrored, 0..1; a call's own id decides whether it is in.

    Looked at every few seconds: a lag that is above the bound and does not shrink halves the share, one below half the
    bound doubles it again, and in between it stays, so that it does not swing. Without a bound it is always 1.
    """

    def __init__(self, above_lag: int | None) -> None:
        self._above_lag = above_lag
        self._lag = 0
        self.keep = 1.0

    def look(self, lag: int) -> bool:
        """Follow a lag, in records; True when the share has changed.

        To be called only when records were taken in since the last look: else it cannot have had an effect.
        """
        before, before_lag, self._lag = self.keep, self._lag, lag
        if self._above_lag is not None:
            if lag > self._above_lag and lag >= before_lag:
                self.keep = max(LEAST, self.keep / 2)
            elif lag < self._above_lag / 2:
                self.keep = min(1.0, self.keep * 2)
        return self.keep != before

    @property
    def sentence(self) -> str:
        """What is left out and why; empty while nothing is."""
        if self.keep == 1.0:
            return ""
        return f"{self.keep:.1%} of the sampled calls are mirrored, since the lag was above {self._above_lag} records."
