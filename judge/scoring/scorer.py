"""The scorer: pulls pairs nobody has scored from the store, checks them all, has the judge read a sample, appends both.

It waits for nobody but the store, and the mirror never waits for it. Whatever dies in between is done again: a repeat
has the same ids. Check results are appended before the fact that the pair was checked, so that fact is never false.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import msgspec
import structlog

from connectors.errors import RetryLater
from connectors.types import Model
from judge.degenerate.measuring import Looking
from judge.describing.readings import Readings
from judge.judging.epoch import resume
from judge.money.till import Till
from judge.sampling.judging import count_unjudged
from judge.scoring.examined import checked
from judge.scoring.latching import Latching
from judge.scoring.plan import Plan, make_plans
from judge.scoring.queue import FAREWELL_S, IDLE_S, JudgeQueue
from judge.scoring.rows import check_results_frame, checked_frame
from judge.scoring.worklist import count_unchecked, fetch, unchecked
from shadow.beat import BEAT_S, beat
from shadow.config import Config
from shadow.leaks import Trials
from shadow.store import Store

CHECK_BATCH = 2000
LOOK_S = 30.0
SLICE_S = 0.005
"""After so long a stretch of checks their thread lets others, the judge's calls among them, have the interpreter."""
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
        self_test: bool = False,
    ) -> None:
        """Raises UserError for what `make_plans` refuses.

        `retry_s` is the wait before a pair is judged again; `self_test`: no judge begins before it told an easy pair.
        """
        self._store = store
        self._plans = make_plans(config, models, where)
        self._looking, self._latching = Looking(store), Latching(store, config)
        self._readings = Readings(store, config)
        self._trials = Trials(store, {name: workflow.scrub.as_policy for name, workflow in config.workflows.items()})
        judged = [(plan, plan.judge) for plan in self._plans if plan.judge]
        caps = {plan.workflow: judge.settings.max_usd_per_day for plan, judge in judged}
        asked = {each.model.fingerprint for _, judge in judged for each in judge.panel.everyone}
        self.till = Till(store, caps, sorted(asked))
        for plan, judge in judged:
            resume(store, plan.workflow, judge.setup, judge.epochs)
        self._queues = [JudgeQueue(store, plan, judge, self.till, retry_s, self_test) for plan, judge in judged]

    def plan_of(self, workflow: str) -> Plan:
        """What is done for a configured workflow; KeyError for another."""
        return {plan.workflow: plan for plan in self._plans}[workflow]

    async def score_once(self, limit: int | None = None) -> Scored:
        """Score what is unscored now, at most `limit` pairs of each kind; a judge's pace is for `run`, not kept here.

        A pair that the judge gave no reply on is left waiting. Raises RetryLater when the store does not answer.
        """
        checked = await self.check(limit)
        await self._look_turn()
        judged = 0
        for queue in self._queues:
            judged += await queue.run_once(None if limit is None else limit - judged)
        return Scored(checked, judged, await self.waiting(), self._notes)

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
        """Score until `stop` is set; then the calls under way have some seconds to be finished and stored."""
        loops = [
            self._every(stop, turn) for turn in (self._check_turn, self._look_turn, self._read_turn, self._beat_turn)
        ]
        loops += [self._every(stop, partial(self._judge_turn, queue, stop)) for queue in self._queues]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.till.close(FAREWELL_S)
            with contextlib.suppress(RetryLater):
                await asyncio.to_thread(beat, self._store, "scorer", "stopped")

    @property
    def _notes(self) -> list[str]:
        return [queue.note for queue in self._queues if queue.note]

    async def _every(self, stop: asyncio.Event, turn: Callable[[], Awaitable[float]]) -> None:
        """Take turns until `stop`; a turn answers after how many seconds the next one is due."""
        while not stop.is_set():
            try:
                wait_s = await turn()
            except RetryLater as fault:
                log.warning("store_unavailable", reason=str(fault))
                wait_s = fault.after_s or IDLE_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait_s)

    async def _check_turn(self) -> float:
        return 0.0 if await self.check(CHECK_BATCH) else IDLE_S

    async def _look_turn(self) -> float:
        for plan in self._plans:
            await asyncio.to_thread(self._looking.look, plan.workflow)
            await asyncio.to_thread(self._latching.look, plan)
        await asyncio.to_thread(self._trials.run_due, datetime.now(UTC))
        return LOOK_S

    async def _read_turn(self) -> float:
        try:
            await asyncio.to_thread(self._readings.take_due, datetime.now(UTC))
        except RetryLater:
            raise
        except Exception:  # whoever looks at trends must not stop what they are made of
            log.exception("reading_failed")
        return LOOK_S

    async def _judge_turn(self, queue: JudgeQueue, stop: asyncio.Event) -> float:
        await queue.run(stop)
        return 0.0

    async def _beat_turn(self) -> float:
        begun = [began for queue in self._queues for began in queue.under_way.values()]
        await asyncio.to_thread(
            beat,
            self._store,
            "scorer",
            "running",
            lag=await self.waiting(),
            in_flight=len(begun),
            oldest_in_flight_s=time.monotonic() - min(begun) if begun else None,
            detail=" ".join(self._notes),
            oldest_waiting_s=max(
                (queue.waiting_s for queue in self._queues if queue.waiting_s is not None), default=None
            ),
        )
        return BEAT_S

    def _check(self, plan: Plan, limit: int) -> int:
        """Check one batch; returns its size."""
        done, slice_ends = [], time.monotonic() + SLICE_S
        for pair in fetch(self._store, unchecked(self._store, plan, limit)):
            done.append(checked(plan.checks, pair))
            if time.monotonic() > slice_ends:
                time.sleep(SLICE_S / 5)
                slice_ends = time.monotonic() + SLICE_S
        now = datetime.now(UTC)
        self._store.append("check_results", check_results_frame(done, plan.checks_version, now))
        return self._store.append("checked", checked_frame(done, plan.checks_version, now))
