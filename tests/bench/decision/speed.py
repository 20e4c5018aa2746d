"""How long it takes to decide on many cells anew, and on one."""

import time

import numpy as np

from judge.statistics.cell import Cell, Mode, Pool, Sample
from judge.statistics.decision import decide
from tests.bench.table import head, row, say

CELLS, ROUNDS = 1_000, 5
POOL = Pool(defects=107, missed=9, prior_defects=107, prior_missed=11)


def speed() -> None:
    """Prints the table: evidence, bounds, plan and records, the best of some rounds."""
    rng = np.random.default_rng(1)
    modes = (Mode.CLEAN, Mode.POOLED, Mode.LOCAL)
    cells = [_cell(rng, modes[at % 3]) for at in range(CELLS)]
    say("\nDeciding anew (evidence, bounds, plan, records), best of five, ms\n")
    head("cells", "by the clock", "of the processor")
    for number in (CELLS, 1):
        times = [_timed(cells[:number]) for _ in range(ROUNDS)]
        clock, processor = (1000 * min(one[at] for one in times) for at in range(2))
        row(f"{number:,}", f"{clock:.1f}", f"{processor:.1f}")


def _timed(cells: list[Cell]) -> tuple[float, float]:
    begun, worked = time.perf_counter(), time.process_time()
    decide(cells)
    return time.perf_counter() - begun, time.process_time() - worked


def _cell(rng: np.random.Generator, mode: Mode) -> Cell:
    agree, disagree = (int(rng.integers(low, high)) for low, high in ((2_000, 20_000), (200, 2_000)))
    samples = {}
    for name, pairs, rate in (("agree", agree, 0.002), ("disagree", disagree, 0.05)):
        judged = int(rng.integers(20, 200))
        found = int(rng.binomial(judged, rate))
        samples[name] = Sample(pairs=pairs, judged=judged, confirmed=found, audited=(judged - found) // 3)
    return Cell(budget=0.02, checked=agree + disagree + 10, settled=10, samples=samples, mode=mode, pool=POOL)
