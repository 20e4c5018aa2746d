"""Slices in order: what is blocked first, then what is furthest above its budget."""

from dashboards.parts.slices import slices_table, worst_first
from judge.outcomes import Severity, State
from judge.readiness.slices import SliceState


def part(value: str, state: State, upper: float) -> SliceState:
    return SliceState(
        dimension="language", value=value, pairs=10, state=state, sentence=f"language {value}: so", lower=0.0,
        severity=Severity.MAJOR, rate=None, upper=upper, budget=0.02,
    )  # fmt: skip


def test_the_worst_slice_comes_first_whatever_its_size() -> None:
    found = [
        part("en", State.READY, 0.01),
        part("de", State.INSUFFICIENT_EVIDENCE, 0.1),
        part("fr", State.INSUFFICIENT_EVIDENCE, 0.9),
        part("it", State.BLOCKED, 0.3),
    ]
    assert [each.value for each in worst_first(found)] == ["it", "fr", "de", "en"]


def test_a_slices_name_is_text() -> None:
    assert "<b>" not in slices_table([part("<b>bold</b>", State.READY, 0.01)])
