"""JudgeBench: correct pairs of every judge, by category; and Claude 3 Haiku refused."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from judge.outcomes import State
from tests.bench.checks.rows import Figure
from tests.bench.judge.recorded import Read, by_judge, calibrated, leaning, outcome

HAIKU = "arena_hard/claude-3-haiku-20240307"
_OPPOSITE = {outcome("production"): outcome("candidate"), outcome("candidate"): outcome("production")}


def figures(rows: list[dict[str, Any]], reference: dict[str, Any]) -> Iterator[Figure]:
    """Right, as the source has it, when more orders say the truth than its opposite; a verdict of ours needs both."""
    found = by_judge(rows)
    for name, recorded in sorted(reference["judges"].items()):
        answers, _, judge = name.partition("|")
        reads = [read for read in found[judge] if read.label["id"].startswith(answers)]
        right = sum(map(_right, reads))
        of = Counter(_category(read) for read in reads)
        good = Counter(_category(read) for read in reads if _right(read))
        shares = ", ".join(f"{category} {good[category]}/{n}" for category, n in sorted(of.items()))
        calibration = calibrated(reads, by_people=False)
        yield Figure(
            name=judge,
            ours=f"{right} of {len(reads)}",
            recorded=f"{recorded['dev']['correct']} of {recorded['dev']['n']}",
            holds=(right, len(reads)) == (recorded["dev"]["correct"], recorded["dev"]["n"]),
            notes=[shares, calibration.sentence + leaning(calibration)],
        )
    haiku = calibrated(found[HAIKU], by_people=False)
    yield Figure(
        name="Claude 3 Haiku as a judge",
        ours="refused" if haiku.state is State.BLOCKED else str(haiku.state),
        recorded="refused",
        holds=haiku.state is State.BLOCKED,
        notes=[haiku.sentence + leaning(haiku)],
    )


def _right(read: Read) -> bool:
    return sum((order is read.truth) - (order is _OPPOSITE[read.truth]) for order in read.orders) > 0


def _category(read: Read) -> str:
    source = str(read.label["source"])
    known = {"livebench-math": "math", "livebench-reasoning": "reasoning", "livecodebench": "coding"}
    return known.get(source, "knowledge")
