"""The funnel and what is held, over a real store."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.types import NOWHERE, Completion, Origin, Partition, Request
from shadow.funnel import funnel
from shadow.held import Held, held
from shadow.intake import Rejected, Skipped
from shadow.outbox import Outbox
from shadow.store import Store, open_store
from shadow.types import Pair, pair_id

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    yield store
    store.close()


def pair(offset: int, fingerprint: str = "small@1") -> Pair:
    origin = Origin("calls", 0, offset)
    return Pair(
        pair_id=pair_id(origin, fingerprint),
        workflow="triage",
        fingerprint=fingerprint,
        request_id=f"r-{offset}",
        occurred_at=NOW,
        mirrored_at=NOW,
        origin=origin,
        request=Request(messages=[{"role": "user", "content": "hello"}]),
        production=Completion(text="billing"),
        candidate=Completion(error="no answer within 1 s"),
        scrub_version="v",
    )


def skip(offset: int) -> Skipped:
    return Skipped(Origin("calls", 0, offset), "triage", "sampled_out", 0.5, NOW)


def rejection(offset: int) -> Rejected:
    return Rejected(Origin("calls", 0, offset), "the record is empty (a tombstone)", None, NOW)


def put(store: Store, *rows: Pair | Skipped | Rejected) -> None:
    outbox = Outbox(store)
    outbox.put((row.origin, (row,)) for row in rows)
    outbox.flush()


def test_an_empty_store_adds_up_to_nothing(store: Store) -> None:
    result = funnel(store)
    assert (result.seen, result.adds_up, result.sentence) == (0, True, "nothing seen yet")


def test_every_fate_is_counted_once(store: Store) -> None:
    put(store, pair(10), pair(11), skip(12), rejection(13))
    result = funnel(store)
    assert (result.seen, result.paired, result.skipped, result.rejected) == (4, 2, 1, 1)
    assert result.adds_up
    assert result.sentence == "4 seen = 2 paired + 1 skipped + 0 shed + 1 rejected: adds up"


def test_two_candidates_of_one_record_are_one_record(store: Store) -> None:
    outbox = Outbox(store)
    outbox.put([(Origin("calls", 0, 1), (pair(1, "small@1"), pair(1, "tiny@1")))])
    outbox.flush()
    result = funnel(store)
    assert (result.seen, result.paired, result.repeats) == (1, 1, 0)


def test_a_gap_is_missing_and_does_not_add_up(store: Store) -> None:
    put(store, pair(10), pair(12))
    result = funnel(store)
    assert (result.seen, result.missing, result.adds_up) == (3, 1, False)
    assert "1 in flight or missing" in result.sentence


@pytest.mark.parametrize("twice", [(pair(1), pair(1)), (skip(1), skip(1)), (pair(1), skip(1)), (skip(1), rejection(1))])
def test_a_record_stored_twice_is_a_repeat(store: Store, twice: tuple[Pair | Skipped | Rejected, ...]) -> None:
    for row in twice:
        put(store, row)
    result = funnel(store)
    assert (result.repeats, result.adds_up) == (1, False)


def test_held_runs_tell_what_is_stored_and_where_to_go_on(store: Store) -> None:
    put(store, pair(3), skip(4), rejection(5), pair(9))
    place = Partition("calls", 0)
    result = held(store, [place, Partition("calls", 1)])
    assert result[place].runs == ((3, 5), (9, 9))
    assert [result[place].first_wanted(at) for at in (0, 3, 5, 6, 9, 12)] == [0, 6, 6, 6, 10, 12]
    assert result[place].first_wanted(NOWHERE) == 6
    assert [offset in result[place] for offset in (2, 3, 5, 6, 8, 9, 10)] == [
        False,
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    assert result[place].among([2, 3, 4, 8, 9, 12]) == {3, 4, 9}
    assert result[place].among([10, 11]) == set()
    assert result[Partition("calls", 1)] == Held()
    assert result[Partition("calls", 1)].first_wanted(4) == 4
    assert result[Partition("calls", 1)].first_wanted(NOWHERE) == NOWHERE
