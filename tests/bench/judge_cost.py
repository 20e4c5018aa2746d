"""`make bench-judge-cost`: judge calls and USD per 1,000 pairs, against the strong judge on everything in both orders.

Recorded traffic of three kinds: labels, numbers, and free text that recorded judges read. A defect is a pair whose
candidate is recorded as wrong and whose production is not (labels, numbers), or worse by people's word (free text).
Each row adds one thing to the row above. Labels and numbers have no recorded verdicts: there the judge is taken to be
right on whatever is put before it, for every row alike, so that a row loses recall only by what it does not ask. Prices
are assumptions, given below; tokens are characters of the real prompts over four. DATA=DIR names the data.
"""

import sys
from collections.abc import Callable
from typing import Any

import msgspec

from connectors.types import Request
from judge.checking.settle import examine, settle
from judge.judging.combine import combine
from judge.judging.prompt import build
from judge.judging.rubric import load_rubric
from judge.money.replies import question_of
from judge.outcomes import Outcome, Stratum
from shadow.config import Prices
from shadow.prices import Usage, cost_of
from shadow.sampling import share_of
from shadow.types import Pair
from tests.bench.checks.rows import checks
from tests.recorded.corpus import pairs, rows
from tests.recorded.judge import recorded

STRONG, CHEAP = "GPT-4/Metrics", ("ChatGPT/Vanilla_NoRules", "PaLM2/Reference")
PRICES = {STRONG: Prices(input=2.5, output=10.0), **dict.fromkeys(CHEAP, Prices(input=0.15, output=0.6))}
OUTPUT_TOKENS, SHARE = 60, 0.05
RUBRIC = load_rubric("same_answer", "")
LABELS = {"check": "label_agreement"}
NUMBERS = {"check": "numeric_agreement"}
_SAID = {"production": Outcome.WORSE_MAJOR, "candidate": Outcome.CANDIDATE_BETTER, "tie": Outcome.EQUIVALENT}


class Case(msgspec.Struct, frozen=True):
    """A pair: what the checks leave open, whether it is a defect, what recorded judges said (None: not recorded)."""

    pair: Pair
    stratum: Stratum
    defect: bool
    said: dict[str, Outcome] | None


class Spent(msgspec.Struct):
    """What a way of judging has asked and found."""

    calls: dict[str, int]
    usd: float = 0.0
    found: int = 0
    cached: int = 0


def settled_cases(name: str, check: dict[str, Any]) -> list[Case]:
    """Rows with a recorded word on both answers, as the product's checks see them without ground truth."""
    loaded, cases = checks(check), []
    found = [row for row in rows(name) if row["candidate_correct"] is not None]
    for row, pair in zip(found, pairs(found), strict=True):
        stratum = settle(examine(loaded, pair)).stratum
        defect = row["candidate_correct"] is False and row["production_correct"] is not False
        cases.append(Case(pair, stratum, defect, None))
    return cases


def judged_cases() -> list[Case]:
    """Free text: no check compares it, so that every pair is open."""
    found = rows("judge_llmbar")
    made = pairs(found)
    by_judge = {
        judge: {
            each.pair.pair_id: (each.production_first, each.candidate_first) for each in recorded(found, made, judge)
        }
        for judge in PRICES
    }
    cases = []
    for row, pair in zip(found, made, strict=True):
        orders = [by_judge[judge].get(pair.pair_id) for judge in PRICES]
        if None in orders:
            continue
        said = {judge: _both(*order) for judge, order in zip(PRICES, orders, strict=True) if order}
        cases.append(Case(pair, Stratum.DISAGREE, row["human_label"] == "production", said))
    return cases


def _both(one: str | None, other: str | None) -> Outcome:
    said = [_SAID[each] if each else Outcome.UNDECIDED for each in (one, other)]
    return combine(*said)[0]


class Way(msgspec.Struct, frozen=True):
    """A way of judging: which strata in full, the rest by SHARE; with a cache; with cheap judges first."""

    name: str
    full: frozenset[Stratum] = frozenset(Stratum)
    share: float = 1.0
    cache: bool = False
    cascade: bool = False

    def spend(self, cases: list[Case]) -> Spent:
        """What it asks, pays and finds."""
        spent, asked = Spent(dict.fromkeys(PRICES, 0)), set[str]()

        def ask(judge: str, case: Case) -> None:
            for first in ("production", "candidate"):
                request = build(RUBRIC, case.pair, first, "0" * 16)  # type: ignore[arg-type]
                question = question_of(judge, request)
                if self.cache and question in asked:
                    spent.cached += 1
                    continue
                asked.add(question)
                spent.calls[judge] += 1
                spent.usd += cost_of(Usage(_tokens(request), OUTPUT_TOKENS), PRICES[judge])

        for case in cases:
            if case.stratum in self.full or share_of(case.pair.pair_id, "judge") < self.share:
                spent.found += self._verdict(case, ask) and case.defect
        return spent

    def _verdict(self, case: Case, ask: Callable[[str, Case], None]) -> bool:
        """True when the judges call the candidate worse."""
        said = case.said
        if said is None or not self.cascade:
            ask(STRONG, case)
            return True if said is None else said[STRONG] is Outcome.WORSE_MAJOR
        for judge in CHEAP:
            ask(judge, case)
        votes = {said[judge] for judge in CHEAP}
        if len(votes) == 1 and Outcome.UNDECIDED not in votes:
            return votes == {Outcome.WORSE_MAJOR}
        ask(STRONG, case)
        return said[STRONG] is Outcome.WORSE_MAJOR


OPEN = frozenset({Stratum.DISAGREE})
WAYS = [
    Way("strong judge, everything"),
    Way("checks first", full=OPEN, share=0.0),
    Way(f"and {SHARE:.0%} of what agrees", full=OPEN, share=SHARE),
    Way("and the cache", full=OPEN, share=SHARE, cache=True),
    Way("and two cheap judges first", full=OPEN, share=SHARE, cache=True, cascade=True),
]


def _tokens(request: Request) -> int:
    return sum(len(each["content"]) for each in request.messages) // 4


def main() -> int:
    parts = {
        "labels": settled_cases("banking77_intent", LABELS),
        "numbers": settled_cases("gsm8k_numeric", NUMBERS),
        "free text": judged_cases(),
    }
    cases = [case for part in parts.values() for case in part]
    for name, part in parts.items():
        open_share = sum(case.stratum is Stratum.DISAGREE for case in part) / len(part)
        print(f"{name:10} {len(part):5} pairs, {sum(case.defect for case in part):4} defects, {open_share:.0%} open")
    defects = sum(case.defect for case in cases)
    print(f"{'':30} strong   cheap  per 1,000 pairs:  calls     USD   recall")
    results = {way.name: way.spend(cases) for way in WAYS}
    thousand = 1_000 / len(cases)
    for name, spent in results.items():
        strong = spent.calls[STRONG]
        cheap = sum(spent.calls.values()) - strong
        total = (strong + cheap) * thousand
        paid, recall = spent.usd * thousand, spent.found / defects
        print(f"{name:30} {strong:6} {cheap:7} {'':17} {total:7,.0f} {paid:7.3f}   {recall:.3f}")
    everything = results[WAYS[0].name]
    sampled = [results[way.name] for way in WAYS[1:] if way.share]  # without a sample nothing bounds what agrees
    equal = [spent for spent in sampled if spent.found >= everything.found]
    best = min(equal, key=lambda spent: spent.usd)
    calls, of = sum(best.calls.values()), sum(everything.calls.values())
    print(
        f"judge-cost: {calls / of:.2f} of the calls and {best.usd / everything.usd:.2f} of the USD of the strong judge "
        f"on everything, at equal recall ({best.found}/{defects} defects)"
    )
    return 0 if best.usd < everything.usd else 1


if __name__ == "__main__":
    sys.exit(main())
