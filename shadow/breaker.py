"""The circuit breaker of one candidate's endpoint. Pure: times are seconds of whatever clock the caller has."""

from typing import Literal

FAILURES = 5
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0


class Breaker:
    """Closed until `FAILURES` calls in a row fail by the endpoint's fault, or the endpoint itself asks for a wait.

    Then open: nobody calls. When the wait is over one probe decides (half open): an answer closes the breaker, a
    failure opens it again for twice as long. Calls that were under way when it opened change nothing, however they end.
    """

    def __init__(self) -> None:
        self.state: Literal["closed", "open", "half_open"] = "closed"
        self.why = ""
        self.since_s = 0.0
        self.answers = 0
        """Answers and good probes so far; a caller sees by it whether the endpoint answered between two failures."""
        self._in_a_row = 0
        self._wait_s = FIRST_WAIT_S
        self._due_s = 0.0

    def answered(self) -> None:
        """A call was answered."""
        self.answers += 1
        self._in_a_row = 0
        if self.state == "closed":
            self._wait_s = FIRST_WAIT_S

    def failed(self, now_s: float, why: str, after_s: float | None = None) -> None:
        """A call failed by the endpoint's fault; `after_s` is the wait it asked for."""
        self._in_a_row += 1
        if self.state == "closed" and (after_s is not None or self._in_a_row >= FAILURES):
            self.since_s, self.why = now_s, why
            self._open(now_s, after_s)

    def probe_is_due(self, now_s: float) -> bool:
        return self.state == "open" and now_s >= self._due_s

    def probing(self) -> None:
        """A probe is under way."""
        self.state = "half_open"

    def probed(self, now_s: float, why: str | None) -> None:
        """The probe was answered (`why` is None), or failed."""
        if why is None:
            self.state = "closed"
            self.answers += 1
            self._in_a_row = 0
        else:
            self.why = why
            self._open(now_s, None)

    def _open(self, now_s: float, after_s: float | None) -> None:
        self.state = "open"
        self._due_s = now_s + max(self._wait_s, after_s or 0.0)
        self._wait_s = min(LONGEST_WAIT_S, 2 * self._wait_s)
