"""LLMBar and three more sets: accuracies, agreement of both orders and kappa of every recorded judge."""

import math
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from judge.calibration.calibrate import Calibration
from judge.outcomes import Outcome, State
from judge.statistics.agreement import cohen_kappa
from tests.bench.checks.rows import Figure
from tests.bench.judge.recorded import Read, by_judge, calibrated, leaning

SHOWN = (
    "LLMBar/Natural|GPT-4/Vanilla",
    "LLMBar/Natural|ChatGPT/Vanilla",
    "LLMBar/Adversarial/Neighbor|ChatGPT/Vanilla",
)


def figures(rows: list[dict[str, Any]], reference: dict[str, Any]) -> Iterator[Figure]:
    """Every judge of every part against the source's counts; then whom the product accepts."""
    parts: dict[str, list[Read]] = defaultdict(list)
    for judge, reads in by_judge(rows).items():
        for read in reads:
            parts[f"{read.label['subset']}|{judge}"].append(read)
    recorded = {name: each["dev"] for name, each in reference["judges"].items()}
    counts = {name: _counts(reads) for name, reads in parts.items()}
    wrong = [
        f"{name}: {counts.get(name)} recorded {recorded[name]}"
        for name in recorded
        if counts.get(name) != recorded[name]
    ]
    yield Figure(
        name="accuracy AB, BA, both; equal orders: judges that are exact",
        ours=f"{len(recorded) - len(wrong)} of {len(recorded)}",
        recorded=f"{len(recorded)} judges",
        holds=not wrong,
        notes=wrong,
    )
    kappas = {name: _kappas(reads) for name, reads in parts.items()}
    apart = [f"{name}: {ours} by hand {hand}" for name, (ours, hand) in kappas.items() if not _same(ours, hand)]
    yield Figure(
        name="kappa of both orders, {output 1, anything else}",
        ours=f"{len(kappas) - len(apart)} of {len(kappas)}",
        recorded="exact fractions",
        holds=not apart and len(kappas) == len(recorded),
        notes=apart,
    )
    for name in SHOWN:
        counted = counts[name]
        yield Figure(
            name=name,
            ours=f"AB {_share(counted, 'correct_AB')} BA {_share(counted, 'correct_BA')} both "
            f"{_share(counted, 'correct_both')} kappa {kappas[name][0]:.3f}",
            recorded=" ".join(f"{_share(recorded[name], f'correct_{each}')}" for each in ("AB", "BA", "both")),
            holds=None,
        )
    natural = {
        judge.partition("|")[2]: calibrated(parts[judge])
        for judge in sorted(parts)
        if judge.startswith("LLMBar/Natural|GPT-4/")
    }
    yield _decided("GPT-4 on Natural, every prompt", natural, State.READY)
    adversarial: dict[str, list[Read]] = defaultdict(list)
    for name, reads in parts.items():
        part, _, judge = name.partition("|")
        if part.startswith("LLMBar/Adversarial/") and judge.startswith("ChatGPT/"):
            adversarial[judge] += reads
    yield _decided(
        "ChatGPT on Adversarial, every prompt",
        {judge: calibrated(reads) for judge, reads in adversarial.items()},
        State.BLOCKED,
    )


def _counts(reads: list[Read]) -> dict[str, int]:
    return {
        "n": len(reads),
        "correct_AB": sum(read.orders[0] is read.truth for read in reads),
        "correct_BA": sum(read.orders[1] is read.truth for read in reads),
        "correct_both": sum(read.verdict.outcome is read.truth for read in reads),
        "equal": sum(read.orders[0] is read.orders[1] for read in reads),
    }


def _kappas(reads: list[Read]) -> tuple[float, float]:
    """The product's kappa of both orders, and the same from exact fractions."""
    table = [[0, 0], [0, 0]]
    for read in reads:
        one, other = (order is not Outcome.WORSE_MAJOR for order in read.orders)
        table[one][other] += 1
    n = len(reads)
    observed = Fraction(table[0][0] + table[1][1], n)
    chance = sum(Fraction(sum(table[i]), n) * Fraction(table[0][i] + table[1][i], n) for i in (0, 1))
    by_hand = math.nan if chance == 1 else float((observed - chance) / (1 - chance))
    return cohen_kappa(table).kappa, by_hand


def _same(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or abs(one - other) < 1e-12


def _share(counted: dict[str, int], what: str) -> str:
    return f"{counted[what] / counted['n']:.3f}"


def _decided(name: str, found: dict[str, Calibration], wanted: State) -> Figure:
    said = {State.READY: "accepted", State.BLOCKED: "refused", State.INSUFFICIENT_EVIDENCE: "too few labels"}
    holding = sum(each.state is wanted for each in found.values())
    return Figure(
        name=name,
        ours=f"{said[wanted]}: {holding} of {len(found)}",
        recorded=said[wanted],
        holds=holding == len(found) > 0,
        notes=[f"{judge}: {each.sentence}{leaning(each)}" for judge, each in found.items()],
    )
