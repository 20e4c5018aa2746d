"""Ask the judge for its own measurement: the same question again, and good answers that were spoilt.

Both cost calls, so they are made when somebody asks for them, through the same till as every other call.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl

from connectors.errors import UserError
from connectors.types import Model
from judge.calibration.mutations import applicable
from judge.judging.panel import Judge, ask
from judge.judging.verdict import ask_again
from judge.scoring.plan import JudgePlan, Plan
from judge.scoring.worklist import fetch
from shadow.store import Store
from shadow.types import Pair

Through = Callable[[Judge, Pair, bool], Model]
"""How a judge is asked about a pair; True: its own reply, whatever it replied before."""
_TIME = pl.Datetime("us", "UTC")
_OTHERS = 50
# Production's answer is good where a person found no fault with it, or where a check did: not where both are bad.
_GOOD = """
SELECT c.pair_id, c.occurred_at FROM (
    SELECT pair_id, occurred_at, draw, stratum, outcome FROM checked
    WHERE workflow = $workflow AND checks_version = $version
    QUALIFY row_number() OVER (PARTITION BY pair_id ORDER BY checked_at) = 1
) AS c
LEFT JOIN (SELECT pair_id, outcome AS review FROM current_reviews WHERE workflow = $workflow) AS r USING (pair_id)
WHERE coalesce(r.review, c.outcome, 'equivalent') NOT IN ('candidate_better', 'both_bad', 'undecided')
    AND (r.review IS NOT NULL OR c.stratum <> 'disagree')
    AND c.pair_id NOT IN (SELECT pair_id FROM seeded WHERE workflow = $workflow AND epoch = $epoch)
ORDER BY r.review IS NULL, c.draw LIMIT $limit
"""
_JUDGED = """
SELECT v.pair_id, v.occurred_at, v.judge, v.choice_production_first FROM verdicts AS v
WHERE v.workflow = $workflow AND v.epoch = $epoch AND v.error IS NULL AND v.judge IS NOT NULL
    AND v.reply_production_first IS NOT NULL
    AND v.pair_id NOT IN (SELECT pair_id FROM repeats WHERE workflow = $workflow AND epoch = $epoch)
QUALIFY row_number() OVER (PARTITION BY v.pair_id ORDER BY v.judged_at) = 1
ORDER BY hash(v.pair_id) LIMIT $limit
"""
_SEEDED: dict[str, Any] = {
    "seeded_id": pl.String, "pair_id": pl.String, "workflow": pl.String, "fingerprint": pl.String, "occurred_at": _TIME,
    "epoch": pl.String, "mutation": pl.String, "outcome": pl.String, "worst": pl.String, "seeded_at": _TIME,
}  # fmt: skip
_REPEATED: dict[str, Any] = {
    "repeat_id": pl.String, "pair_id": pl.String, "workflow": pl.String, "fingerprint": pl.String, "occurred_at": _TIME,
    "epoch": pl.String, "judge": pl.String, "first_shown": pl.String, "before": pl.String, "again": pl.String,
    "repeated_at": _TIME,
}  # fmt: skip


async def seed(store: Store, plan: Plan, judge: JudgePlan, through: Through, wanted: int) -> int:
    """Show the judges spoilt answers of production as the candidate's, at most `wanted`; returns how many were made.

    Each kind of mutation as often as the answers allow. Stored one by one, so that what was paid for is kept.
    Raises RetryLater when a judge gives no reply, and UserError when no answer can be spoilt.
    """
    params = {"workflow": plan.workflow, "version": plan.checks_version, "epoch": judge.epoch}
    found = store.read(_GOOD, {**params, "limit": 4 * wanted})
    pairs = [fetch(store, [reference])[0] for reference in found.iter_rows()]
    pairs = [pair for pair in pairs if pair.production.error is None and _askable(judge, pair)]
    others = [pair.production for pair in pairs[:_OTHERS]]
    made: Counter[str] = Counter()
    for pair in pairs:
        if made.total() == wanted:
            break
        spoilt = applicable(pair.production, others, pair.pair_id)
        if not spoilt:
            continue
        mutation = min(spoilt, key=lambda name: (made[name], name))
        shown = msgspec.structs.replace(pair, candidate=spoilt[mutation])
        verdict = await ask(judge.panel.through(_plainly(through, shown)), judge.rubric, shown)
        epoch = judge.epochs.of(verdict.served, [each.name for each in judge.panel.judges])
        row = (
            _id(pair.pair_id, epoch, mutation), *_of(pair), epoch, mutation, verdict.outcome, verdict.worst,
            datetime.now(UTC),
        )  # fmt: skip
        store.append("seeded", pl.DataFrame([row], schema=_SEEDED, orient="row"))
        made[mutation] += 1
    if not made:
        raise UserError(
            f"workflows.{plan.workflow}: no good answer of production can be spoilt; run shadowjudge score, or label "
            "pairs, and try again."
        )
    return made.total()


async def repeat(store: Store, plan: Plan, judge: JudgePlan, through: Through, wanted: int) -> int:
    """Ask again, in the same order, what at most `wanted` verdicts rest on; returns how many were asked.

    Raises RetryLater when a judge gives no reply.
    """
    judges = {each.name: each for each in judge.panel.everyone}
    rows = store.read(_JUDGED, {"workflow": plan.workflow, "epoch": judge.epoch, "limit": wanted}).rows()
    for pair_id, occurred_at, name, before in rows:
        pair = fetch(store, [(pair_id, occurred_at)])[0]
        opinion = await ask_again(through(judges[name], pair, True), judge.rubric, pair)
        row = (
            _id(pair_id, judge.epoch, name), *_of(pair), judge.epoch, name, "production", before, opinion.reply.choice,
            datetime.now(UTC),
        )  # fmt: skip
        store.append("repeats", pl.DataFrame([row], schema=_REPEATED, orient="row"))
    return len(rows)


def _askable(judge: JudgePlan, pair: Pair) -> bool:
    return judge.rubric.kind != "reference" or pair.ground_truth is not None


def _plainly(through: Through, pair: Pair) -> Callable[[Judge], Model]:
    return lambda judge: through(judge, pair, False)


def _of(pair: Pair) -> tuple[Any, ...]:
    return pair.pair_id, pair.workflow, pair.fingerprint, pair.occurred_at


def _id(*parts: str) -> str:
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()
