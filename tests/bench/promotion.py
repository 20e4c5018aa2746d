"""`make bench-promotion`: real candidates on recorded pairs, replayed in random orders with a look after every batch.

Correctness is as the sources recorded it; the decision is the product's: net regression with a margin of two points.
The last table lets judges alone decide on chat answers, among them two that game judges. Fails when a candidate that
must never be ready is, or one that must never be blocked is. Usage: python -m tests.bench.promotion [DATA] [ORDERS]
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from judge.degenerate.tells import degeneracy
from judge.degenerate.window import SCHEMA
from judge.outcomes import State
from judge.statistics.cell import Cell, Mode, Sample
from judge.statistics.decision import decide, over_severities, state
from judge.statistics.modes import choose_mode
from judge.statistics.paired import paired
from tests.bench.table import head, percent, row, say

MARGIN, ORDERS, BATCH, SEED = 0.02, 200, 20, 20_261_124
GAMED = ("NullModel", "gpt4_gamed")


class Case(NamedTuple):
    """A candidate in a set, and what must never, or mostly, be said of it."""

    folder: str
    workflow: str
    candidate: str
    never: State | None = None
    mostly: State | None = None


CASES = [
    Case("bfcl", "bfcl_tool_calls", "xLAM-7b", never=State.BLOCKED),
    Case("bfcl", "bfcl_tool_calls", "Llama-3-8B-Ins", never=State.READY),
    Case("bfcl", "bfcl_tool_calls", "gemma-7b", never=State.READY),
    Case("bfcl", "bfcl_tool_calls", "nemo", never=State.READY),
    Case("bfcl", "bfcl_tool_calls", "Hermes", never=State.READY),
    Case("bfcl", "bfcl_tool_calls", "xLAM-1b"),
    Case("bfcl", "bfcl_tool_calls", "gorilla"),
    Case("bfcl", "bfcl_tool_calls", "gpt-4o-mini"),
    Case("bfcl", "bfcl_tool_calls", "functionary"),
    Case("gsm8k_numeric", "gsm8k_numeric", "Mixtral", never=State.READY),
    Case("llmdrift", "llmdrift_prime", "gpt-4-0613", never=State.READY),
    Case("llmdrift", "llmdrift_prime", "gpt-3.5-turbo-0613"),
    Case("banking77_intent", "banking77_intent plain", "gpt-5-mini", mostly=State.INSUFFICIENT_EVIDENCE),
    Case("banking77_intent", "banking77_intent plain", "claude-4.5-sonnet"),
]


class Replay(NamedTuple):
    """How each order ended, as the first state that was not insufficient evidence, and after how many pairs."""

    states: list[State]
    pairs: np.ndarray

    def share(self, wanted: State) -> float:
        """Share of the orders."""
        return sum(one is wanted for one in self.states) / len(self.states)

    def typical(self, wanted: State) -> str:
        """The median number of pairs to that state."""
        taken = [n for n, one in zip(self.pairs, self.states, strict=True) if one is wanted]
        return f"{np.median(taken):,.0f}" if taken else "-"


def main(data: Path | None, orders: int) -> int:
    """Exit code 1 when something is said that must never be said."""
    if data is None or not data.is_dir():
        say("bench-promotion: no bench-data folder found; name one with DATA=DIR")
        return 1
    say(f"Net regression, margin {100 * MARGIN:g} points, {orders} orders, a look after every {BATCH} pairs\n")
    head(
        "set",
        "candidate",
        "pairs",
        "right: production",
        "candidate",
        "ready (median pairs)",
        "blocked (median pairs)",
        "insufficient",
        "must hold",
    )
    wrong = sum([case_row(case, data, orders) for case in CASES])
    wrong += judges_alone(data, orders)
    checked = len(CASES) + 2 * len(GAMED)
    verdict = "MISSED" if wrong else "holds"
    say(f"\nbench-promotion: {wrong} of {checked} rows say what must never be said: {verdict}")
    return 1 if wrong else 0


def find(beside: Path = Path(__file__)) -> Path | None:
    """shared/bench-data beside the checkout or above it."""
    return next(
        (one / "shared/bench-data" for one in beside.resolve().parents if (one / "shared/bench-data").is_dir()), None
    )


def case_row(case: Case, data: Path, orders: int) -> bool:
    """Prints a row; true when it says what it must not."""
    rows = recorded(data, case)
    production, candidate = (rows[name].to_numpy() for name in ("production_correct", "candidate_correct"))
    ended = replay(production & ~candidate, candidate & ~production, orders)
    must, wrong = "", False
    if case.never:
        must, wrong = f"never {case.never}", ended.share(case.never) > 0
    if case.mostly:
        must, wrong = f"mostly {case.mostly}", ended.share(case.mostly) <= 0.5
    ready, blocked = (f"{percent(ended.share(one), 0)} ({ended.typical(one)})" for one in (State.READY, State.BLOCKED))
    row(
        case.workflow,
        rows["candidate_model"][0],
        str(rows.height),
        percent(production.mean()),
        percent(candidate.mean()),
        ready,
        blocked,
        percent(ended.share(State.INSUFFICIENT_EVIDENCE), 0),
        f"{must}{': MISSED' if wrong else ''}",
    )
    return wrong


def read(data: Path, folder: str) -> pl.DataFrame:
    """All rows of a set, whatever its splits are called. Raises FileNotFoundError for a set without rows."""
    files = sorted((data / folder).glob("*.parquet"))
    if not files:
        raise FileNotFoundError(f"{data / folder} holds no Parquet file")
    return pl.concat([pl.read_parquet(file) for file in files], how="vertical_relaxed")


def recorded(data: Path, case: Case) -> pl.DataFrame:
    """The recorded pairs of a case, both sides with a verdict of the source."""
    workflow, _, variant = case.workflow.partition(" ")
    frame = read(data, case.folder).filter(
        pl.col("workflow") == workflow, pl.col("candidate_model").str.contains(case.candidate, literal=True)
    )
    if variant:
        frame = frame.filter(pl.col("meta").str.json_path_match("$.prompt_variant") == variant)
    frame = frame.drop_nulls(["production_correct", "candidate_correct"])
    if frame["candidate_model"].n_unique() != 1:
        raise ValueError(f"{case.folder}: {case.candidate} names {frame['candidate_model'].unique().to_list()}")
    return frame


def replay(worse: np.ndarray, better: np.ndarray, orders: int, seed: int = SEED) -> Replay:
    """Every order to its first decision, or through all pairs."""
    rng = np.random.default_rng(seed)
    looks = np.unique(np.append(np.arange(BATCH, worse.size, BATCH), worse.size))
    shuffled = rng.permuted(np.tile(np.arange(worse.size), (orders, 1)), axis=1)
    plus, minus = (np.cumsum(one[shuffled], axis=1)[:, looks - 1] for one in (worse, better))
    found = paired(plus, minus, looks - plus - minus, margin=MARGIN)
    states, pairs = [], np.full(orders, worse.size)
    for order in range(orders):
        said = [
            state(float(w), float(b)) for w, b in zip(found.log_e_within[order], found.log_e_beyond[order], strict=True)
        ]
        first = next((at for at, one in enumerate(said) if one is not State.INSUFFICIENT_EVIDENCE), None)
        states.append(State.INSUFFICIENT_EVIDENCE if first is None else said[first])
        pairs[order] = worse.size if first is None else looks[first]
    return Replay(states, pairs)


Judge = Callable[[pl.DataFrame], np.ndarray]


def recorded_judge(rows: pl.DataFrame) -> np.ndarray:
    """Where the recorded GPT-4 turbo preferred production, or gave a reply that nobody could read."""
    verdicts = [json.loads(one or "[]") for one in rows["judge_verdicts"]]
    return np.array([not one or one[0]["verdict"] in ("production", None) for one in verdicts])


def fooled_judge(rows: pl.DataFrame) -> np.ndarray:
    """A judge that the candidate has won over altogether."""
    return np.zeros(rows.height, dtype=bool)


def judges_alone(data: Path, orders: int) -> int:
    """What judges alone make of chat answers: preferred to production, decided by the product, and by its tells."""
    say("\nJudges alone on alpacaeval2, no label of a person. believed: net preference with the same margin.\n")
    head(
        "candidate",
        "judge",
        "preferred",
        "believed: ready",
        "product: ready",
        "product: insufficient",
        "tells",
        "judge waived through, with the tells: ready",
    )
    frame = read(data, "alpacaeval2")
    wrong = 0
    for name in (*GAMED, "FuseChat-Qwen-2.5-7B-Instruct"):
        rows = frame.filter(pl.col("candidate_model") == name)
        tells = degeneracy(answers(rows))
        flagged = [tell.name for tell in tells.tells if tell.flagged]
        for label, judge in (("recorded GPT-4 turbo", recorded_judge), ("won over", fooled_judge)):
            worse = judge(rows)
            believed = replay(worse, ~worse, orders)
            alone = by_product(worse, orders, waived=False)
            waived = [over_severities([one, tells.state]) for one in by_product(worse, orders, waived=True)]
            ready = sum(one is State.READY for one in [*alone, *waived])
            wrong += name in GAMED and ready > 0
            row(
                name,
                label,
                percent(1 - worse.mean(), 0),
                percent(believed.share(State.READY), 0),
                percent(alone.count(State.READY) / orders, 0),
                percent(alone.count(State.INSUFFICIENT_EVIDENCE) / orders, 0),
                ", ".join(flagged) or "none",
                percent(waived.count(State.READY) / orders, 0),
            )
    return wrong


def by_product(worse: np.ndarray, orders: int, waived: bool) -> list[State]:
    """The first decision of each order on a budget of 2 %, every pair a disagreement that the judge read."""
    rng = np.random.default_rng(SEED)
    mode = choose_mode(0, human_labels=False, guard_quiet=True, truth=waived)
    states = []
    for _ in range(orders):
        flagged = np.cumsum(worse[rng.permutation(worse.size)])
        looks = np.append(np.arange(BATCH, worse.size, BATCH), worse.size)
        said = [one.state for one in decide([cell(int(n), int(flagged[n - 1]), mode) for n in looks])]
        states.append(
            next((one for one in said if one is not State.INSUFFICIENT_EVIDENCE), State.INSUFFICIENT_EVIDENCE)
        )
    return states


def cell(n: int, flagged: int, mode: Mode) -> Cell:
    """All of n pairs disagree, and the judge flagged some: confirmed where it is taken as the truth."""
    counted = {"confirmed": flagged} if mode is Mode.CLEAN else {"pending": flagged}
    return Cell(
        budget=0.02, checked=n, settled=0, samples={"disagree": Sample(pairs=n, judged=n, **counted)}, mode=mode
    )


def answers(rows: pl.DataFrame) -> pl.DataFrame:
    """The window that the tells look at."""
    asked = [json.loads(messages) for messages in rows["messages"]]
    return pl.DataFrame(
        {
            "request": [" ".join(str(message["content"]) for message in one) for one in asked],
            "prompt": [str(one[-1]["content"]) for one in asked],
            "production": rows["production_output"].fill_null(""),
            "candidate": rows["candidate_output"].fill_null(""),
        },
        schema=SCHEMA,
    ).unique("request", keep="first", maintain_order=True)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else find()
    sys.exit(main(folder, int(sys.argv[2]) if len(sys.argv) > 2 else ORDERS))
