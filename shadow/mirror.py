"""The mirror: records in, pairs out, nothing lost.

The order is the promise: poll, admit, ask the candidates, append what is finished, and only then commit the contiguous
prefix. Whatever dies in between comes again from the source, and `held` recognises what is already stored. The mirror
waits for nobody but the store: no judge, no page.
"""

import asyncio
import contextlib
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, TypeVar, cast

import structlog

from connectors.errors import RetryLater, unknown
from connectors.types import Completion, Model, Origin, Partition, Record, Source
from shadow.answered import Answered, pairs_of
from shadow.beat import BEAT_S, beat
from shadow.config import Config
from shadow.held import Held, held
from shadow.intake import Admitted, Rejected, Skipped, admit_all
from shadow.outbox import Outbox
from shadow.prefix import Prefix
from shadow.store import Store

log = structlog.get_logger()
T = TypeVar("T")
TURN_S = 0.2
FAREWELL_S = 15.0


class Mirror:
    """Mirrors the traffic of every configured workflow to its candidates. Run it once."""

    def __init__(self, config: Config, source: Source, models: Mapping[str, Model], store: Store) -> None:
        """Raises UserError when a workflow names a candidate that `models` does not hold."""
        for name, workflow in config.workflows.items():
            for candidate in workflow.candidates:
                if candidate not in models:
                    raise unknown("candidate", candidate, models, f"workflows.{name}")
        self._config, self._source, self._models, self._store = config, source, models, store
        self._settings = config.mirror
        self._outbox = Outbox(store)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="source")
        self._assignments: deque[tuple[Sequence[Partition], dict[Partition, Held] | None]] = deque()
        self._held: dict[Partition, Held] = {}
        self._prefixes: dict[Partition, Prefix] = {}
        self._committed: dict[Partition, int] = {}
        self._waiting: deque[Admitted] = deque()
        self._asked: dict[asyncio.Task[None], tuple[Origin, float]] = {}
        self._finished: list[Answered] = []
        self._answered = asyncio.Event()
        self._failure: BaseException | None = None
        self._paused = False

    async def run(self, stop: asyncio.Event) -> None:
        """Mirror until `stop` is set, or the source is exhausted; then finish, append and commit what was begun.

        Raises UserError when the source cannot be opened.
        """
        heart = asyncio.create_task(self._beat_for_ever())
        heart.add_done_callback(self._note_failure)
        try:
            await self._on_thread(lambda: self._source.open(self._assigned, self._revoked))
            while not stop.is_set() and not (self._source.exhausted and self._is_idle):
                await self._turn()
            await self._finish()
        finally:
            heart.cancel()
            for task in self._asked:
                task.cancel()
            await asyncio.gather(heart, *self._asked, return_exceptions=True)
            await self._on_thread(self._source.close)
            self._thread.shutdown()
            with contextlib.suppress(RetryLater):
                await asyncio.to_thread(beat, self._store, "mirror", "stopped")

    @property
    def _is_idle(self) -> bool:
        return not (self._waiting or self._asked or self._finished or self._outbox.records)

    @property
    def _is_busy(self) -> bool:
        return len(self._asked) >= self._settings.in_flight

    async def _turn(self) -> None:
        """Take in, hand out, write what is due. While the candidates are busy, polling goes on, paused."""
        behind = self._outbox.records >= 4 * self._settings.flush_rows
        await self._set_paused(behind or len(self._waiting) >= self._settings.in_flight)
        timeout = 0.0 if self._waiting or self._is_busy else TURN_S
        records = await self._poll(timeout)
        self._follow_assignments()
        self._settle()
        is_due = self._outbox.is_due(self._settings.flush_rows, self._settings.flush_seconds)
        storing = self._begin_to_store() if is_due else None
        self._take_in(records)
        self._hand_out()
        if storing:
            await self._finish_storing(storing)
        elif self._is_busy:
            await self._wait_for_an_answer()
        if self._failure:
            raise self._failure

    async def _finish(self) -> None:
        """Wait for the answers already asked for and store them; what was only waiting comes again.

        A store that stays away is not waited for long: nothing was committed, so nothing is lost.
        """
        self._waiting.clear()
        deadline = time.monotonic() + self._settings.candidate_timeout_s + FAREWELL_S
        while not self._is_idle and time.monotonic() < deadline:
            if self._asked:
                await self._wait_for_an_answer()
            self._settle()
            await self._finish_storing(self._begin_to_store())
            if self._failure:
                raise self._failure

    async def _poll(self, timeout_s: float) -> list[Record]:
        try:
            return await self._on_thread(lambda: self._source.poll(timeout_s))
        except RetryLater as error:
            log.warning("source_not_read", reason=str(error))
            await asyncio.sleep(error.after_s or 1.0)
            return []

    def _take_in(self, records: Sequence[Record]) -> None:
        wanted: list[Record] = []
        for place, group in groupby(records, lambda record: (record.origin.topic, record.origin.partition)):
            batch = list(group)
            offsets = [record.origin.offset for record in batch]
            stored = self._held.get(Partition(*place), Held()).among(offsets)
            prefix = self._prefixes.setdefault(Partition(*place), Prefix())
            prefix.polled(offsets)
            prefix.done(stored)
            wanted += [record for record in batch if record.origin.offset not in stored] if stored else batch
        fates = admit_all(wanted, self._config.workflows, datetime.now(UTC))
        self._waiting.extend(fate for fate in fates if isinstance(fate, Admitted))
        self._outbox.put((fate.origin, (fate,)) for fate in fates if isinstance(fate, Skipped | Rejected))

    def _hand_out(self) -> None:
        for _ in range(min(len(self._waiting), self._settings.in_flight - len(self._asked))):
            task = asyncio.create_task(self._ask())
            self._asked[task] = (self._waiting[0].origin, time.monotonic())
            task.add_done_callback(self._note_answer)

    async def _ask(self) -> None:
        """Ask for one waiting record after another. A model that answers at once is asked without a wait between."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        while self._waiting:
            admitted = self._waiting.popleft()
            self._asked[task] = (admitted.origin, time.monotonic())
            models = [self._models[name] for name in self._config.workflows[admitted.interaction.workflow].candidates]
            if len(models) == 1:
                answers = [await self._answer(models[0], admitted)]
            else:
                answers = await asyncio.gather(*(self._answer(model, admitted) for model in models))
            fingerprints = (model.fingerprint for model in models)
            self._finished.append(Answered(admitted, dict(zip(fingerprints, answers, strict=True))))

    async def _answer(self, model: Model, admitted: Admitted) -> Completion:
        timeout = self._settings.candidate_timeout_s
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout):
                return await model.complete(admitted.interaction.request)
        except TimeoutError:
            sentence = f"no answer within {timeout:g} s"
        except Exception as error:  # a bug in a connector costs one pair, is told, and stops nobody
            log.exception("candidate_raised", model=model.name)
            sentence = f"the connector failed: {type(error).__name__}"
        return Completion(error=sentence, latency_ms=1000 * (time.monotonic() - started))

    def _note_answer(self, task: asyncio.Task[None]) -> None:
        self._asked.pop(task, None)
        self._answered.set()
        self._note_failure(task)

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self._failure = self._failure or task.exception()

    async def _wait_for_an_answer(self) -> None:
        self._answered.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), TURN_S)

    def _assigned(self, positions: Mapping[Partition, int]) -> dict[Partition, int]:
        """Called by the source, on its thread: read what is stored, so as to continue behind it."""
        stored = held(self._store, positions)
        self._assignments.append((list(positions), stored))
        return {place: stored[place].first_wanted(position) for place, position in positions.items()}

    def _revoked(self, partitions: Sequence[Partition]) -> None:
        self._assignments.append((partitions, None))

    def _follow_assignments(self) -> None:
        """Forget what is in flight for partitions that came or went: their owner reads it again from the source."""
        while self._assignments:
            partitions, stored = self._assignments.popleft()
            changed = set(partitions)
            self._waiting = deque(item for item in self._waiting if item.origin.place not in changed)
            self._finished = [item for item in self._finished if item.admitted.origin.place not in changed]
            self._outbox.drop(changed)
            for task, (origin, _) in list(self._asked.items()):
                if origin.place in changed:
                    task.cancel()
            for place in changed:
                self._prefixes.pop(place, None)
                self._committed.pop(place, None)
                self._held.pop(place, None)
            self._held |= stored or {}
            event = "partitions_revoked" if stored is None else "partitions_assigned"
            log.info(event, partitions=[f"{place.topic}/{place.partition}" for place in partitions])

    def _settle(self) -> None:
        """Make pairs of what was answered since the last turn."""
        finished, self._finished = self._finished, []
        if finished:
            self._outbox.put(pairs_of(finished))

    def _begin_to_store(self) -> asyncio.Future[list[Origin]]:
        """Append what waits, in a thread. Nothing is polled until it ends, so no partition is revoked meanwhile."""
        return asyncio.get_running_loop().run_in_executor(None, self._outbox.flush)

    async def _finish_storing(self, storing: asyncio.Future[list[Origin]]) -> None:
        """Commit what was appended. When the store does not answer, the rows stay in the outbox and are tried again."""
        try:
            stored = await storing
        except RetryLater as error:
            log.warning("store_not_reached", reason=str(error), records=self._outbox.records)
            await asyncio.sleep(error.after_s or 1.0)
            return
        offsets: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for origin in stored:
            offsets[origin.topic, origin.partition].append(origin.offset)
        for place, done in offsets.items():
            if prefix := self._prefixes.get(Partition(*place)):
                prefix.done(done)
        await self._commit()

    async def _commit(self) -> None:
        positions = {place: prefix.position() for place, prefix in self._prefixes.items()}
        due = {place: at for place, at in positions.items() if at is not None and self._committed.get(place) != at}
        if not due:
            return
        try:
            await self._on_thread(lambda: self._source.commit(due))
        except RetryLater as error:  # the rows are stored: what comes again is recognised
            log.info("offsets_not_committed", reason=str(error))
        else:
            self._committed |= due

    async def _set_paused(self, paused: bool) -> None:
        if paused != self._paused:
            await self._on_thread(self._source.pause if paused else self._source.resume)
            self._paused = paused

    async def _on_thread(self, call: Callable[[], T]) -> T:
        """The one thread that touches the source: Kafka clients are not safe for more."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            with contextlib.suppress(RetryLater):
                await asyncio.to_thread(beat, self._store, "mirror", **await self._pulse())

    async def _pulse(self) -> dict[str, Any]:
        lag = await self._on_thread(self._source.lag)
        oldest = min((begun for _, begun in self._asked.values()), default=None)
        return {
            "state": "paused" if self._paused else "running",
            "lag": sum(lag.values()),
            "in_flight": len(self._asked) + len(self._waiting),
            "oldest_in_flight_s": None if oldest is None else time.monotonic() - oldest,
        }
