"""Answers that are remembered by what was asked, and worked out together where many are asked for at once. Pure.

A vectorised function answers for 600 cells in nearly the time that it takes for three. Lines of a phase ask one by one,
so whoever is about to ask much asks all of it beforehand; it is at hand then, and at the next look too.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """A pure function of many questions; at most `most` answers are kept, the longest unasked go first. Thread-safe."""

    def __init__(self, work: Callable[[Sequence[K]], Sequence[V]], most: int = 20_000) -> None:
        """`work` gives the answers in the order of the questions, and each whatever the others are."""
        self._work, self._most = work, most
        self._lock = threading.Lock()
        self._known: OrderedDict[K, V] = OrderedDict()

    def __call__(self, asked: Sequence[K]) -> list[V]:
        """The answer to each question; raises what `work` raises, and then nothing of it is kept."""
        with self._lock:
            known = {each: self._known[each] for each in asked if each in self._known}
        new = [each for each in dict.fromkeys(asked) if each not in known]
        if new:
            known |= zip(new, self._work(new), strict=True)
        with self._lock:
            for each in asked:
                self._known[each] = known[each]
                self._known.move_to_end(each)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return [known[each] for each in asked]
