"""Pairs held ahead of time for a reviewer, and what is known of how reviewing goes."""

from datetime import UTC, datetime, timedelta

import pytest

from judge.actions import review
from judge.outcomes import Outcome
from judge.people import Actor, Role
from judge.sampling.claims import held
from judge.sampling.progress import agreement, pace, progress
from judge.sampling.reason import Reason
from judge.sampling.reviewing import claim_ahead
from shadow.store import Store
from tests.store.test_sampling import CONFIG, answer, seed


def test_pairs_are_held_ahead_each_once_and_kept_over_a_reload(store: Store) -> None:
    seed(store)
    first = claim_ahead(store, CONFIG, "ada", "triage", 4, [])
    assert len({each.pair_id for each in first}) == 4
    assert {each.reason for each in first} == {Reason.CONFIRM, Reason.RANDOM}, "in turn, so that no place tells a flag"
    assert claim_ahead(store, CONFIG, "ada", "triage", 4, []) == first, "a new session finds what the old one held"
    others = claim_ahead(store, CONFIG, "bob", "triage", 4, [])
    assert not {each.pair_id for each in others} & {each.pair_id for each in first}


def test_what_is_labelled_or_skipped_makes_room(store: Store) -> None:
    seed(store)
    first = claim_ahead(store, CONFIG, "ada", "triage", 3, [])
    answer(store, first[0])
    skipped = first[1].pair_id
    then = claim_ahead(store, CONFIG, "ada", "triage", 3, [skipped])
    assert first[2] in then
    assert len(then) == 3
    assert not {each.pair_id for each in then} & {first[0].pair_id, skipped}
    assert len(held(store, "ada", "triage")) == 4


def test_progress_counts_pairs_and_leaves_pauses_out(store: Store) -> None:
    seed(store)
    for claim in claim_ahead(store, CONFIG, "ada", "triage", 3, []):
        answer(store, claim)
    done = progress(store, "triage", "ada", datetime.now(UTC) - timedelta(hours=1))
    assert (done.since, done.mine, done.everyone) == (3, 3, 3)
    assert progress(store, "triage", "bob", datetime.now(UTC)).mine == 0


@pytest.mark.parametrize(
    ("ages_s", "a_minute"),
    [([], None), ([0], None), ([0, 3, 6], 20.0), ([0, 3, 6, 4000, 4003], 20.0), ([0, 4000], None), ([0, 2, 6], 20.0)],
)
def test_pace(ages_s: list[float], a_minute: float | None) -> None:
    now = datetime.now(UTC)
    assert pace([now - timedelta(seconds=age) for age in ages_s]) == a_minute


def test_two_people_on_one_pair_agree_or_are_told_apart(store: Store) -> None:
    pairs = seed(store)
    said = [("ada", 0, Outcome.EQUIVALENT), ("bob", 0, Outcome.EQUIVALENT), ("ada", 1, Outcome.WORSE_MAJOR)]
    said += [("bob", 1, Outcome.WORSE_MINOR), ("bob", 2, Outcome.BOTH_BAD)]
    for number, (name, place, outcome) in enumerate(said):
        of = pairs[place]
        actor = Actor(name, frozenset({Role.REVIEWER}))
        review(store, actor, of.pair_id, of.occurred_at, outcome, "", "production", f"form-{number}")
    found = agreement(store, "triage")
    assert (found.rows.height, found.same) == (2, 1)
    apart = found.apart.to_dicts()
    assert [(row["pair_id"], row["first_outcome"], row["second_outcome"]) for row in apart] == [
        (pairs[1].pair_id, "worse_major", "worse_minor")
    ]
