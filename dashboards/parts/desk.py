"""A reviewer's desk: the pairs held for them, read ahead of time, so that no label waits for the next pair."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from connectors.errors import RetryLater
from judge.outcomes import Outcome
from judge.queries import PairDetail, pair_detail
from judge.sampling.claims import Claim
from judge.sampling.progress import Progress, progress
from judge.sampling.reviewing import claim_ahead
from shadow.config import Config
from shadow.store import Store

AHEAD = 5
FEW = AHEAD - 1
"""With fewer pairs than these, the next ones are read."""
log = structlog.get_logger()
_readers = ThreadPoolExecutor(4, thread_name_prefix="desk")


@dataclass
class Item:
    """A pair on the desk; `tries` counts the labels given to it, since a correction is a label of its own."""

    claim: Claim
    detail: PairDetail
    tries: int = 0


@dataclass
class Given(Item):
    """A pair that was labelled a moment ago, and how."""

    outcome: Outcome = Outcome.UNDECIDED
    note: str = ""


class _Read(NamedTuple):
    """What was read ahead: pairs, and the progress when so many labels had been given."""

    items: list[Item]
    progress: Progress
    labels: int


@dataclass
class Desk:
    """What lies before one reviewer in one workflow. One browser session uses it; reading ahead is another thread.

    `done` is their progress, in memory as well, so that a page is drawn without a question to the store. `fault` is the
    message on the last label when it was not saved.
    """

    store: Store
    config: Config
    reviewer: str
    workflow: str
    waiting: list[Item] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    skipped: set[str] = field(default_factory=set)
    done: Progress = field(default_factory=lambda: Progress(0, 0, 0))
    fault: str = ""
    _labels: int = 0
    _reading: "Future[_Read] | None" = None

    def current(self) -> Item | None:
        """The pair to label now; waits for the store only when nothing was read ahead. None: nothing is wanted."""
        self._collect(wait=not self.waiting)
        if not self.waiting:
            self._read_ahead()
            self._collect(wait=True)
        if len(self.waiting) < FEW:
            self._read_ahead()
        return self.waiting[0] if self.waiting else None

    def label_given(self, outcome: Outcome, note: str) -> None:
        """Put the current pair aside as labelled."""
        item = self.waiting.pop(0)
        self.given.append(Given(item.claim, item.detail, item.tries + 1, outcome, note))
        self._labels += 1
        self.done = self.done.after(datetime.now(UTC), is_new=item.tries == 0)

    def not_saved(self, message: str) -> None:
        """Keep what is to be said of a label that was not saved, until the next one."""
        self.fault = message

    def skip(self) -> None:
        """Leave the current pair to others for the rest of this session."""
        self.skipped.add(self.waiting.pop(0).claim.pair_id)

    def undo(self) -> None:
        """Put the pair that was labelled last before the reviewer again."""
        last = self.given.pop()
        self.waiting.insert(0, Item(last.claim, last.detail, last.tries))

    def _read_ahead(self) -> None:
        if self._reading is None:
            left_out = [each.claim.pair_id for each in (*self.waiting, *self.given)] + list(self.skipped)
            self._reading = _readers.submit(self._next, left_out, len(self.waiting), self._labels)

    def _collect(self, wait: bool) -> None:
        if self._reading is None or not (wait or self._reading.done()):
            return
        reading, self._reading = self._reading, None
        try:
            found = reading.result()
        except RetryLater as fault:
            if wait:
                raise
            log.warning("nothing_read_ahead", reason=str(fault))  # what lies here can still be labelled
            return
        self.waiting += found.items
        if found.labels == self._labels:
            self.done = found.progress

    def _next(self, left_out: list[str], waiting: int, labels: int) -> _Read:
        few = AHEAD - waiting if waiting or labels else 1  # who comes in waits for one pair, not for all
        claims = claim_ahead(self.store, self.config, self.reviewer, self.workflow, few, left_out)
        items = []
        for claim in claims:
            try:
                detail = pair_detail(self.store, self.config, claim.pair_id, claim.occurred_at)
            except RetryLater as fault:
                log.warning("pair_not_read_ahead", pair_id=claim.pair_id, reason=str(fault))
                continue
            items.append(Item(claim, detail))
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return _Read(items, progress(self.store, self.workflow, self.reviewer, today), labels)
