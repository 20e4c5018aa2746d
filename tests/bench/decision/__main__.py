"""`make bench-decision`: false promotion, cost and coverage of the decision in made-up worlds, beside what others do.

Fixed seeds; the product's own counts, evidence, plan and bounds make every decision, with a look after every batch. The
figures of the design (published) stand beside ours, and a ratio above 1 says where ours is worse. Fails when a false
promotion rate is above alpha + 3 standard errors. Usage: python -m tests.bench.decision [--short]
"""

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np

from judge.statistics.cell import Mode
from tests.bench.decision.others import clopper_pearson, disagreements_only, peeked, wald, wilson
from tests.bench.decision.ours import ALPHA, Ended, Setting, run
from tests.bench.decision.speed import speed
from tests.bench.decision.world import World
from tests.bench.table import head, percent, row, say

BUDGET, SEED = 0.02, 20_261_124
JUDGE = {"sensitivity": 0.9, "specificity": 0.9}


class Cost(NamedTuple):
    """A world, how the product is set in it, and the published figures: judge calls, reviews (None: not published)."""

    world: World
    setting: Setting
    published: int | None
    reviews: int | None = None


def clean(rate: float, disagree: float, hidden: float, published: int) -> Cost:
    """A perfect judge."""
    return Cost(World(rate, disagree, hidden), Setting(), published)


def real(mode: Mode, rate: float, published: int | None, reviews: int | None, slack: float = 1.0) -> Cost:
    """A judge of sensitivity and specificity 0.9."""
    return Cost(World(rate, **JUDGE), Setting(mode, slack=slack), published, reviews)


COSTS = [
    clean(0.0025, 0.1, 0.1, 258),
    clean(0.005, 0.05, 0.1, 347),
    clean(0.005, 0.1, 0.1, 346),
    clean(0.005, 0.3, 0.1, 376),
    clean(0.005, 0.3, 0.3, 405),
    clean(0.01, 0.05, 0.1, 770),
    clean(0.01, 0.1, 0.1, 801),
    clean(0.01, 0.3, 0.3, 1129),
    clean(0.03, 0.05, 0.1, 242),
    clean(0.03, 0.1, 0.1, 553),
    clean(0.03, 0.3, 0.1, 1654),
    clean(0.03, 0.3, 0.3, 3177),
    clean(0.05, 0.1, 0.1, 97),
    clean(0.05, 0.3, 0.3, 410),
    real(Mode.POOLED, 0.0025, None, None),
    real(Mode.POOLED, 0.005, 495, 53),
    real(Mode.POOLED, 0.01, 1144, 134),
    real(Mode.POOLED, 0.03, 756, 191),
    real(Mode.POOLED, 0.05, 113, 35),
    real(Mode.POOLED, 0.005, 541, None, 1.5),
    real(Mode.POOLED, 0.01, 1532, None, 1.5),
    real(Mode.LOCAL, 0.0025, None, None),
    real(Mode.LOCAL, 0.005, 462, 387),
    real(Mode.LOCAL, 0.01, 1263, 837),
    real(Mode.LOCAL, 0.03, 1140, 304),
    real(Mode.LOCAL, 0.05, 119, 37),
]

AT_BUDGET: list[tuple[str, World, Setting]] = [
    ("clean", World(BUDGET, 0.05, 0.1), Setting()),
    ("clean", World(BUDGET, 0.1, 0.1), Setting()),
    ("clean", World(BUDGET, 0.3, 0.3), Setting()),
    ("clean, half are hard fails", World(BUDGET, 0.1, 0.1, hard_share=0.5), Setting()),
    ("pooled, slack 1", World(BUDGET, **JUDGE), Setting(Mode.POOLED)),
    ("pooled, slack 1.5", World(BUDGET, **JUDGE), Setting(Mode.POOLED, slack=1.5)),
    ("local", World(BUDGET, **JUDGE), Setting(Mode.LOCAL)),
]


class Sizes(NamedTuple):
    """How much is simulated."""

    false_runs: int
    false_cap: int
    cost_runs: int
    coverage_runs: int
    coverage_cap: int


FULL, SHORT = Sizes(2500, 6_000, 1000, 2000, 1500), Sizes(200, 1_000, 40, 100, 400)


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when a candidate at the budget is promoted too often, or a bound misses too often."""
    sizes, begun = SHORT if "--short" in arguments else FULL, time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        worst = false_promotions(sizes, pool.map)
        worse, total = costs(sizes, pool.map)
        missed = coverage(sizes, pool.map)
    speed()
    bar_false, bar_missed = bar(sizes.false_runs), bar(sizes.coverage_runs)
    holds = worst <= bar_false and missed <= bar_missed
    say(
        f"\nbench-decision: promotes at most {percent(worst)} of candidates at the budget (bar {percent(bar_false)}); "
        f"bounds miss in {percent(missed)} (bar {percent(bar_missed)}); {total - worse} of {total} published costs "
        f"reached; {time.perf_counter() - begun:.0f} s: {'holds' if holds else 'MISSED'}"
    )
    return 0 if holds else 1


def false_promotions(sizes: Sizes, each: Callable[..., object]) -> float:
    """The table of candidates that sit exactly on the budget; the largest share that the product promotes."""
    runs, cap = sizes.false_runs, sizes.false_cap
    say(f"\nA candidate exactly on the budget of {percent(BUDGET)}: share of {runs:,} runs, up to {cap:,} labels\n")
    head("what decides", "disagreeing", "hidden", "promoted", "rejected")
    ended = list(each(_ours, [(world, setting._replace(cap=cap), runs) for _, world, setting in AT_BUDGET]))
    for (name, world, _), one in zip(AT_BUDGET, ended, strict=True):
        row(f"ours, {name}", f"{world.disagree:g}", f"{world.hidden:g}", percent(one.promoted), percent(one.rejected))
    plain = World(BUDGET)
    for name, one in (
        ("Wilson, peeked", peeked(plain, wilson, BUDGET, cap, runs, SEED)),
        ("Wald, peeked", peeked(plain, wald, BUDGET, cap, runs, SEED)),
        ("exact, 20 looks planned (Bonferroni)", clopper_pearson(plain, BUDGET, cap, runs, SEED)),
    ):
        row(name, "any", "any", percent(one.promoted), percent(one.rejected))
    for hidden, specificity in ((0.1, 1.0), (0.3, 0.98), (0.5, 0.98)):
        world = World(BUDGET, 0.1, hidden, 0.9, specificity)
        one = disagreements_only(world, BUDGET, cap, runs, SEED)
        name = f"judged disagreements only, judge 0.9 / {specificity:g} believed, Wilson peeked"
        row(name, "0.1", f"{hidden:g}", percent(one.promoted), percent(one.rejected))
    return max(one.promoted for one in ended)


def costs(sizes: Sizes, each: Callable[..., object]) -> tuple[int, int]:
    """The table of judge calls and reviews to a decision; how many published figures are missed, of how many."""
    say(
        f"\nTo a decision, mean of {sizes.cost_runs:,} runs; budget {percent(BUDGET)}; a tenth of the defects are hard "
        "fails.\nours / published above 1: ours is worse.\nexact: uniform sampling, Clopper-Pearson, 20 looks, "
        "Bonferroni.\n"
    )
    names = ["mode", "true", "disagreeing", "hidden", "calls (median, p90)", "reviews", "decided right", "pairs needed"]
    names += ["published calls / reviews", "ours / published", "exact: calls / reviews", "exact / ours"]
    head(*names, "all of 10,000 / ours")
    settings = [(cost.world, cost.setting, sizes.cost_runs) for cost in COSTS]
    fixed = each(_exact, [(cost.world, sizes.cost_runs) for cost in COSTS])
    compared = zip(COSTS, each(_ours, settings), fixed, strict=True)
    worse = [cost_row(cost, ours, exact) for cost, ours, exact in compared]
    return sum(worse), sum(cost.published is not None for cost in COSTS)


def cost_row(cost: Cost, ours: Ended, exact: Ended) -> bool:
    """Prints a row; true where the published figure is missed by more than three standard errors of our mean."""
    world, setting = cost.world, cost.setting
    calls, other = float(np.mean(ours.calls)), float(np.mean(exact.calls))
    median, p90 = np.percentile(ours.calls, [50, 90])
    error = 3 * float(np.std(ours.calls)) / ours.calls.size**0.5
    missed = cost.published is not None and calls - error > cost.published
    by_people = setting.mode is not Mode.CLEAN
    row(
        f"pooled, slack {setting.slack:g}" if setting.mode is Mode.POOLED else setting.mode,
        percent(world.rate, 2),
        f"{world.disagree:g}",
        f"{world.hidden:g}",
        f"{calls:,.0f} ({median:,.0f}, {p90:,.0f})",
        f"{np.mean(ours.looks):,.0f}" if by_people else "-",
        percent(ours.promoted if world.rate < BUDGET else ours.rejected),
        f"{np.mean(ours.pairs):,.0f}",
        f"{cost.published or '-'} / {cost.reviews or '-'}",
        f"{calls / cost.published:.2f}{' worse' if missed else ''}" if cost.published else "-",
        f"{other:,.0f} / {np.mean(exact.looks):,.0f}" if by_people else f"{other:,.0f}",
        f"{other / calls:.1f}",
        f"{10_000 / calls:.0f}",
    )
    return missed


def coverage(sizes: Sizes, each: Callable[..., object]) -> float:
    """How often a bound excludes the true rate of the observed mix at any look; the largest share."""
    say(
        f"\nBounds that exclude the true rate at any look up to {sizes.coverage_cap:,} calls, share of "
        f"{sizes.coverage_runs:,} runs (nominal {percent(ALPHA)}).\nTraffic arrives only as labels need it, so the "
        "share of hard fails, which counts as observed, rests on few pairs.\n"
    )
    head("mode", "true", "of the observed mix", "of all traffic")
    cases = [(mode, rate) for mode in (Mode.CLEAN, Mode.POOLED, Mode.LOCAL) for rate in (0.005, 0.02, 0.05)]
    settings = [
        (
            World(rate, **({} if mode is Mode.CLEAN else JUDGE)),
            Setting(mode, cap=sizes.coverage_cap, bounds=True),
            sizes.coverage_runs,
        )
        for mode, rate in cases
    ]
    worst = 0.0
    for (mode, rate), one in zip(cases, each(_ours, settings), strict=True):
        missed = float(np.mean(one.uncovered))
        row(mode, percent(rate), percent(missed), percent(float(np.mean(one.off_traffic))))
        worst = max(worst, missed)
    return worst


def _ours(case: tuple[World, Setting, int]) -> Ended:
    world, setting, runs = case
    return run(world, setting, runs, SEED)


def _exact(case: tuple[World, int]) -> Ended:
    world, runs = case
    return clopper_pearson(world, BUDGET, 200_000, runs, SEED)


def bar(runs: int) -> float:
    """Alpha and three standard errors."""
    return float(ALPHA + 3 * (ALPHA * (1 - ALPHA) / runs) ** 0.5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
