"""The mirror: records in, pairs out, nothing lost.

The order is the promise: poll, admit, ask the candidates, append what is finished, and only then commit the contiguous
prefix. Whatever dies in between comes again from the source, and `held` recognises what is already stored. The mirror
waits for nobody but the store: no judge, no page.

An append runs beside the next polls. A partition that is taken away is let go only when no append is under way
(`settled`), so that its next owner finds in the store what was on its way there. A mirror that stood still meanwhile
knows nothing of that: so each claims its partitions in the store before it reads what is held of them, and the store
refuses an append under an older claim (shadow.fencing).
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import structlog

from connectors.errors import RetryLater, unknown
from connectors.types import Completion, Model, Origin, Partition, Record, Source
from shadow.answered import NOBODY, Answered, pairs_of
from shadow.beat import BEAT_S, beat
from shadow.calls import Calls
from shadow.columns import Pairs, Replays
from shadow.config import Config
from shadow.fencing import Fenced
from shadow.held import Held, held
from shadow.intake import Admitted, Fate, admit_all
from shadow.outbox import Outbox
from shadow.prefix import Prefix
from shadow.shedding import Shedding
from shadow.store import Store
from shadow.textless import Examine

log = structlog.get_logger()
T = TypeVar("T")
TURN_S = 0.2
AT_ONCE = 8
"""So many records are worked on before the candidates' answers are looked at again."""
FAREWELL_S = 15.0
_place = attrgetter("origin.topic", "origin.partition")


class _Ours(NamedTuple):
    """What a mirror knows of partitions that were assigned to it: its claims, and what is stored."""

    claims: Mapping[Partition, int]
    held: dict[Partition, Held]


class Mirror:
    """Mirrors the traffic of every configured workflow to its candidates. Run it once."""

    def __init__(
        self,
        config: Config,
        source: Source,
        models: Mapping[str, Model],
        store: Store,
        examine: Mapping[str, Examine] = NOBODY,
    ) -> None:
        """Raises UserError when a workflow names a candidate that `models` does not hold.

        `examine` says, by workflow, who reads the texts that are not kept; ValueError where there is nobody.
        """
        for name, workflow in config.workflows.items():
            if not workflow.scrub.as_policy.keeps_texts and name not in examine:
                raise ValueError(f"workflows.{name} keeps no texts, and nobody examines them before")
            for candidate in workflow.candidates:
                if candidate not in models:
                    raise unknown("candidate", candidate, models, f"workflows.{name}")
        self._config, self._source, self._models, self._store = config, source, models, store
        self._settings, self._examine = config.mirror, examine
        self._outbox = Outbox(store)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="source")
        self._assignments: deque[tuple[Collection[Partition], _Ours | None]] = deque()
        self._refused: set[Partition] = set()
        self._held: dict[Partition, Held] = {}
        self._prefixes: dict[Partition, Prefix] = {}
        self._committed: dict[Partition, int] = {}
        self._calls = Calls(config, models, self._note_finished)
        self._replays = Replays(config.workflows, models)
        self._taking: asyncio.Future[tuple[list[Pairs], list[Fate]]] | None = None
        self._storing: asyncio.Future[list[Origin]] | None = None
        self._settled = threading.Event()
        self._settled.set()
        self._finished: list[Answered] = []
        self._shedding = Shedding(config.mirror.shed_above_lag)
        self._took_in = False
        self._failure: BaseException | None = None
        self._paused = False

    async def run(self, stop: asyncio.Event) -> None:
        """Mirror until `stop` is set, or the source is exhausted; then finish, append and commit what was begun.

        Raises UserError when the source cannot be opened.
        """
        heart = asyncio.create_task(self._beat_for_ever())
        heart.add_done_callback(self._note_failure)
        try:
            await self._on_thread(lambda: self._source.open(self._assigned, self._revoked, self._wait_until_settled))
            while not stop.is_set() and not (self._source.exhausted and self._is_idle):
                await self._turn()
            await self._finish()
        finally:
            heart.cancel()
            await self._calls.cancel()
            await asyncio.gather(heart, *filter(None, [self._taking, self._storing]), return_exceptions=True)
            await self._on_thread(self._source.close)
            self._thread.shutdown()
            with contextlib.suppress(RetryLater):
                await asyncio.to_thread(beat, self._store, "mirror", "stopped")

    @property
    def _is_idle(self) -> bool:
        return not (self._is_asking or self._finished or self._outbox.records or self._storing)

    @property
    def _is_asking(self) -> bool:
        return bool(self._calls.waiting or self._calls.asked or self._taking)

    async def _turn(self) -> None:
        """Take in, hand out, write what is due. While the candidates or the store are busy, polling goes on, paused."""
        behind = self._outbox.records >= 4 * self._settings.flush_rows
        await self._set_paused(behind or self._calls.waiting >= self._settings.in_flight)
        records = await self._poll(0.0 if self._paused or self._source.exhausted else TURN_S)
        await self._note_taken()
        await self._note_stored()
        self._follow_assignments()
        await self._begin_refused_again()
        await self._settle()
        is_quiet = not (records or self._paused or self._is_asking)
        if is_quiet or self._outbox.is_due(self._settings.flush_rows, self._settings.flush_seconds):
            self._begin_to_store()
        await self._take_in(records)
        self._calls.hand_out()
        if (self._paused or self._source.exhausted) and not (self._is_idle or self._taking):
            await self._news(TURN_S)
        self._raise_failure()

    async def _news(self, timeout_s: float) -> None:
        """Return when an append has ended, when the candidates want more, or after so long."""
        if self._storing is None:
            await self._calls.wanting(timeout_s)
        elif self._is_asking:
            wanting = asyncio.create_task(self._calls.wanting(timeout_s))
            first: list[asyncio.Future[Any]] = [self._storing, wanting]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            wanting.cancel()
        else:
            await asyncio.wait([self._storing], timeout=timeout_s)

    def _raise_failure(self) -> None:
        if failure := self._failure or self._calls.failure:
            raise failure

    async def _finish(self) -> None:
        """Wait for the answers already asked for and store them; what was only waiting comes again.

        A store or a broker that stays away is not waited for long: nothing was committed, so nothing is lost. Polling
        goes on, since a rebalance that is under way ends in no other way.
        """
        self._calls.stop()
        await self._set_paused(True)
        deadline = time.monotonic() + self._settings.candidate_timeout_s + FAREWELL_S
        while not self._is_idle and time.monotonic() < deadline:
            if not self._is_asking:
                deadline = min(deadline, time.monotonic() + FAREWELL_S)
            await self._take_in(await self._poll(0.0))
            await self._note_taken()
            await self._note_stored()
            self._follow_assignments()
            await self._settle()
            self._begin_to_store()
            if not self._is_idle:
                await self._news(TURN_S)
            self._raise_failure()
        await self._note_stored()

    async def _poll(self, timeout_s: float) -> list[Record]:
        try:
            return await self._on_thread(lambda: self._source.poll(timeout_s))
        except RetryLater as error:
            log.warning("source_not_read", reason=str(error))
            await asyncio.sleep(error.after_s or 1.0)
            return []

    async def _take_in(self, records: Sequence[Record]) -> None:
        """Decide on records: pairs at once where recordings answer, else calls; what is neither goes to the outbox."""
        self._took_in = self._took_in or bool(records)
        wanted = self._wanted(records)
        if self._replays and wanted:
            mirror = asyncio.to_thread(self._replays.mirror, wanted, self._shedding.keep)
            self._taking = asyncio.ensure_future(mirror)
            return
        for first in range(0, len(wanted), AT_ONCE):
            batch = wanted[first : first + AT_ONCE]
            self._note_fates(admit_all(batch, self._config.workflows, datetime.now(UTC), self._shedding.keep))
            self._calls.hand_out()
            await asyncio.sleep(0)  # what the candidates answer meanwhile is not kept waiting

    async def _note_taken(self) -> None:
        """Keep what recordings answered; it was made beside the poll before, and is there before partitions change."""
        if self._taking:
            pairs, fates = await self._taking
            self._taking = None
            for each in pairs:
                self._outbox.put_pairs(each.origins, each.frame)
            self._note_fates(fates)

    def _wanted(self, records: Sequence[Record]) -> list[Record]:
        """The records that are not stored yet; from now on each of them has to be settled."""
        wanted: list[Record] = []
        for place, group in groupby(records, _place):
            batch = list(group)
            offsets = [record.origin.offset for record in batch]
            if Partition(*place) not in self._outbox.claims:
                continue  # refused: another's, or begun again soon
            stored = self._held.get(Partition(*place), Held()).among(offsets)
            prefix = self._prefixes.setdefault(Partition(*place), Prefix())
            prefix.polled(offsets)
            prefix.done(stored)
            wanted += [record for record in batch if record.origin.offset not in stored] if stored else batch
        return wanted

    def _note_fates(self, fates: Sequence[Fate]) -> None:
        for fate in fates:
            if isinstance(fate, Admitted):
                self._calls.add(fate)
        self._outbox.put((fate.origin, (fate,)) for fate in fates if not isinstance(fate, Admitted))

    def _note_finished(self, admitted: Admitted, answers: Mapping[str, Completion]) -> None:
        fingerprints = {self._models[name].fingerprint: answer for name, answer in answers.items()}
        self._finished.append(Answered(admitted, fingerprints))

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            self._failure = self._failure or task.exception()

    def _assigned(self, positions: Mapping[Partition, int]) -> dict[Partition, int]:
        """Called by the source, on its thread: claim, and read what is stored by now, so as to continue behind it."""
        claims = self._store.claim(positions.keys())
        stored = held(self._store, positions)
        self._assignments.append((list(positions), _Ours(claims, stored)))
        return {place: stored[place].first_wanted(position) for place, position in positions.items()}

    def _revoked(self, partitions: Sequence[Partition]) -> None:
        self._assignments.append((partitions, None))

    def _follow_assignments(self) -> None:
        """Forget what is in flight for partitions that came or went: their owner reads it again from the source."""
        while self._assignments:
            partitions, ours = self._assignments.popleft()
            self._forget(set(partitions))
            if ours:
                self._held |= ours.held
                self._outbox.claims |= ours.claims
            event = "partitions_assigned" if ours else "partitions_revoked"
            log.info(event, partitions=_names(partitions))

    def _forget(self, partitions: set[Partition]) -> None:
        self._calls.drop(partitions)
        self._finished = [item for item in self._finished if item.admitted.origin.place not in partitions]
        self._outbox.drop(partitions)
        self._refused -= partitions
        for place in partitions:
            self._prefixes.pop(place, None)
            self._committed.pop(place, None)
            self._held.pop(place, None)

    async def _begin_refused_again(self) -> None:
        """Claim partitions again that the source still gives us although another process has claimed them.

        That was one which stood still and went on, and learns soon that they are not its own.
        """
        if not self._refused:
            return
        try:
            await self._on_thread(lambda: self._source.begin_again(self._refused))
        except RetryLater as error:  # the next polls tell what was lost
            log.info("partitions_not_begun_again", reason=str(error))
            await asyncio.sleep(error.after_s or TURN_S)
        else:
            self._refused.clear()

    async def _settle(self) -> None:
        """Make pairs of what was answered since the last turn."""
        finished, self._finished = self._finished, []
        for first in range(0, len(finished), AT_ONCE):
            self._outbox.put(pairs_of(finished[first : first + AT_ONCE], self._examine))
            await asyncio.sleep(0)

    def _wait_until_settled(self) -> None:
        """Called by the source, on a thread of its own, before it lets go of partitions."""
        self._settled.wait()

    def _begin_to_store(self) -> None:
        """Append what waits, in a thread, unless that is being done; polling goes on meanwhile."""
        if self._storing is None and self._outbox.records:
            self._settled.clear()
            self._storing = asyncio.get_running_loop().run_in_executor(None, self._flush)

    def _flush(self) -> list[Origin]:
        try:
            return self._outbox.flush()
        finally:
            self._settled.set()

    async def _note_stored(self) -> None:
        """Commit what was appended. When the store does not answer, the rows stay in the outbox and are tried again.

        What the store refuses, since another has claimed its partition, is forgotten: nothing of it is committed.
        """
        if self._storing is None or not self._storing.done():
            return
        storing, self._storing = self._storing, None
        try:
            stored = storing.result()
        except RetryLater as error:
            log.warning("store_not_reached", reason=str(error), records=self._outbox.records)
            await asyncio.sleep(error.after_s or 1.0)
            return
        except Fenced as error:
            log.warning("append_refused", reason=str(error), records=self._outbox.records)
            self._forget(set(error.partitions))
            self._refused |= error.partitions
            return
        for place, group in groupby(stored, attrgetter("topic", "partition")):
            if prefix := self._prefixes.get(Partition(*place)):
                prefix.done(origin.offset for origin in group)
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
        lag = sum((await self._on_thread(self._source.lag)).values())
        took_in, self._took_in = self._took_in, False
        if took_in and self._shedding.look(lag):
            log.warning("shedding_changed", share_kept=self._shedding.keep, lag=lag)
        why = self._calls.paused_because
        return {
            "state": "paused" if self._paused or why else "running",
            "lag": lag,
            "in_flight": self._calls.asked + self._calls.waiting,
            "oldest_in_flight_s": self._calls.oldest_s,
            "detail": f"{why} {self._shedding.sentence}".strip(),
        }


def _names(partitions: Collection[Partition]) -> list[str]:
    return [f"{place.topic}/{place.partition}" for place in partitions]
