"""Calls to one judge that go as batches: collected, sent, waited for, taken up again by whoever comes after a crash.

In this order, each stored before the next begins:

    a call is `reserved` in the ledger  -> it waits for others, `collect_s` seconds or until the batch is full
    the batch is `sending`              -> file and batch are made; the batch carries our key
    it is `sent`, with the server's id  -> looked at every `poll_s` seconds, whatever faults come between
    it is over                          -> every call is settled, those without an answer too; then it is `ended`
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import polars as pl
import structlog

from connectors.errors import RetryLater
from connectors.types import BatchEnd, Batching, Completion, Request
from judge.money.entry import Entry
from judge.money.journal import Journal
from shadow.store import Store

FIND_S = 300.0
"""A batch that the server does not list so long after it was sent was never made."""
_SCHEMA: dict[str, Any] = {
    "batch_key": pl.String, "entry": pl.String, "model": pl.String, "batch_id": pl.String,
    "calls": pl.List(pl.String), "status": pl.String, "entered_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
_OPEN = """
SELECT batch_key, max(batch_id) AS batch_id, any_value(calls) AS calls, min(entered_at) AS sent_at
FROM batches WHERE model = $model GROUP BY batch_key HAVING NOT bool_or(entry = 'ended') ORDER BY sent_at
"""
_UNSETTLED = """
SELECT call_id, any_value(entry) AS entry, any_value(workflow) AS workflow, any_value(about_pair) AS about_pair,
    any_value(model) AS model, any_value(question) AS question, any_value(input_tokens) AS input_tokens,
    any_value(output_tokens) AS output_tokens, any_value(usd) AS usd, min(entered_at) AS entered_at
FROM ledger WHERE call_id IN (SELECT unnest($calls)) GROUP BY call_id HAVING NOT bool_or(entry = 'settled')
"""
_Settle = Callable[[Entry, Completion, bool], Awaitable[None]]
log = structlog.get_logger()


class Line(msgspec.Struct, frozen=True):
    """A reserved call and whoever waits for its answer; `request` is None for one that an earlier process sent."""

    entry: Entry
    request: Request | None
    answer: "asyncio.Future[Completion]"


class Desk:
    """The batches of one judge. One event loop uses it."""

    def __init__(
        self,
        store: Store,
        model: str,
        batching: Batching,
        settle: _Settle,
        stored_reply: Callable[[str], Completion | None],
    ) -> None:
        """`settle` stores what became of a call; `stored_reply` reads the reply to a question from the store."""
        self._store, self._model, self._batching = store, model, batching
        self._settle, self._stored_reply = settle, stored_reply
        self._rows = Journal[tuple[Any, ...]](self._append)
        self._collected: list[Line] = []
        self._collecting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def take_up(self) -> list[Line]:
        """Go on with the batches that no process has ended; returns their calls."""
        found: list[Line] = []
        for row in (await asyncio.to_thread(self._store.read, _OPEN, {"model": self._model})).to_dicts():
            entries = await self._unsettled(row["calls"])
            lines = [Line(each, None, asyncio.get_running_loop().create_future()) for each in entries]
            log.info("batch_taken_up", model=self._model, batch=row["batch_id"], calls=len(lines))
            self._start(self._finish(row["batch_key"], row["batch_id"], lines, row["sent_at"]))
            found += lines
        return found

    async def answer(self, entry: Entry, request: Request) -> Completion:
        """The answer to a reserved call, which is settled by then; RetryLater says why there is none."""
        line = Line(entry, request, asyncio.get_running_loop().create_future())
        self._collected.append(line)
        if len(self._collected) >= self._batching.lines:
            self._send_collected()
        elif self._collecting is None:
            self._collecting = asyncio.create_task(self._send_soon())
        return await asyncio.shield(line.answer)

    async def close(self, within_s: float) -> None:
        """Leave what is sent to the next process; what was not sent is settled: it costs nothing."""
        tasks = [*self._tasks, *([self._collecting] if self._collecting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        lines, self._collected, self._collecting = self._collected, [], None
        stopped = Completion(error="the scorer stopped before the batch was sent", input_tokens=0, output_tokens=0)
        await asyncio.gather(*(self._settle(line.entry, stopped, False) for line in lines))
        await self._rows.close(within_s)

    async def _send_soon(self) -> None:
        await asyncio.sleep(self._batching.collect_s)
        self._collecting = None
        self._send_collected()

    def _send_collected(self) -> None:
        if self._collecting is not None:
            self._collecting.cancel()
            self._collecting = None
        lines, self._collected = self._collected, []
        self._start(self._send(uuid4().hex, lines))

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, key: str, lines: list[Line]) -> None:
        try:
            await self._note(key, "sending", None, lines)
            requests = {line.entry.call_id: line.request for line in lines if line.request is not None}
            batch_id = await self._batching.send(key, requests)
        except RetryLater as fault:
            if fault.may_cost:  # the batch may have been made all the same
                return await self._finish(key, None, lines, datetime.now(UTC))
            return await self._end(key, None, lines, BatchEnd("unsent", {}, str(fault), may_cost=False))
        except Exception as error:
            for line in lines:
                _fail(line, error)
            raise
        await self._note(key, "sent", batch_id, lines)
        return await self._finish(key, batch_id, lines, datetime.now(UTC))

    async def _finish(self, key: str, batch_id: str | None, lines: list[Line], sent_at: datetime) -> None:
        if batch_id is None:
            try:
                batch_id = await self._find(key, sent_at + timedelta(seconds=FIND_S))
                end = BatchEnd("unsent", {}, "the batch was never made", may_cost=False)
            except LookupError as error:
                end = BatchEnd("unknown", {}, str(error), may_cost=True)
            if batch_id is None:
                return await self._end(key, None, lines, end)
            await self._note(key, "sent", batch_id, lines)
        while True:
            try:
                if (end_or_none := await self._batching.fetch(batch_id)) is not None:
                    return await self._end(key, batch_id, lines, end_or_none)
                pause_s = self._batching.poll_s
            except RetryLater as fault:
                log.warning("batch_not_looked_at", batch=batch_id, reason=str(fault))
                pause_s = max(self._batching.poll_s, fault.after_s or 0.0)
            await asyncio.sleep(pause_s)

    async def _find(self, key: str, until: datetime) -> str | None:
        while True:
            try:
                found = await self._batching.find(key)
                if found is not None or datetime.now(UTC) >= until:
                    return found
            except RetryLater as fault:
                log.warning("batch_not_looked_for", key=key, reason=str(fault))
            await asyncio.sleep(self._batching.poll_s)

    async def _end(self, key: str, batch_id: str | None, lines: list[Line], end: BatchEnd) -> None:
        """Settle every call that nobody else has settled meanwhile, then the batch, and let those who wait go on."""
        calls = [line.entry.call_id for line in lines]
        unsettled = {entry.call_id for entry in await self._unsettled(calls)}
        await asyncio.gather(*(self._end_line(line, end, line.entry.call_id in unsettled) for line in lines))
        await self._note(key, "ended", batch_id, lines, end.status)
        if batch_id is not None:
            await self._batching.forget(batch_id)

    async def _end_line(self, line: Line, end: BatchEnd, unsettled: bool) -> None:
        answer = end.answers.get(line.entry.call_id)
        may_cost = True
        if not unsettled:
            answer = await asyncio.to_thread(self._stored_reply, line.entry.question)
            answer = answer or Completion(error="another scorer settled this call, which has no answer")
        else:
            if answer is None:
                answer, may_cost = Completion(error=end.reason), end.may_cost
            await self._settle(line.entry, answer, may_cost)
        if answer.error is not None:
            _fail(line, RetryLater(answer.error, may_cost=may_cost))
        elif not line.answer.done():
            line.answer.set_result(answer)

    async def _unsettled(self, calls: Sequence[str]) -> list[Entry]:
        while True:
            try:
                found = await asyncio.to_thread(self._store.read, _UNSETTLED, {"calls": list(calls)})
                return [Entry(**row) for row in found.to_dicts()]
            except RetryLater as fault:
                log.warning("store_unavailable", reason=str(fault))
                await asyncio.sleep(fault.after_s or 1.0)

    async def _note(
        self, key: str, entry: str, batch_id: str | None, lines: Sequence[Line], status: str | None = None
    ) -> None:
        calls = [line.entry.call_id for line in lines]
        await self._rows.enter((key, entry, self._model, batch_id, calls, status, datetime.now(UTC)))

    def _append(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._store.append("batches", pl.DataFrame(rows, schema=_SCHEMA, orient="row"))


def _fail(line: Line, error: Exception) -> None:
    if not line.answer.done():
        line.answer.set_exception(error)
        line.answer.exception()  # whoever was cancelled meanwhile hears of it nowhere else
