"""Every call to a judge goes through here, and production asked again: looked up, capped, entered, made, entered again.

In this order, so that whatever dies in between, no call was made that the ledger does not hold:

    a reply that is known       -> entered as `cached`, costs nothing
    else the cap of the day     -> CapReached: nothing is asked
    else `reserved` is stored   -> then, with a free place, the call is made
    an answer, or a fault       -> `settled` and the reply are stored, then the caller hears of it

A judge with batches is asked by them, each call waiting for its line (see judge/money/batches.py).
A try that failed is a call of its own: it may have cost something. Calls that wait for the same answer share one call.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from uuid import uuid4

import msgspec
import polars as pl
import structlog

from connectors.errors import RetryLater
from connectors.patience import wait_s
from connectors.types import Batched, Batching, Completion, Model, Request
from judge.money.batches import Desk
from judge.money.budget import Budget
from judge.money.entry import LEDGER, REPLIES, Entry, Purpose, most_tokens, settled
from judge.money.journal import Journal
from judge.money.replies import Replies, question_of
from shadow.config import Prices
from shadow.prices import cost_of, in_batch
from shadow.store import Store

TRIES = 3
LONGEST_WAIT_S = 20.0
"""A server that asks for a longer wait is away: the pair goes back to the queue."""
ANY_REPLY = 1_000
"""Tokens that are set aside for a reply which production's request does not limit; a judge's always is."""
OTHERS_S = 5.0
"""So old at most is what is known of other processes' spending when a call is reserved under a cap."""
# A call of yesterday that was settled today counts for yesterday.
_OTHERS = """
SELECT workflow, sum(usd) AS usd FROM (
    SELECT workflow, coalesce(max(usd) FILTER (entry = 'settled'), max(usd)) AS usd
    FROM ledger WHERE entered_at >= $since AND NOT starts_with(call_id, $run) AND purpose IS NOT DISTINCT FROM $purpose
    GROUP BY call_id, workflow HAVING bool_or(entry = 'reserved')
)
WHERE usd IS NOT NULL GROUP BY workflow
"""
log = structlog.get_logger()


class Priced(msgspec.Struct, frozen=True):
    """A judge of a workflow: its model, what its tokens cost, and how many calls it takes at once."""

    model: Model
    prices: Prices | None
    in_flight: int


class Till:
    """The ledger of this process's calls to judges. One event loop uses it."""

    def __init__(
        self, store: Store, caps: Mapping[str, float | None], models: Sequence[str], purpose: Purpose | None = None
    ) -> None:
        """`caps`: USD a day by workflow; `models`: the fingerprints of all judges. Reads the store.

        `purpose`: what the calls are for, where they are not to judges; then replies are not kept for another pair.
        """
        self._store, self._purpose = store, purpose
        self._run = uuid4().hex[:12]  # begins the ids of this process's calls
        self._capped = any(caps.values())
        self._read_s = time.monotonic()
        what = "judging" if purpose is None else "asking production again"
        self._budget = Budget(dict(caps), self._others(), what)
        self.replies = Replies(store, models)
        self._reserved = Journal[Entry](self._append_reserved)
        self._settled = Journal[tuple[Entry, Completion | None]](self._append_settled)
        self._slots: dict[tuple[str, str], asyncio.Semaphore] = {}
        self._open_at: dict[str, float] = {}
        self._under_way: dict[str, asyncio.Future[Completion]] = {}
        self._batching: dict[str, Batching | None] = {}
        self._desks: dict[str, asyncio.Task[Desk]] = {}

    def spent_today(self, workflow: str) -> float:
        """USD since midnight UTC, what is reserved included."""
        return self._budget.spent(workflow, datetime.now(UTC))

    async def ask(
        self,
        judge: Priced,
        request: Request,
        workflow: str,
        pair_id: str | None,
        fresh: bool = False,
        served: str | None = None,
    ) -> Completion:
        """The judge's reply; `fresh`: its own, whatever it said to the same question before, and never in a batch.

        A known reply is taken only from the model that is `served` now, where both are known.
        Raises CapReached before anything is asked, and RetryLater when the judge is away, its tries used up.
        """
        question = question_of(judge.model.fingerprint, request)
        if fresh:
            return await self._call(judge, request, question, workflow, pair_id)
        desk = await self.desk(judge)
        if (waited_for := self._under_way.get(question)) is not None:
            return await self._shared(waited_for, judge, question, workflow, pair_id)
        future = self._under_way[question] = asyncio.get_running_loop().create_future()
        try:
            reply = await self._known(question)
            if reply is not None and served is not None and reply.model not in (None, served):
                reply = None
            if reply is not None:
                await self._enter_cached(judge, question, workflow, pair_id)
            elif desk is not None:
                reply = await self._call_in_batch(desk, judge, request, question, workflow, pair_id)
            else:
                reply = await self._call(judge, request, question, workflow, pair_id)
            future.set_result(reply)
            return reply
        except BaseException as error:
            failed = error if isinstance(error, Exception) else RetryLater("the call was cut off")
            future.set_exception(failed)
            future.exception()
            raise
        finally:
            del self._under_way[question]

    async def desk(self, judge: Priced) -> Desk | None:
        """Where a judge's calls are collected for batches, None where it is not asked in any.

        The batches that an earlier process left open are taken up first: who asks the same waits for their answers.
        """
        key = judge.model.fingerprint
        if key not in self._batching:
            self._batching[key] = judge.model.batches if isinstance(judge.model, Batched) else None
        if (batching := self._batching[key]) is None:
            return None
        if key not in self._desks or (self._desks[key].done() and self._desks[key].exception()):
            self._desks[key] = asyncio.create_task(self._opened(judge, batching))
        return await asyncio.shield(self._desks[key])

    async def close(self, within_s: float) -> None:
        """Store what is entered, for at most so long; batches that are sent wait for the next process."""
        desks = [each.result() for each in self._desks.values() if each.done() and each.exception() is None]
        self._desks = {}
        await asyncio.gather(*(desk.close(within_s) for desk in desks))
        await asyncio.gather(self._reserved.close(within_s), self._settled.close(within_s))

    async def _shared(
        self, call: asyncio.Future[Completion], judge: Priced, question: str, workflow: str, pair_id: str | None
    ) -> Completion:
        reply = await asyncio.shield(call)
        await self._enter_cached(judge, question, workflow, pair_id)
        return reply

    async def _known(self, question: str) -> Completion | None:
        if (reply := self.replies.at_hand(question)) is not None or not self.replies.maybe_stored(question):
            return reply
        return await asyncio.to_thread(self.replies.find, question)

    async def _call(
        self, judge: Priced, request: Request, question: str, workflow: str, pair_id: str | None
    ) -> Completion:
        for tries in itertools.count(1):
            await self._watch_others()
            entry = self._reserve(judge, request, question, workflow, pair_id)
            try:
                await self._reserved.enter(entry)
                async with self._place(judge, workflow):
                    answer = await judge.model.complete(request)
            except RetryLater as fault:
                await self._settle(judge, entry, Completion(error=str(fault)), fault.may_cost)
                pause_s = wait_s(tries, fault.after_s)
                if tries == TRIES or pause_s > LONGEST_WAIT_S:
                    raise
                if fault.after_s is not None:  # the server's word, meant for every call to it
                    self._open_at[judge.model.name] = time.monotonic() + fault.after_s
                await asyncio.sleep(pause_s)
            else:
                await self._settle(judge, entry, answer, may_cost=True)
                return answer
        raise AssertionError("unreachable")

    async def _call_in_batch(
        self, desk: Desk, judge: Priced, request: Request, question: str, workflow: str, pair_id: str | None
    ) -> Completion:
        await self._watch_others()
        entry = self._reserve(_in_batch(judge), request, question, workflow, pair_id)
        await self._reserved.enter(entry)
        return await desk.answer(entry, request)

    async def _opened(self, judge: Priced, batching: Batching) -> Desk:
        settle = partial(self._settle, _in_batch(judge))
        desk = Desk(self._store, judge.model.fingerprint, batching, settle, self.replies.find)
        for line in await desk.take_up():
            question = line.entry.question
            self._under_way[question] = line.answer
            line.answer.add_done_callback(partial(self._forget, question))
        return desk

    def _forget(self, question: str, _: object) -> None:
        self._under_way.pop(question, None)

    def _reserve(self, judge: Priced, request: Request, question: str, workflow: str, pair_id: str | None) -> Entry:
        now, most = datetime.now(UTC), most_tokens(request)
        if self._purpose is not None and not most.output:
            most = msgspec.structs.replace(most, output=ANY_REPLY)
        usd = None if judge.prices is None else cost_of(most, judge.prices)
        self._budget.reserve(workflow, usd or 0.0, now)
        return Entry(
            call_id=self._new_id(),
            entry="reserved",
            workflow=workflow,
            about_pair=pair_id,
            model=judge.model.fingerprint,
            question=question,
            input_tokens=most.input,
            output_tokens=most.output,
            usd=usd,
            entered_at=now,
            purpose=self._purpose,
        )

    def _new_id(self) -> str:
        return self._run + uuid4().hex[12:]

    async def _watch_others(self) -> None:
        """Read again what other processes spent, where a cap makes it matter; one call reads for all."""
        if not self._capped or time.monotonic() < self._read_s + OTHERS_S:
            return
        self._read_s = time.monotonic()
        try:
            self._budget.others_spent(await asyncio.to_thread(self._others))
        except RetryLater as fault:
            log.warning("store_unavailable", reason=str(fault))

    def _others(self) -> dict[tuple[str, date], float]:
        today = datetime.now(UTC).date()
        since = datetime.combine(today, datetime.min.time(), UTC)
        rows = self._store.read(_OTHERS, {"since": since, "run": self._run, "purpose": self._purpose}).iter_rows()
        return {(workflow, today): usd for workflow, usd in rows}

    async def _settle(self, judge: Priced, reserved: Entry, answer: Completion, may_cost: bool) -> None:
        entry = settled(reserved, answer, may_cost, judge.prices, datetime.now(UTC))
        if reserved.call_id.startswith(self._run):
            self._budget.settle(reserved.workflow, reserved.usd or 0.0, entry.usd or 0.0, reserved.entered_at)
        reply = answer if answer.error is None and self._purpose is None else None
        await self._settled.enter((entry, reply))
        if reply is not None:
            self.replies.keep(entry.question, reply)

    async def _enter_cached(self, judge: Priced, question: str, workflow: str, pair_id: str | None) -> None:
        entry = Entry(
            call_id=self._new_id(),
            entry="settled",
            workflow=workflow,
            about_pair=pair_id,
            model=judge.model.fingerprint,
            question=question,
            result="cached",
            usd=None if judge.prices is None else 0.0,
            entered_at=datetime.now(UTC),
            purpose=self._purpose,
        )
        await self._settled.enter((entry, None))

    def _place(self, judge: Priced, workflow: str) -> "_Place":
        key = (workflow, judge.model.name)
        slots = self._slots.setdefault(key, asyncio.Semaphore(judge.in_flight))
        return _Place(slots, lambda: self._open_at.get(judge.model.name, 0.0) - time.monotonic())

    def _append_reserved(self, entries: Sequence[Entry]) -> None:
        self._store.append("ledger", _frame(entries))

    def _append_settled(self, entries: Sequence[tuple[Entry, Completion | None]]) -> None:
        """Replies first: a call is not settled before what it bought is safe."""
        rows = [
            (
                entry.question, entry.model, entry.call_id, entry.about_pair or "", entry.workflow,
                msgspec.json.encode(reply).decode(), entry.entered_at,
            )
            for entry, reply in entries
            if reply is not None
        ]  # fmt: skip
        if rows:
            self._store.append("replies", pl.DataFrame(rows, schema=REPLIES, orient="row"))
        self._store.append("ledger", _frame([entry for entry, _ in entries]))


class _Place:
    """One of the calls that may be under way at once, taken when the server takes calls at all."""

    def __init__(self, slots: asyncio.Semaphore, closed_s: Callable[[], float]) -> None:
        self._slots, self._closed_s = slots, closed_s

    async def __aenter__(self) -> None:
        await self._slots.acquire()
        try:
            while (pause_s := self._closed_s()) > 0:
                await asyncio.sleep(pause_s * random.uniform(1.0, 1.25))  # noqa: S311
        except BaseException:
            self._slots.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()


def _in_batch(judge: Priced) -> Priced:
    return judge if judge.prices is None else msgspec.structs.replace(judge, prices=in_batch(judge.prices))


def _frame(entries: Sequence[Entry]) -> pl.DataFrame:
    return pl.DataFrame([msgspec.structs.astuple(entry) for entry in entries], schema=LEDGER, orient="row")
