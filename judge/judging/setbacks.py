"""Pairs on which the judge gave no reply: when to try again, and when to stop trying. Times are in seconds."""

from typing import NamedTuple

TRIES = 3


class _Setback(NamedTuple):
    tries: int
    at_s: float


class Setbacks:
    """What failed so far, in this process.

    While the judge answers nobody, no pair is to blame and none is given up. A pair that failed `TRIES` times, the
    judge having answered another one each time in between, is to blame itself: its text is too long for the judge, say.
    """

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._failed: dict[str, _Setback] = {}
        self._answered_s = float("-inf")

    def answered(self, pair_id: str, now_s: float) -> None:
        """The judge replied on a pair."""
        self._answered_s = now_s
        self._failed.pop(pair_id, None)

    def failed(self, pair_id: str, now_s: float) -> bool:
        """The judge gave no reply on a pair; True when it is to be given up."""
        before = self._failed.get(pair_id)
        tries = 1 if before is None else before.tries + (self._answered_s > before.at_s)
        self._failed[pair_id] = _Setback(tries, now_s)
        if tries >= TRIES:
            del self._failed[pair_id]
        return tries >= TRIES

    def held_back(self, now_s: float) -> set[str]:
        """The pairs that it is too early to try again."""
        return {pair_id for pair_id, last in self._failed.items() if now_s < last.at_s + self._wait_s}
