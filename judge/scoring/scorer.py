"""The scorer: pulls pairs nobody has scored from the store, checks them all, has the judge read a sample, appends both.

It waits for nobody but the store, and the mirror never waits for it. Whatever dies in between is done again: a repeat
has the same ids. Check results are appended before the fact that the pair was checked, so that fact is never false.
"""

import asyncio
import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import msgspec
import structlog

from connectors.errors import RetryLater
from connectors.types import Model
from judge.checking.settle import examine, settle
from judge.degenerate.measuring import Looking
from judge.judging.arms import production_as_judge, serves_production
from judge.judging.setbacks import Setbacks
from judge.judging.verdict import Verdict, judge_pair
from judge.outcomes import Outcome
from judge.scoring.plan import JudgePlan, Plan, make_plans
from judge.scoring.rows import Checked, check_results_frame, checked_frame, verdicts_frame
from judge.scoring.worklist import Unjudged, count_unchecked, count_unjudged, fetch, unchecked, unjudged
from shadow.beat import BEAT_S, beat
from shadow.config import Config
from shadow.store import Store
from shadow.types import Pair

CHECK_BATCH = 500
JUDGE_BATCH = 16
JUDGE_AT_ONCE = 4
IDLE_S = 1.0
LOOK_S = 30.0
FAREWELL_S = 5.0
log = structlog.get_logger()


class Scored(msgspec.Struct, frozen=True):
    """What a round did: pairs checked, pairs judged, pairs that still wait, and sentences on what stands in the way."""

    checked: int
    judged: int
    waiting: int
    notes: list[str]


class Scorer:
    """Scores the pairs of every configured workflow. Use it in one event loop."""

    def __init__(
        self,
        store: Store,
        config: Config,
        models: Mapping[str, Model],
        where: str = "shadowjudge.toml",
        retry_s: float = 30.0,
    ) -> None:
        """Raises UserError for what `make_plans` refuses. `retry_s` is the wait before a pair is judged again."""
        self._store = store
        self._plans = make_plans(config, models, where)
        self._setbacks = {plan.workflow: Setbacks(retry_s) for plan in self._plans}
        self._notes: dict[str, str] = {}
        self._retry_s = retry_s
        self._looking = Looking(store)
        self._slots = asyncio.Semaphore(JUDGE_AT_ONCE)
        self._under_way: dict[str, float] = {}

    async def score_once(self, limit: int | None = None) -> Scored:
        """Score what is unscored now, at most `limit` pairs of each kind; a judge's pace is for `run`, not kept here.

        A pair that the judge gave no reply on is left waiting. Raises RetryLater when the store does not answer.
        """
        checked = await self.check(limit)
        await self._look_turn()
        judged = 0
        for plan in self._plans:
            while plan.judge and (limit is None or judged < limit):
                size = JUDGE_BATCH if limit is None else min(JUDGE_BATCH, limit - judged)
                done = await self._judge(plan, plan.judge, size, asyncio.Event())
                if not done:
                    break
                judged += done
        return Scored(checked, judged, await self.waiting(), list(self._notes.values()))

    async def check(self, limit: int | None = None) -> int:
        """Check pairs that are not checked yet, at most `limit`; returns how many were."""
        total = 0
        for plan in self._plans:
            while limit is None or total < limit:
                size = CHECK_BATCH if limit is None else min(CHECK_BATCH, limit - total)
                done = await asyncio.to_thread(self._check, plan, size)
                total += done
                if done < size:
                    break
        return total

    async def waiting(self) -> int:
        """How many pairs wait for checks or for the judge."""

        def count() -> int:
            to_judge = sum(count_unjudged(self._store, plan, plan.judge) for plan in self._plans if plan.judge)
            return to_judge + sum(count_unchecked(self._store, plan) for plan in self._plans)

        return await asyncio.to_thread(count)

    async def run(self, stop: asyncio.Event) -> None:
        """Score until `stop` is set; then the calls under way have FAREWELL_S seconds to be finished and stored."""
        loops = [self._every(stop, turn) for turn in (self._check_turn, self._look_turn, self._beat_turn)]
        loops += [self._judge_for_ever(plan, plan.judge, stop) for plan in self._plans if plan.judge]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(RetryLater):
                await asyncio.to_thread(beat, self._store, "scorer", "stopped")

    async def _every(self, stop: asyncio.Event, turn: Callable[[], Awaitable[float]]) -> None:
        """Take turns until `stop`; a turn answers after how many seconds the next one is due."""
        while not stop.is_set():
            try:
                wait_s = await turn()
            except RetryLater as fault:
                log.warning("store_unavailable", reason=str(fault))
                wait_s = fault.after_s or IDLE_S
            await _sleep(stop, wait_s)

    async def _check_turn(self) -> float:
        return 0.0 if await self.check(CHECK_BATCH) else IDLE_S

    async def _look_turn(self) -> float:
        for plan in self._plans:
            await asyncio.to_thread(self._looking.look, plan.workflow)
        return LOOK_S

    async def _beat_turn(self) -> float:
        oldest = min(self._under_way.values(), default=None)
        await asyncio.to_thread(
            beat,
            self._store,
            "scorer",
            "running",
            lag=await self.waiting(),
            in_flight=len(self._under_way),
            oldest_in_flight_s=None if oldest is None else time.monotonic() - oldest,
            detail=" ".join(self._notes.values()),
        )
        return BEAT_S

    async def _judge_for_ever(self, plan: Plan, judge: JudgePlan, stop: asyncio.Event) -> None:
        pace = judge.settings.max_pairs_per_minute
        size = JUDGE_BATCH if pace is None else 1

        async def turn() -> float:
            began = time.monotonic()
            if not await self._judge(plan, judge, size, stop):
                return self._retry_s if plan.workflow in self._notes else IDLE_S
            return 0.0 if pace is None else max(0.0, began + 60 / pace - time.monotonic())

        await self._every(stop, turn)

    def _check(self, plan: Plan, limit: int) -> int:
        """Check one batch; returns its size."""
        references = unchecked(self._store, plan, limit)
        checked = []
        for pair in fetch(self._store, references):
            results = examine(plan.checks, pair)
            checked.append(Checked(pair, results, settle(results)))
        now = datetime.now(UTC)
        self._store.append("check_results", check_results_frame(checked, plan.checks_version, now))
        return self._store.append("checked", checked_frame(checked, plan.checks_version, now))

    async def _judge(self, plan: Plan, judge: JudgePlan, limit: int, stop: asyncio.Event) -> int:
        """Have the judge read the next pairs of the sampling plan, at most `limit`; returns how many verdicts came."""
        setbacks = self._setbacks[plan.workflow]
        held_back = setbacks.held_back(time.monotonic())
        chosen = await asyncio.to_thread(unjudged, self._store, plan, judge, limit + len(held_back))
        chosen = [each for each in chosen if each.pair_id not in held_back][:limit]
        pairs = await asyncio.to_thread(lambda: [fetch(self._store, [each[:2]])[0] for each in chosen])
        if self._refuses(plan, judge, pairs):
            return 0
        answers = await self._ask_all(judge, pairs, stop)
        judged = self._kept(plan, list(zip(pairs, chosen, answers, strict=True)))
        await asyncio.to_thread(self._store.append, "verdicts", verdicts_frame(judged, judge, datetime.now(UTC)))
        return len(judged)

    async def _ask_all(
        self, judge: JudgePlan, pairs: list[Pair], stop: asyncio.Event
    ) -> list[Verdict | RetryLater | None]:
        """What came of each pair; None for a call not begun at `stop`, or not ended FAREWELL_S seconds after it."""
        asks = [asyncio.create_task(self._ask(judge, pair, stop)) for pair in pairs]
        halt = asyncio.create_task(stop.wait())
        try:
            whole = asyncio.gather(*asks, return_exceptions=True)
            await asyncio.wait((whole, halt), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((whole,), timeout=FAREWELL_S)
        finally:
            for task in (halt, *asks):
                task.cancel()
            await asyncio.gather(*asks, return_exceptions=True)
        return [None if ask.cancelled() else ask.result() for ask in asks]

    async def _ask(self, judge: JudgePlan, pair: Pair, stop: asyncio.Event) -> Verdict | RetryLater | None:
        """The verdict, or the fault; None when the scorer stops before the call begins."""
        async with self._slots:
            if stop.is_set():
                return None
            self._under_way[pair.pair_id] = time.monotonic()
            try:
                return await judge_pair(judge.model, judge.rubric, pair)
            except RetryLater as fault:
                return fault
            except Exception as error:
                kind, frames = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
                log.error("pair_not_judged", pair_id=pair.pair_id, error=kind, frames=frames)
                return Verdict(outcome=Outcome.UNDECIDED, error=f"the pair could not be put to the judge: {kind}")
            finally:
                del self._under_way[pair.pair_id]

    def _kept(
        self, plan: Plan, asked: list[tuple[Pair, Unjudged, Verdict | RetryLater | None]]
    ) -> list[tuple[Pair, Unjudged, Verdict]]:
        """The verdicts to store: those that came, and `undecided` for the pairs that are given up."""
        now, setbacks = time.monotonic(), self._setbacks[plan.workflow]
        kept = [(pair, chosen, answer) for pair, chosen, answer in asked if isinstance(answer, Verdict)]
        for pair, _, _ in kept:
            setbacks.answered(pair.pair_id, now)
        faults = [(pair, chosen, answer) for pair, chosen, answer in asked if isinstance(answer, RetryLater)]
        for pair, chosen, fault in faults:
            log.warning("judge_gave_no_reply", workflow=plan.workflow, pair_id=pair.pair_id, reason=str(fault))
            if setbacks.failed(pair.pair_id, now):
                kept.append((pair, chosen, Verdict(outcome=Outcome.UNDECIDED, error=str(fault))))
        self._notes.pop(plan.workflow, None)
        if faults:
            self._notes[plan.workflow] = f"{plan.workflow}: the judge gave no reply: {faults[-1][2]}."
        return kept

    def _refuses(self, plan: Plan, judge: JudgePlan, pairs: list[Pair]) -> bool:
        """True when there is nothing to judge, or the judge turns out to be the model that production uses."""
        arms = {pair.production.model for pair in pairs if serves_production(judge.connection, pair.production.model)}
        if arms and not judge.settings.accept_arm_as_judge:
            self._notes[plan.workflow] = production_as_judge(plan.workflow, judge.settings.model, arms.pop())
            return True
        return not pairs


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until `stop` is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
