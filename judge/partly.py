"""Where a candidate could be promoted in part: slices that are ready though the whole is not, of a whole board."""

from collections.abc import Sequence

import msgspec

from judge.evidence.cells import Slice, SliceCounts, Wanted, cells, with_few_tags
from judge.outcomes import Phase, State
from judge.readiness.assess import Readiness
from judge.readiness.slices import by_slice, suggestion, work_ahead
from shadow.store import Store


class Partly(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate that is not ready as a whole, and the sentence that says where it is and where it is not."""

    workflow: str
    fingerprint: str
    phase: Phase
    suggestion: str


def partly(store: Store, board: Sequence[Readiness]) -> list[Partly]:
    """The candidates of a board that could be promoted in part; at most five queries, however many they are."""
    asked = [
        each
        for each in board
        if each.phase is Phase.LIMITED and each.state is not State.READY and each.evidence.checked
    ]
    if not asked:
        return []
    counts = _counts(store, asked)
    ours = {id(each): counts.get((each.workflow, each.fingerprint), {}) for each in asked}
    work_ahead([(each.policy, ours[id(each)], each.phase) for each in asked])
    told = ((each, suggestion(by_slice(each.policy, ours[id(each)], each.phase), each.state)) for each in asked)
    return [
        Partly(workflow=each.workflow, fingerprint=each.fingerprint, phase=each.phase, suggestion=said)
        for each, said in told
        if said is not None
    ]


def _counts(store: Store, asked: Sequence[Readiness]) -> dict[tuple[str, str], dict[Slice, SliceCounts]]:
    """Counts by candidate and slice; where there are too many tags for slices, without tags."""
    as_of = asked[0].as_of
    wanted = list(
        dict.fromkeys(
            Wanted(each.workflow, each.evidence.versions.checks, each.evidence.versions.epoch) for each in asked
        )
    )
    few = with_few_tags(store, [each.workflow for each in wanted], as_of)
    found: dict[tuple[str, str], dict[Slice, SliceCounts]] = {}
    for with_tags in (True, False):
        part = [each for each in wanted if (each.workflow in few) is with_tags]
        if part:
            for place, counts in cells(store, part, as_of, with_tags).items():
                found.setdefault((place.workflow, place.fingerprint), {})[place] = counts
    return found
