"""The judge's queue of one workflow: the pairs that the sampling plan chose, read at the judge's own pace.

So many pairs are under way all the time that the judge's `in_flight` calls are never waited for: while some wait for
their answer, others are looked up, entered in the ledger, or stored. Verdicts are appended together, by time.
"""

import asyncio
import contextlib
import time
import traceback
from collections import deque
from datetime import UTC, datetime
from typing import Any

import structlog

from connectors.errors import RetryLater
from judge.judging.arms import production_as_judge
from judge.judging.panel import Judge, Verdict, ask, no_verdict
from judge.judging.selftest import easy_pair, failing
from judge.judging.setbacks import Setbacks
from judge.money.budget import CapReached
from judge.money.till import Till
from judge.sampling.judging import Unjudged, unjudged
from judge.scoring.paid import Paid
from judge.scoring.plan import JudgePlan, Plan
from judge.scoring.rows import verdicts_frame
from judge.scoring.worklist import fetch
from shadow.store import Store
from shadow.types import Pair

CHUNK = 256
"""So many pairs at least are read from the store at once."""
FLUSH_S = 0.25
IDLE_S = 1.0
AFTER_VERDICTS_S = 0.25
"""So soon after a read the next may come, when verdicts were stored meanwhile that may make the plan ask for more."""
FAREWELL_S = 5.0
SPARE = 8
"""Each pair asks in both orders at once, so that `in_flight` of them already keep a call waiting for each that ends."""
OUTAGE = 5
"""So many faults on end, with no answer between, are the endpoint's: one pair at a time then asks if it is back."""
LONGEST_PAUSE_S = 60.0
RETEST_S = 3600.0
log = structlog.get_logger()
Judged = tuple[Pair, Unjudged, Verdict]


class JudgeQueue:
    """What waits for the judge of one workflow, what is under way, and what stands in the way. One event loop."""

    def __init__(
        self, store: Store, plan: Plan, judge: JudgePlan, till: Till, retry_s: float, self_test: bool = False
    ) -> None:
        """`retry_s` is the wait before a pair, or an endpoint that is away, is tried again.

        `self_test`: no pair is read before each judge has told an easy one, unless the settings say otherwise.
        """
        self._store, self._plan, self._judge, self._till = store, plan, judge, till
        self._retry_s = retry_s
        self._unproven = list(judge.panel.everyone) if self_test and judge.settings.self_test else []
        self._setbacks = Setbacks(retry_s)
        self._backlog: deque[tuple[Pair, Unjudged]] = deque()
        self._finished: list[Judged] = []
        self._appending = asyncio.Lock()
        self._mine: set[str] = set()
        self._faults_on_end = 0
        self._resumes_s = self._next_start_s = self._read_again_s = self._retest_s = 0.0
        self._stored = 0
        self._reading: asyncio.Task[None] | None = None
        self._last_read_s, self._plan_used_up = 0.0, False
        self._waiting_since_s: float | None = None
        self._changed = asyncio.Event()
        self._failure: BaseException | None = None
        self.under_way: dict[str, float] = {}
        """When each pair under way was begun, by pair_id, on the monotonic clock."""
        self.note: str | None = None
        """What stands in the way, as a sentence."""

    @property
    def waiting_s(self) -> float | None:
        """For how long pairs have been waiting without a pause, as far back as this process knows; None: none waits."""
        return None if self._waiting_since_s is None else time.monotonic() - self._waiting_since_s

    async def run(self, stop: asyncio.Event) -> None:
        """Judge until `stop`; then the pairs under way have FAREWELL_S seconds to be finished and stored."""
        await self._work(stop, pace=self._judge.settings.max_pairs_per_minute, limit=None, once=False)

    async def run_once(self, limit: int | None) -> int:
        """Judge what waits now, at most `limit` pairs, each tried once; returns how many verdicts were stored."""
        return await self._work(asyncio.Event(), pace=None, limit=limit, once=True)

    async def _work(self, stop: asyncio.Event, pace: int | None, limit: int | None, once: bool) -> int:
        tasks: set[asyncio.Task[None]] = set()
        tried: set[str] = set()
        over = asyncio.Event()
        storing = asyncio.create_task(self._store_until(over))
        halt = asyncio.create_task(stop.wait())
        storing.add_done_callback(self._ended)
        halt.add_done_callback(self._ended)
        self._stored = known = 0
        self._read_again_s = 0.0
        try:
            for judge in self._judge.panel.everyone:
                await self._till.desk(self._judge.priced(judge))
            while not stop.is_set() and self._failure is None:
                self._changed.clear()
                wait_s = await self._begin(tasks, tried, pace, limit, once)
                if once and not tasks and (not self._backlog or wait_s > 0):
                    if wait_s > 0 or not await self._more_than(known):
                        break
                    known, self._read_again_s = self._stored, 0.0  # these verdicts may make the plan ask for more
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait_s or None)
            if tasks:
                await asyncio.wait(tasks, timeout=FAREWELL_S)
        finally:
            ending: list[asyncio.Task[Any]] = [halt, *tasks, *([self._reading] if self._reading else [])]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            self._reading = None
            self._give_back()
            over.set()
            await storing  # never cancelled: an append that has begun is not to be repeated
            await self._append()  # what came while the last one was under way
        if self._failure is not None:
            raise self._failure
        return self._stored

    async def _more_than(self, known: int) -> bool:
        """True when more verdicts are stored than were known; those that have come have a moment to get there."""
        for _ in range(20):
            if not self._finished:
                break
            await asyncio.sleep(FLUSH_S / 2)
        return self._stored > known

    async def _begin(
        self, tasks: set[asyncio.Task[None]], tried: set[str], pace: int | None, limit: int | None, once: bool
    ) -> float:
        """Begin as many pairs as may be under way; returns the seconds until more may begin, 0: when one has ended."""
        at_once = self._judge.settings.in_flight + SPARE if self._faults_on_end < OUTAGE else 1
        while len(tasks) < at_once and (limit is None or len(tried) < limit):
            now = time.monotonic()
            if now < (opens_s := max(self._resumes_s, self._next_start_s)):
                return opens_s - now
            if len(self._backlog) < 2 * at_once:
                self._read_ahead(tried if once else set())
            if not self._backlog and not await self._read_now():
                return 0.0 if once else max(0.01, self._read_again_s - time.monotonic())
            pair, chosen = self._backlog.popleft()
            tried.add(pair.pair_id)
            self._next_start_s = now + 60 / pace if pace else 0.0
            task = asyncio.create_task(self._judge_one(pair, chosen))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            task.add_done_callback(self._ended)
        return 0.0

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._changed.set()
        if not task.cancelled():
            self._failure = self._failure or task.exception()

    def _read_ahead(self, tried: set[str]) -> None:
        """Have the next pairs read while the judge is busy with these; one reading at a time, its failure kept."""
        if self._reading is not None and self._reading.done() and self._reading.exception() is None:
            self._reading = None
        if self._reading is None and time.monotonic() >= self._read_again_s:
            self._reading = asyncio.create_task(self._read(tried))

    async def _read_now(self) -> bool:
        """Wait for what is being read; False when there is nothing to read now."""
        if self._reading is not None:
            reading, self._reading = self._reading, None
            await reading
        return bool(self._backlog)

    async def _read(self, tried: set[str]) -> None:
        """Fill the backlog from the store."""
        now = self._last_read_s = time.monotonic()
        if not await self._proven():
            self._waiting_since_s = self._waiting_since_s or now
            return
        leave = self._mine | self._setbacks.held_back(now) | tried
        wanted = max(CHUNK, 4 * self._judge.settings.in_flight)
        chosen = await asyncio.to_thread(unjudged, self._store, self._plan, self._judge, wanted + len(leave))
        chosen = [each for each in chosen if each.pair_id not in leave][:wanted]
        pairs = await asyncio.to_thread(fetch, self._store, [each[:2] for each in chosen])
        self._plan_used_up = len(chosen) < wanted
        self._read_again_s = time.monotonic() + IDLE_S if self._plan_used_up else 0.0
        self._waiting_since_s = (self._waiting_since_s or now) if chosen else None
        if self._refuses(pairs):
            self._plan_used_up = False
            self._read_again_s = time.monotonic() + max(IDLE_S, self._retry_s)
            return
        by_id = {pair.pair_id: pair for pair in pairs}
        self._backlog.extend((by_id[each.pair_id], each) for each in chosen if each.pair_id in by_id)
        self._mine.update(by_id)

    async def _proven(self) -> bool:
        """True when every judge has passed its self-test; one that has is not tested again."""
        if self._unproven and time.monotonic() < self._retest_s:
            self._read_again_s = time.monotonic() + IDLE_S
            return False
        for judge in list(self._unproven):
            paid = Paid(self._till, self._judge.priced(judge), easy_pair(self._judge.rubric, self._plan.workflow), True)
            try:
                self.note = await failing(judge.name, paid, self._judge.rubric, self._plan.workflow)
                again_s = RETEST_S
            except RetryLater as fault:
                self.note = f"{self._plan.workflow}: the judge gave no reply to its self-test: {fault}."
                again_s = max(IDLE_S, self._retry_s)
            if self.note is not None:
                self._retest_s = time.monotonic() + again_s
                self._read_again_s = time.monotonic() + IDLE_S
                return False
            self._unproven.remove(judge)
        return True

    async def _judge_one(self, pair: Pair, chosen: Unjudged) -> None:
        """Ask about a pair, and keep what comes of it for the next append."""
        self.under_way[pair.pair_id] = time.monotonic()
        try:
            verdict = await self._ask(pair)
        except CapReached as cap:
            self.note = f"{cap}."
            self._pause(min(cap.after_s or LONGEST_PAUSE_S, LONGEST_PAUSE_S))
            self._mine.discard(pair.pair_id)
        except RetryLater as fault:
            self._failed(pair, chosen, fault)
        except asyncio.CancelledError:
            self._mine.discard(pair.pair_id)
            raise
        else:
            self._setbacks.answered(pair.pair_id, time.monotonic())
            if verdict.error is None:
                self._faults_on_end = 0
                self.note = self.note if time.monotonic() < self._resumes_s else None
            self._finished.append((pair, chosen, verdict))
        finally:
            del self.under_way[pair.pair_id]

    async def _ask(self, pair: Pair) -> Verdict:
        try:
            return await ask(self._judge.panel.through(lambda judge: self._paid(judge, pair)), self._judge.rubric, pair)
        except RetryLater:
            raise
        except Exception as error:
            kind, frames = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
            log.error("pair_not_judged", pair_id=pair.pair_id, error=kind, frames=frames)
            return no_verdict(f"the pair could not be put to the judge: {kind}")

    def _paid(self, judge: Judge, pair: Pair) -> Paid:
        return Paid(self._till, self._judge.priced(judge), pair, served=self._judge.epochs.seen[judge.name].model)

    def _failed(self, pair: Pair, chosen: Unjudged, fault: RetryLater) -> None:
        """No reply: the pair waits, unless it is to blame; an endpoint that answers nobody is left alone a while."""
        log.warning("judge_gave_no_reply", workflow=self._plan.workflow, pair_id=pair.pair_id, reason=str(fault))
        self.note = f"{self._plan.workflow}: the judge gave no reply: {fault}."
        self._faults_on_end += 1
        if self._faults_on_end >= OUTAGE:
            self._pause(max(self._retry_s, min(fault.after_s or 0.0, LONGEST_PAUSE_S)))
        if self._setbacks.failed(pair.pair_id, time.monotonic()):
            self._finished.append((pair, chosen, no_verdict(str(fault))))
        else:
            self._mine.discard(pair.pair_id)

    def _pause(self, seconds: float) -> None:
        """Begin no pair for a while, and forget those that only wait: others may come first by then."""
        self._resumes_s = time.monotonic() + seconds
        self._read_again_s = 0.0
        self._give_back()

    def _give_back(self) -> None:
        self._mine.difference_update(pair.pair_id for pair, _ in self._backlog)
        self._backlog.clear()

    def _refuses(self, pairs: list[Pair]) -> bool:
        """True when a judge turns out to be kin to production."""
        found = self._judge.refused_for(sorted({pair.production.model for pair in pairs if pair.production.model}))
        if found:
            self.note = production_as_judge(self._plan.workflow, found[0])
        return bool(found)

    async def _store_until(self, over: asyncio.Event) -> None:
        """Append what has come, every FLUSH_S seconds and at the end. While the store is away, verdicts wait."""
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), FLUSH_S)
            try:
                await self._append()
            except RetryLater as fault:
                if over.is_set():
                    raise
                log.warning("store_unavailable", reason=str(fault))
                await asyncio.sleep(fault.after_s or IDLE_S)

    async def _append(self) -> None:
        """Store the verdicts that have come; on RetryLater they stay for the next time.

        An append under way cannot be called back: whoever waits for it may be cancelled, the append itself is not, and
        the next one begins after it.
        """
        await asyncio.shield(asyncio.ensure_future(self._append_in_turn()))

    async def _append_in_turn(self) -> None:
        async with self._appending:
            rows = list(self._finished)
            if not rows:
                return
            frame = verdicts_frame(rows, self._judge, datetime.now(UTC))
            await asyncio.to_thread(self._store.append, "verdicts", frame)
            del self._finished[: len(rows)]
            self._mine.difference_update(pair.pair_id for pair, _, _ in rows)
            self._stored += len(rows)
            if self._plan_used_up:
                self._read_again_s = min(self._read_again_s, self._last_read_s + AFTER_VERDICTS_S)
                self._changed.set()
