"""Ask production again on a share of the stored pairs, and say who differs from its first answer.

It reads from the store like the scorer, so the mirror waits for nothing. The request that is stored is scrubbed, as the
candidate got it; production's first answer was to the request as it was. What scrubbing changes is part of the floor.
Every call is capped, and entered in the ledger before it is made and when it has ended, as those to the judge are.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl
import structlog

from connectors.errors import RetryLater
from connectors.types import Completion, Model
from judge.checking.loading import LoadedCheck, checks_version, load_checks
from judge.checking.settle import examine
from judge.money.budget import CapReached
from judge.money.till import Priced, Till
from judge.outcomes import Status
from judge.scoring.worklist import fetch
from shadow.config import Config
from shadow.demands import NoiseFloor
from shadow.store import Store
from shadow.types import Pair

AT_ONCE = 4
IDLE_S = 2.0
RETRY_S = 30.0
# A second uniform number from the digits of the draw that the plan does not go by.
_NEXT = """
SELECT DISTINCT c.pair_id, c.occurred_at, (c.draw * 1048573) % 1 AS turn
FROM checked AS c ANTI JOIN second_answers AS s ON s.pair_id = c.pair_id AND s.checks_version = c.checks_version
WHERE c.workflow = $workflow AND c.checks_version = $version AND c.textless IS NOT TRUE
    AND (c.draw * 1048573) % 1 < $share
ORDER BY turn LIMIT $limit
"""
_KNOWN = """
SELECT completion FROM second_answers
WHERE topic = $topic AND "partition" = $partition AND "offset" = $offset AND model = $model AND error IS NULL LIMIT 1
"""
_TIME = pl.Datetime("us", "UTC")
log = structlog.get_logger()


class Again:
    """Asks production again for every workflow that wants its noise floor measured. Use it in one event loop."""

    def __init__(
        self, store: Store, config: Config, models: Mapping[str, Model], where: str = "the configuration"
    ) -> None:
        """`models` holds those that noise floors name. Raises UserError for checks that cannot be used."""
        self._store = store
        self._plans = [
            _Plan(
                name,
                floor,
                Priced(models[floor.model], config.models[floor.model].prices, AT_ONCE),
                load_checks(name, workflow.checks, where),
            )
            for name, workflow in config.workflows.items()
            if (floor := workflow.noise_floor) is not None
        ]
        caps = {plan.workflow: plan.settings.max_usd_per_day for plan in self._plans}
        self.till = Till(store, caps, [], "noise_floor")
        self._rests: dict[str, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until `stop`; an endpoint that is away is tried again after RETRY_S seconds."""
        while not stop.is_set():
            wait_s = IDLE_S
            try:
                if await self.ask_once(AT_ONCE):
                    wait_s = 0.0
            except RetryLater as fault:
                log.warning("noise_floor_waits", reason=str(fault))
                wait_s = fault.after_s or RETRY_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait_s)

    async def ask_once(self, limit: int = 10_000) -> int:
        """Ask about the next pairs of every workflow, at most `limit` each; returns how many second answers there are.

        A workflow that has reached its cap of the day is left alone until it may ask again. Raises RetryLater when
        production, or the store, gives no answer; what was answered by then is stored.
        """
        done = 0
        for plan in self._plans:
            if time.monotonic() < self._rests.get(plan.workflow, 0.0):
                continue
            try:
                done += await self._ask(plan, limit)
            except CapReached as cap:
                self._rests[plan.workflow] = time.monotonic() + (cap.after_s or RETRY_S)
                log.warning("noise_floor_rests", reason=str(cap))
        return done

    async def _ask(self, plan: "_Plan", limit: int) -> int:
        params = {
            "workflow": plan.workflow,
            "version": checks_version(plan.checks),
            "share": plan.settings.share,
            "limit": limit,
        }
        chosen = await asyncio.to_thread(self._store.read, _NEXT, params)
        references = [(row[0], row[1]) for row in chosen.iter_rows()]
        pairs = await asyncio.to_thread(fetch, self._store, references)
        answers = await asyncio.gather(*(self._answer(plan, pair) for pair in pairs), return_exceptions=True)
        given = zip(pairs, answers, strict=True)
        rows = [_row(plan, pair, answer) for pair, answer in given if isinstance(answer, Completion)]
        if rows:
            await asyncio.to_thread(
                self._store.append, "second_answers", pl.DataFrame(rows, schema=_SCHEMA, orient="row")
            )
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return len(rows)

    async def _answer(self, plan: "_Plan", pair: Pair) -> Completion:
        """Production's second answer; the one that is stored, where another candidate's pair of this record has it."""
        origin = pair.origin
        where: dict[str, Any] = {
            "topic": origin.topic,
            "partition": origin.partition,
            "offset": origin.offset,
            "model": plan.asked.model.fingerprint,
        }
        known = await asyncio.to_thread(self._store.read, _KNOWN, where)
        if not known.is_empty():
            return msgspec.json.decode(known.item(), type=Completion)
        answer = await self.till.ask(plan.asked, pair.request, plan.workflow, pair.pair_id, fresh=True)
        if answer.error is not None:
            raise RetryLater(f"{plan.workflow}: production gave no second answer: {answer.error}")
        return answer


class _Plan(msgspec.Struct, frozen=True):
    workflow: str
    settings: NoiseFloor
    asked: Priced
    checks: list[LoadedCheck]


_SCHEMA: dict[str, Any] = {
    **dict.fromkeys(("pair_id", "workflow", "fingerprint"), pl.String),
    "occurred_at": _TIME,
    "topic": pl.String,
    "partition": pl.Int32,
    "offset": pl.Int64,
    **dict.fromkeys(("model", "completion", "error", "checks_version"), pl.String),
    **dict.fromkeys(("self_differs", "candidate_differs"), pl.Boolean),
    "asked_at": _TIME,
}


def differs(checks: Sequence[LoadedCheck], pair: Pair) -> bool:
    """True when a comparison says that the second arm's answer is another one than production's first."""
    return any(each.kind == "agreement" and each.status is Status.FAIL for each in examine(checks, pair))


def _row(plan: _Plan, pair: Pair, answer: Completion) -> tuple[Any, ...]:
    again = msgspec.structs.replace(pair, candidate=answer)
    return (
        pair.pair_id, pair.workflow, pair.fingerprint, pair.occurred_at, pair.origin.topic, pair.origin.partition,
        pair.origin.offset, plan.asked.model.fingerprint, msgspec.json.encode(answer).decode(), answer.error,
        checks_version(plan.checks), differs(plan.checks, again),
        pair.candidate.error is not None or differs(plan.checks, pair), datetime.now(UTC),
    )  # fmt: skip
