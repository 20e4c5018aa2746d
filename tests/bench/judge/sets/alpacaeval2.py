"""AlpacaEval: win rates of seventeen models, and what the place of an answer does to them."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from statistics import mean, variance
from typing import Any

from tests.bench.checks.rows import Figure


def figures(rows: list[dict[str, Any]], reference: dict[str, Any]) -> Iterator[Figure]:
    """The mean recorded preference for the candidate, in all and by the place it was shown in."""
    preferred: dict[str, dict[str, list[float]]] = defaultdict(lambda: {"AB": [], "BA": []})
    for row in rows:
        for each in json.loads(row["judge_verdicts"]):
            preferred[row["candidate_model"]][each["order"]].append(each["preference_for_candidate"])
    for model, recorded in sorted(reference["models"].items()):
        second, first = preferred[model]["AB"], preferred[model]["BA"]
        rate = 100 * mean(first + second)
        effect = mean(first) - mean(second)
        error = math.sqrt(variance(first) / len(first) + variance(second) / len(second))
        yield Figure(
            name=f"{model}: win rate, %",
            ours=f"{rate:.6f}",
            recorded=f"{recorded['win_rate_dev']:.6f}",
            holds=abs(rate - recorded["win_rate_dev"]) < 1e-6 and len(first + second) == recorded["n_dev"],
            notes=[
                f"shown first {100 * mean(first):.1f} % of {len(first)}, second {100 * mean(second):.1f} % of "
                f"{len(second)}: position effect {100 * effect:+.1f} points (standard error {100 * error:.1f})"
            ],
        )
