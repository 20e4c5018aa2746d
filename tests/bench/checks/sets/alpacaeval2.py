"""Degenerate answers: NullModel and gpt4_gamed are flagged, none of the honest models is."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from judge.degenerate.tells import degeneracy
from judge.degenerate.window import window_of
from judge.outcomes import State
from tests.bench.checks.rows import Figure, Row, pair

GAMED = frozenset({"NullModel", "gpt4_gamed"})


def figures(rows: Sequence[Row], reference: Any) -> Iterator[Figure]:
    """One figure a model: whether its answers are degenerate, beside the win rate that a judge gave them."""
    ordered = sorted(rows, key=itemgetter("candidate_model"))
    for model, of_model in groupby(ordered, key=itemgetter("candidate_model")):
        found = degeneracy(window_of([pair(row) for row in of_model]))
        wins = reference["models"][model]["win_rate_dev"]
        yield Figure(
            name=f"{model} is {'gamed' if model in GAMED else 'honest'}",
            ours="degenerate" if found.state is State.BLOCKED else "no tell",
            recorded=f"wins {wins:.1f} % at a judge",
            holds=(found.state is State.BLOCKED) == (model in GAMED) and found.state is not State.INSUFFICIENT_EVIDENCE,
            notes=[tell.sentence for tell in found.tells if tell.flagged],
        )
