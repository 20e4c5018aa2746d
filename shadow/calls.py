"""Calls to candidates: what waits for its turn, what is under way, and what an endpoint's fault sent back.

A fault of the endpoint (RetryLater) says nothing about the candidate's answer, so it is no pair: the record waits and
is asked again. While an endpoint's breaker is open no record is handed out to anybody, and one probe at a time asks
whether it is back. A record that failed `TRIES` times, the endpoint having answered somebody else each time in between,
is to blame itself and becomes a pair with an error: no record stops the mirror for ever.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from connectors.errors import RetryLater, UserError
from connectors.types import Completion, Model, Origin, Partition
from shadow.breaker import Breaker
from shadow.config import Config
from shadow.intake import Admitted

log = structlog.get_logger()
TRIES = 3


@dataclass
class _Setback:
    tries: int
    answers: int


@dataclass(eq=False)
class _Question:
    """A record with the answers that it has so far, by candidate; those of one record are stored together."""

    admitted: Admitted
    answers: dict[str, Completion] = field(default_factory=dict)
    setbacks: dict[str, _Setback] = field(default_factory=dict)


class Calls:
    """Asks the candidates, at most `mirror.in_flight` records at once. One event loop uses it."""

    def __init__(
        self,
        config: Config,
        models: Mapping[str, Model],
        finished: Callable[[Admitted, Mapping[str, Completion]], None],
    ) -> None:
        """`finished` is called with each record and the answer of each of its candidates, by name."""
        self._config, self._models, self._finished = config, models, finished
        self._breakers = {name: Breaker() for workflow in config.workflows.values() for name in workflow.candidates}
        self._waiting: deque[_Question] = deque()
        self._asked: dict[asyncio.Task[None], tuple[Origin, float]] = {}
        self._probes: dict[asyncio.Task[None], str] = {}
        self._wanting = asyncio.Event()
        self._stopping = False
        self.failure: BaseException | None = None
        """What a task raised that is no fault of an endpoint: a bug."""

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def asked(self) -> int:
        return len(self._asked)

    @property
    def oldest_s(self) -> float | None:
        """How long the oldest call under way has taken, in seconds."""
        oldest = min((begun for _, begun in self._asked.values()), default=None)
        return None if oldest is None else time.monotonic() - oldest

    @property
    def paused_because(self) -> str:
        """Which endpoints nobody calls, since when and why; empty while all are called."""
        return " ".join(
            f"{name}: no calls since {_clock(breaker.since_s)} UTC: {breaker.why}."
            for name, breaker in self._breakers.items()
            if breaker.state != "closed"
        )

    def add(self, admitted: Admitted) -> None:
        if not self._stopping:  # else nobody will ask, and it comes again
            self._waiting.append(_Question(admitted))

    def hand_out(self) -> None:
        """Begin as many calls as are allowed now; what a call leaves waiting is asked without being handed out."""
        self._probe()
        for _ in range(min(len(self._waiting), self._config.mirror.in_flight - len(self._asked))):
            if self._is_held_up:
                return
            task = asyncio.create_task(self._ask_on())
            self._asked[task] = (self._waiting[0].admitted.origin, time.monotonic())
            task.add_done_callback(self._ended)

    def stop(self) -> None:
        """Hand out nothing more, and forget what only waits."""
        self._stopping = True
        self._waiting.clear()

    def drop(self, partitions: Collection[Partition]) -> None:
        """Forget what belongs to partitions that are somebody else's now."""
        self._waiting = deque(item for item in self._waiting if item.admitted.origin.place not in partitions)
        for task, (origin, _) in list(self._asked.items()):
            if origin.place in partitions:
                task.cancel()

    async def wanting(self, timeout_s: float) -> None:
        """Return when fewer records wait than may be asked at once, or nothing is asked any more, or after so long."""
        self._wanting.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanting.wait(), timeout_s)

    async def cancel(self) -> None:
        """End all calls; nothing comes of them."""
        tasks = [*self._asked, *self._probes]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._asked.pop(task, None)
        self._probes.pop(task, None)
        if not task.cancelled():
            self.failure = self.failure or task.exception()
        self.hand_out()
        if not self._asked:
            self._wanting.set()

    @property
    def _is_held_up(self) -> bool:
        return self._stopping or any(breaker.state != "closed" for breaker in self._breakers.values())

    async def _ask_on(self) -> None:
        """Ask for one waiting record after another, so that a free place is taken at once."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        while self._waiting and not self._is_held_up:
            question = self._waiting.popleft()
            self._asked[task] = (question.admitted.origin, time.monotonic())
            if len(self._waiting) < self._config.mirror.in_flight:
                self._wanting.set()
            await self._ask(question)

    async def _ask(self, question: _Question) -> None:
        """Ask the candidates that have not answered yet; with one missing, the record waits again."""
        names = self._config.workflows[question.admitted.interaction.workflow].candidates
        missing = [name for name in names if name not in question.answers]
        if len(missing) == 1:  # without the task that gather makes for each
            answers = [await self._answer(missing[0], question)]
        else:
            answers = await asyncio.gather(*(self._answer(name, question) for name in missing))
        question.answers |= {name: answer for name, answer in zip(missing, answers, strict=True) if answer}
        if len(question.answers) == len(names):
            self._finished(question.admitted, question.answers)
        elif not self._stopping:
            self._waiting.append(question)

    async def _answer(self, name: str, question: _Question) -> Completion | None:
        """The candidate's answer, an error among them; None when the endpoint is to blame for there being none."""
        model, timeout_s = self._models[name], self._config.mirror.candidate_timeout_s
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                answer = await model.complete(question.admitted.interaction.request)
        except RetryLater as fault:
            if not self._gives_up(name, question, fault):
                return None
            return Completion(error=str(fault), latency_ms=1000 * (time.monotonic() - started))
        except TimeoutError:
            sentence = f"no answer within {timeout_s:g} s"
        except Exception as error:  # a bug in a connector costs one pair, is told, and stops nobody
            log.exception("candidate_raised", model=name)
            sentence = f"the connector failed: {type(error).__name__}"
        else:
            self._breakers[name].answered()
            return answer
        return Completion(error=sentence, latency_ms=1000 * (time.monotonic() - started))

    def _gives_up(self, name: str, question: _Question, fault: RetryLater) -> bool:
        """Note a fault of the endpoint; True when the record itself is to blame by now."""
        breaker = self._breakers[name]
        before = question.setbacks.get(name)
        tries = 1 if before is None else before.tries + (breaker.answers > before.answers)
        question.setbacks[name] = _Setback(tries, breaker.answers)
        was = breaker.state
        breaker.failed(time.monotonic(), str(fault), fault.after_s)
        if was == "closed" and breaker.state == "open":
            log.warning("candidate_paused", model=name, reason=str(fault))
        return tries >= TRIES

    def _probe(self) -> None:
        """Begin a probe of each endpoint whose wait is over."""
        for name, breaker in self._breakers.items():
            if breaker.probe_is_due(time.monotonic()):
                breaker.probing()
                task = asyncio.create_task(self._ask_for_a_sign_of_life(name, breaker))
                self._probes[task] = name
                task.add_done_callback(self._ended)

    async def _ask_for_a_sign_of_life(self, name: str, breaker: Breaker) -> None:
        why: str | None = None
        try:
            await asyncio.wait_for(self._models[name].probe(), self._config.mirror.candidate_timeout_s)
        except (UserError, RetryLater) as fault:
            why = str(fault).removesuffix(".")
        except TimeoutError:
            why = f"no answer within {self._config.mirror.candidate_timeout_s:g} s"
        breaker.probed(time.monotonic(), why)
        if why is None:
            log.info("candidate_resumed", model=name, paused_s=round(time.monotonic() - breaker.since_s, 1))


def _clock(monotonic_s: float) -> str:
    """The time of day at a moment of the monotonic clock."""
    then = datetime.now(UTC) - timedelta(seconds=time.monotonic() - monotonic_s)
    return f"{then:%Y-%m-%d %H:%M:%S}"
