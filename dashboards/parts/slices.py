"""Slices of the traffic, the worst first: as bars against the budgets, and as a table."""

from collections.abc import Sequence

import altair as alt

from dashboards.parts.bars import Bar, bars
from dashboards.parts.markup import badge, sentence, table
from dashboards.parts.visible import escaped, visible
from judge.outcomes import State
from judge.readiness.slices import SliceState

DRAWN = 12
_ORDER = (State.BLOCKED, State.INSUFFICIENT_EVIDENCE, State.READY)


def worst_first(found: Sequence[SliceState]) -> list[SliceState]:
    """Blocked slices, then those that lack evidence, then ready ones; within each, the highest bound for its budget."""
    return sorted(found, key=lambda each: (_ORDER.index(each.state), -each.upper / each.budget, each.dimension))


def slices_chart(found: Sequence[SliceState]) -> alt.LayerChart | alt.FacetChart:
    """The first DRAWN of them, each with the severity that is nearest to its budget or furthest above it."""
    shown = [
        Bar(
            visible(f"{each.dimension} {each.value}, {each.severity}"), each.state, each.rate, each.lower, each.upper,
            each.budget,
        )
        for each in found[:DRAWN]
    ]  # fmt: skip
    return bars(shown)


def slices_table(found: Sequence[SliceState]) -> str:
    """Every slice with its state and its sentence."""
    rows = [
        (badge(each.state), escaped(each.dimension), escaped(each.value), f"{each.pairs:,}", sentence(each.sentence))
        for each in found
    ]
    return table(("state", "slice", "value", "pairs", "what it rests on"), rows, "slices")
