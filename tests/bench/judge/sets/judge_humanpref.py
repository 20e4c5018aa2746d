"""PandaLM's annotators against each other, and Auto-J against people and against itself."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from judge.statistics.agreement import cohen_kappa
from judge.statistics.rate import bounds
from tests.bench.checks.rows import Figure
from tests.bench.judge.recorded import by_judge

LABELS = ("production", "candidate", "tie")
PUBLISHED_KAPPAS = (0.85, 0.86, 0.88)
"""Of the 999 pairs of which these rows are a part (PandaLM, Wang et al. 2023, section 3), in no stated order."""
PUBLISHED_AUTOJ = {"agreement": 0.5496, "consistency": 0.8341}
"""Of the 1,392 pairs of which these rows are a part (Auto-J, Li et al. 2023, table 1)."""


def figures(rows: list[dict[str, Any]], reference: dict[str, Any]) -> Iterator[Figure]:
    """Exact on these rows by a second way of counting; the published figures of all rows lie within the error."""
    votes = [json.loads(row["human_votes"]) for row in rows if row["workflow"] == "judge_pandalm"]
    kappas = sorted(_kappa(votes, i, j) for i, j in itertools.combinations(range(3), 2))
    for (kappa, error, by_hand, who), published in zip(kappas, PUBLISHED_KAPPAS, strict=True):
        yield Figure(
            name=f"PandaLM, kappa of annotators {who} on {len(votes)} pairs",
            ours=f"{kappa:.3f} (standard error {error:.3f})",
            recorded=f"{published:.2f} on 999",
            holds=abs(kappa - by_hand) < 1e-12 and abs(kappa - published) < 1.96 * error + 0.005,
        )
    reads = by_judge(row for row in rows if row["workflow"] == "judge_autoj")["Auto-J-13B"]
    counted = {
        "agreement": sum(read.verdict.outcome is read.truth for read in reads),
        "consistency": sum(read.orders[0] is read.orders[1] for read in reads),
    }
    again = _autoj(rows)
    for name, k in counted.items():
        found = bounds(k, len(reads))
        yield Figure(
            name=f"Auto-J, {name} on {len(reads)} pairs",
            ours=f"{k / len(reads):.4f} ({k})",
            recorded=f"{PUBLISHED_AUTOJ[name]:.4f} on 1,392",
            holds=k == again[name] and bool(found.lower < PUBLISHED_AUTOJ[name] < found.upper),
        )


def _kappa(votes: list[list[str]], i: int, j: int) -> tuple[float, float, float, str]:
    table = Counter((vote[i], vote[j]) for vote in votes)
    found = cohen_kappa([[table[one, other] for other in LABELS] for one in LABELS])
    n = len(votes)
    observed = Fraction(sum(vote[i] == vote[j] for vote in votes), n)
    chance = sum(
        Fraction(sum(vote[i] == label for vote in votes), n) * Fraction(sum(vote[j] == label for vote in votes), n)
        for label in LABELS
    )
    return found.kappa, found.standard_error, float((observed - chance) / (1 - chance)), f"{i + 1} and {j + 1}"


def _autoj(rows: list[dict[str, Any]]) -> Counter[str]:
    """The same two counts from the recorded raw results: 0 the first, 1 the second, 2 a tie, as they were shown."""
    counted: Counter[str] = Counter()
    for row in rows:
        if row["workflow"] == "judge_autoj":
            said = {each["order"]: each["raw_result"] for each in json.loads(row["judge_verdicts"])}
            turned = {0: 1, 1: 0}.get(said["BA"], said["BA"])
            counted["consistency"] += said["AB"] == turned
            counted["agreement"] += said["AB"] == turned == LABELS.index(row["human_label"])
    return counted
