"""What is worked out together and remembered is what each question alone would have got, to the last bit."""

from hypothesis import given, settings
from hypothesis import strategies as st

from judge.statistics import at_hand
from judge.statistics.at_hand import Rate
from judge.statistics.cell import Cell
from judge.statistics.decision import decide
from judge.statistics.rate import bounds
from judge.statistics.remembered import Remembered
from tests.unit.statistics.test_invariants import cells


@settings(max_examples=40, deadline=None)
@given(st.lists(cells(), min_size=2, max_size=8))
def test_a_decision_does_not_depend_on_the_cells_beside_it(many: list[Cell]) -> None:
    together = at_hand.decisions([(each, 0.05) for each in many])
    assert together == [decide([each])[0] for each in many]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(40, 50_000), st.sampled_from([None, 0.02])), min_size=2))
def test_a_bound_does_not_depend_on_the_rates_beside_it(many: list[tuple[int, int, float | None]]) -> None:
    together = at_hand.rates([Rate(*each) for each in many])
    for (k, n, limit), (low, high) in zip(many, together, strict=True):
        alone = bounds(k, n, limit=limit)
        assert (low, high) == (float(alone.lower), float(alone.upper))


def test_what_was_asked_is_not_worked_out_again_and_the_longest_unasked_goes_first() -> None:
    worked: list[int] = []

    def work(asked: object) -> list[int]:
        worked.extend(asked)  # type: ignore[call-overload]
        return [10 * each for each in asked]  # type: ignore[attr-defined]

    remembered: Remembered[int, int] = Remembered(work, most=2)
    assert remembered([1, 2, 1]) == [10, 20, 10]
    assert remembered([2, 3]) == [20, 30]
    assert remembered([2, 3, 1]) == [20, 30, 10]
    assert worked == [1, 2, 3, 1]
