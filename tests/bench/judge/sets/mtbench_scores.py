"""MT-bench: two answers examined alone, each with a score; paired, who came out ahead how often."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from judge.judging.combine import of_examined
from judge.judging.rubric import Choice
from judge.outcomes import Outcome
from tests.bench.checks.rows import Figure

_SAYS = {Outcome.CANDIDATE_BETTER: "candidate", Outcome.EQUIVALENT: "tie", Outcome.WORSE_MINOR: "production"}


def figures(rows: list[dict[str, Any]], reference: dict[str, Any]) -> Iterator[Figure]:
    """Through the product's rule for two examined answers: the lower score has a defect, the higher has none."""
    recorded: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    apart = []
    for row in rows:
        (said,) = json.loads(row["judge_verdicts"])
        best = max(said["score_production"], said["score_candidate"])
        found = of_examined(_choice(said["score_production"] < best), _choice(said["score_candidate"] < best))
        recorded[said["verdict"]] += 1
        ours[_SAYS[found]] += 1
        if _SAYS[found] != said["verdict"]:
            apart.append(f"{row['request_id']}: {_SAYS[found]}, recorded {said['verdict']}")
    for name in ("production", "tie", "candidate"):
        yield Figure(
            name=f"MT-bench turns, ahead: {name}",
            ours=f"{ours[name]} of {len(rows)}",
            recorded=f"{recorded[name]}",
            holds=ours[name] == recorded[name] and not apart,
            notes=apart,
        )


def _choice(behind: bool) -> Choice:
    if behind:
        return Choice(name="behind", meaning="scored lower", worse="answer", severity="minor")  # type: ignore[arg-type]
    return Choice(name="ahead", meaning="scored no lower", worse="nothing")
