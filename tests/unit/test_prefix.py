"""The contiguous prefix against a plain statement of what it should be."""

from hypothesis import given
from hypothesis import strategies as st

from shadow.prefix import Prefix


def test_nothing_done_is_no_position() -> None:
    prefix = Prefix()
    prefix.polled([5])
    assert prefix.position() is None


def test_a_hole_holds_the_position_back() -> None:
    prefix = Prefix()
    for offset in (5, 6, 7):
        prefix.polled([offset])
    prefix.done([5])
    prefix.done([7])
    assert prefix.position() == 6
    prefix.done([6])
    assert prefix.position() == 8


def test_offsets_that_were_never_records_do_not_hold_it_back() -> None:
    prefix = Prefix()
    for offset in (5, 9):
        prefix.polled([offset])
        prefix.done([offset])
    assert prefix.position() == 10


@given(st.lists(st.integers(0, 200), unique=True, min_size=1), st.data())
def test_in_any_order_it_is_the_offset_behind_the_last_one_before_the_first_unfinished(
    offsets: list[int], data: st.DataObject
) -> None:
    offsets.sort()
    prefix = Prefix()
    for offset in offsets:
        prefix.polled([offset])
    finished: set[int] = set()
    for offset in data.draw(st.permutations(offsets)):
        prefix.done([offset])
        finished.add(offset)
        first_open = next((o for o in offsets if o not in finished), None)
        before = [o for o in offsets if first_open is None or o < first_open]
        assert prefix.position() == (before[-1] + 1 if before else None)
