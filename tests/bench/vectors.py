"""`make vectors`: the largest difference from cases that state counts, weights, guesses, evidence and bounds.

Usage: python -m tests.bench.vectors [FILE]. Without a file: ../shared/vectors/readiness_vectors.json, looked for beside
the checkout and above. Fails above 1e-6. A case has mode, n, k, w, threshold, prior_a, prior_b, log_e_promote,
log_e_reject, lower and upper, at alpha 0.05.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from judge.statistics.components import components
from judge.statistics.mixture import interval, log_e
from judge.statistics.worst_case import Side

BAR = 1e-6
WHERE = Path("shared/vectors/readiness_vectors.json")
FIGURES = ("log_e_promote", "log_e_reject", "lower", "upper")


def find(beside: Path = Path(__file__)) -> Path | None:
    """The file in a folder named shared beside the checkout or above it, None when there is none."""
    return next((folder / WHERE for folder in beside.resolve().parents if (folder / WHERE).is_file()), None)


def differences(case: dict[str, Any]) -> dict[str, float]:
    """How far each figure of a case is from ours."""
    data = components(case["n"], case["k"], case["w"], case["prior_a"], case["prior_b"])
    low, high = interval(data)
    ours = (*(log_e(data, case["threshold"], side) for side in (Side.PROMOTE, Side.REJECT)), low, high)
    return {name: abs(float(mine) - case[name]) for name, mine in zip(FIGURES, ours, strict=True)}


def main(path: Path | None) -> int:
    """Exit code 1 when a figure differs by more than the bar, or there is nothing to compare."""
    if path is None or not path.is_file():
        sys.stdout.write(f"vectors: no file {path or WHERE} found; name one with FILE=PATH\n")
        return 1
    cases = json.loads(path.read_text())
    worst = dict.fromkeys(FIGURES, 0.0)
    for case in cases:
        for name, difference in differences(case).items():
            worst[name] = float(np.fmax(worst[name], difference)) if np.isfinite(difference) else np.inf
    for name, difference in worst.items():
        sys.stdout.write(f"| {name} | {difference:.2e} |\n")
    largest = max(worst.values())
    verdict = "holds" if cases and largest <= BAR else "MISSED"
    sys.stdout.write(f"vectors: {len(cases)} cases, largest difference {largest:.2e}, bar {BAR:g}: {verdict}\n")
    return 0 if verdict == "holds" else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] and sys.argv[1] else find()))
