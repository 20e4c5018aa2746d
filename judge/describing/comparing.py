"""Candidates on the same requests: which of two spoils more tasks.

The outcome of a request is known for both where checks settle it or the plan drew it. Which requests that are depends
on the strata that the checks put the two answers in, and on nothing else; so those known in two strata are a random
sample of them, and weigh what these strata are among all requests that both candidates answered.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import msgspec
import numpy as np

from judge.evidence.record import Versions
from judge.outcomes import Phase
from judge.readiness.assess import Readiness
from judge.readiness.line import count, method
from judge.statistics.bounds import Estimate
from judge.statistics.components import components, guess
from judge.statistics.mixture import ALPHA, interval
from judge.statistics.paired import paired
from shadow.store import Store

DAYS = 30
GUESSED = 0.02
_BOTH = """
WITH judged AS (
    SELECT pair_id, arg_min(outcome, (judged_at, verdict_id)) AS verdict FROM verdicts
    WHERE workflow = $workflow AND epoch = $epoch AND judged_at <= $as_of GROUP BY pair_id
),
reviewed AS (
    SELECT pair_id, arg_max(outcome, (reviewed_at, review_id)) AS review,
        bool_or(reason IN ('random', 'audit', 'confirm')) AS drawn
    FROM reviews WHERE workflow = $workflow AND reviewed_at <= $as_of GROUP BY pair_id
),
answered AS (
    SELECT DISTINCT topic, "partition", "offset", fingerprint, stratum,
        CASE WHEN stratum = 'settled' THEN coalesce(severity IN ('critical', 'major'), FALSE)
            WHEN verdict IS NULL AND NOT coalesce(drawn, FALSE) THEN NULL
            WHEN coalesce(review, verdict) = 'undecided' THEN NULL
            ELSE coalesce(review, verdict) IN ('worse_critical', 'worse_major', 'both_bad') END AS wrong
    FROM checked LEFT JOIN judged USING (pair_id) LEFT JOIN reviewed USING (pair_id)
    WHERE workflow = $workflow AND checks_version = $checks AND checked_at <= $as_of AND occurred_at >= $since
        AND fingerprint IN ($one, $other)
)
SELECT a.stratum AS one_stratum, b.stratum AS other_stratum, count(*) AS requests,
    count(*) FILTER (a.wrong AND NOT b.wrong) AS only_one, count(*) FILTER (b.wrong AND NOT a.wrong) AS only_other,
    count(*) FILTER (a.wrong = b.wrong) AS same
FROM answered AS a JOIN answered AS b USING (topic, "partition", "offset")
WHERE a.fingerprint = $one AND b.fingerprint = $other GROUP BY ALL ORDER BY ALL
"""
_COUNTED = ("requests", "only_one", "only_other", "same")


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of the last DAYS days that two candidates answered, and whose outcome is known for both.

    `only_one` are those that only the first spoils with a serious defect, `only_other` only the other, `same` both or
    neither. `difference` is the share of all `requests` that only the first spoils less the share that only the other
    does, -1..1, with bounds that hold at every look.
    """

    requests: int
    only_one: int
    only_other: int
    same: int
    difference: Estimate

    @property
    def known(self) -> int:
        return self.only_one + self.only_other + self.same


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two candidates of a workflow side by side, by fingerprint, and the sentence that says which is worse."""

    workflow: str
    one: str
    other: str
    compared: Compared
    sentence: str


def compare(store: Store, workflow: str, versions: Versions, one: str, other: str, as_of: datetime) -> Compared:
    """Two candidates, by fingerprint, as these versions of checks and judge, and people, saw them."""
    params: dict[str, Any] = {
        "workflow": workflow,
        "checks": versions.checks,
        "epoch": versions.epoch or "",
        "one": one,
        "other": other,
        "as_of": as_of,
        "since": as_of - timedelta(days=DAYS),
    }
    strata = store.read(_BOTH, params).to_dicts()
    return Compared(**{name: sum(row[name] for row in strata) for name in _COUNTED}, difference=difference(strata))


def comparisons(store: Store, board: Sequence[Readiness]) -> list[Comparison]:
    """Every two candidates of a workflow that both have pairs, from a board."""
    return list(_comparisons(store, board))


def _comparisons(store: Store, board: Sequence[Readiness]) -> Iterator[Comparison]:
    candidates = [each for each in board if each.phase is Phase.LIMITED and each.evidence.captured]
    for one, other in combinations(candidates, 2):
        if one.workflow == other.workflow:
            found = compare(store, one.workflow, one.evidence.versions, one.fingerprint, other.fingerprint, one.as_of)
            told = sentence(one.fingerprint, other.fingerprint, found)
            yield Comparison(
                workflow=one.workflow, one=one.fingerprint, other=other.fingerprint, compared=found, sentence=told
            )


def difference(strata: Sequence[Mapping[str, int]], alpha: float = ALPHA) -> Estimate:
    """The difference over all requests and its bounds, from the counts by the strata of both answers. Pure.

    Each row has requests, only_one, only_other and same. With one row the bounds are those of the betting mixture on
    X in {-1, 0, 1}; with several they are those of two weighted sums of rates, half of alpha each, set against each
    other. A stratum of which nothing is known may hold anything.
    """
    requests, plus, minus, same = (np.array([row[name] for row in strata], dtype=float) for name in _COUNTED)
    known = plus + minus + same
    if not known.sum():
        return Estimate(None, -1.0, 1.0)
    if len(strata) == 1:
        one = paired(plus, minus, same, margin=0.0, alpha=alpha)
        return Estimate(float(one.estimate[0]), float(one.lower[0]), float(one.upper[0]))
    weight = requests / requests.sum()
    a, b = guess(np.full(len(strata), GUESSED))
    of_one, of_other = (interval(components(known, k, weight, a, b), alpha / 2) for k in (plus, minus))
    seen = known > 0
    rate = None if not seen.all() else float(np.sum(weight * (plus - minus) / known))
    return Estimate(
        rate,
        max(-1.0, float(of_one.lower) - float(of_other.upper)),
        min(1.0, float(of_one.upper) - float(of_other.lower)),
    )


def sentence(one: str, other: str, found: Compared) -> str:
    """Which of the two is worse, as a line of text."""
    both = f"{one} and {other} on {count(found.requests, 'same request')}"
    if not found.known:
        return f"{both}: no outcome is known for both yet"
    low, high = 100 * found.difference.lower, 100 * found.difference.upper
    end = f"{one} is worse" if low > 0 else f"{other} is worse" if high < 0 else "no difference is shown"
    rate = found.difference.rate
    points = "unknown" if rate is None else f"{100 * rate:+.1f} points"
    return (
        f"{both}, {found.known:,} known for both: difference in serious defects {points}, between {low:+.1f} and "
        f"{high:+.1f} ({method(ALPHA)}): {end}"
    )
