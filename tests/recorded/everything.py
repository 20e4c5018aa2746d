"""A plan that has every pair judged, for tests of the judge's queue: the product's own plan asks for less."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from judge.outcomes import Stratum
from judge.sampling.judging import Unjudged
from judge.scoring.plan import JudgePlan, Plan
from shadow.store import Store

_OPEN = """
SELECT DISTINCT c.pair_id, c.occurred_at, c.stratum, c.draw
FROM checked AS c ANTI JOIN verdicts AS v ON v.pair_id = c.pair_id AND v.epoch = $epoch
WHERE c.workflow = $workflow ORDER BY c.draw LIMIT $limit
"""


def unjudged(store: Store, plan: Plan, judge: JudgePlan, limit: int) -> list[Unjudged]:
    """References to the pairs that have no verdict of this epoch."""
    found = store.read(_OPEN, {"workflow": plan.workflow, "epoch": judge.epoch, "limit": limit})
    return [Unjudged(row[0], row[1], Stratum(row[2]), 1.0) for row in found.iter_rows()]


def count_unjudged(store: Store, plan: Plan, judge: JudgePlan) -> int:
    """How many pairs wait."""
    return len(unjudged(store, plan, judge, 1_000_000))


@contextmanager
def everything() -> Iterator[None]:
    """While it is entered, scorers judge every pair, and count every other as waiting."""
    with (
        patch("judge.scoring.queue.unjudged", unjudged),
        patch("judge.scoring.scorer.count_unjudged", count_unjudged),
    ):
        yield
