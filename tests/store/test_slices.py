"""Slices on a real store: counted as the whole is, and said where the candidate is ready and where it is not."""

from datetime import timedelta

import pytest

from connectors.types import Request
from judge.board import board, evidence_of, slices_of
from judge.checking.settle import Settled
from judge.evidence.cells import Slice, Wanted, cells
from judge.evidence.counters import Counters
from judge.outcomes import Outcome, Phase, State, Stratum
from judge.partly import partly
from judge.readiness.slices import suggestion
from judge.scoring.slicing import script
from judge.scoring.slicing import slices_of as slices_of_pair
from shadow.store import Store
from shadow.types import Pair
from tests.store.seeding import (
    DEFECT,
    DISAGREE,
    NOON,
    SMALL,
    configuration,
    pair,
    store_checked,
    store_pairs,
    store_review,
    store_verdict,
    version,
)

CONFIG = configuration(budgets={"critical": 0.05, "major": 0.05, "minor": 0.05})
LATER = NOON + timedelta(hours=2)


def spoken(n: int, language: str, **changes: object) -> Pair:
    return pair(n, tags={"language": language, "team": "a"}, **changes)


def test_the_candidate_is_ready_in_one_language_and_blocked_in_another(store: Store) -> None:
    english = [spoken(n, "en") for n in range(400)]
    german = [spoken(n, "de") for n in range(400, 460)]
    store_pairs(store, english + german)
    store_checked(store, CONFIG, english + german[:10])
    store_checked(store, CONFIG, german[10:], DEFECT)
    found = slices_of(store, CONFIG, "triage", Phase.LIMITED, SMALL, LATER)
    states = {(each.dimension, each.value): each.state for each in found}
    assert states["language", "en"] is State.READY
    assert states["language", "de"] is State.BLOCKED
    assert states["tools", "no tools"] is State.BLOCKED, "all of it, as the whole is"
    assert ("tag team", "a") in states
    assert ("week", "from 2026-11-19") in states
    said = suggestion(found, State.BLOCKED)
    assert said is not None
    assert said.startswith("ready in language en; blocked in ")
    assert suggestion(found, State.READY) is None
    sentence = next(each.sentence for each in found if each.value == "de")
    assert sentence.startswith("language de: 60 pairs, ")


def test_slices_add_up_to_the_whole_and_to_the_evidence(store: Store) -> None:
    pairs = [spoken(n, "en" if n % 3 else "de") for n in range(60)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:20])
    store_checked(store, CONFIG, pairs[20:30], DEFECT)
    store_checked(store, CONFIG, pairs[30:], DISAGREE)
    for each in pairs[30:45]:
        store_verdict(store, each, Outcome.WORSE_MAJOR if each.pair_id < "8" else Outcome.EQUIVALENT, NOON)
    for each in pairs[30:36]:
        store_review(store, each, Outcome.EQUIVALENT, NOON, reason="audit")
    evidence = evidence_of(store, CONFIG, "triage", SMALL, LATER)
    found = cells(store, [Wanted("triage", version(store, CONFIG), "e1")], LATER)
    whole = found[Slice("triage", SMALL)]
    assert whole.settled == {row.severity: row.pairs for row in evidence.settled}
    assert whole.strata == evidence.strata
    assert whole.labels == {(row.stratum, row.verdict, row.review, row.offered): row.pairs for row in evidence.labels}
    for dimension in ("language", "length", "week"):
        parts = [counts for part, counts in found.items() if part.dimension == dimension]
        assert sum(sum(each.strata.values()) for each in parts) == 30
        assert sum(sum(each.labels.values()) for each in parts) == sum(whole.labels.values())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Where is it?", "latin script"),
        ("Где мой заказ", "cyrillic script"),
        ("订单在哪里", "cjk script"),
        ("12 34", "no letters"),
    ],
)
def test_the_script_of_a_text(text: str, told: str) -> None:
    assert script(text) == told


def test_what_is_an_id_is_no_slice() -> None:
    found = slices_of_pair(pair(1, tags={"user": "u" * 41, "team": "b"}))
    assert found.slice_tags == '{"team":"b"}'
    assert slices_of_pair(pair(1, tags={str(n): "x" for n in range(9)})).slice_tags == "{}"
    long = Request(messages=[{"role": "user", "content": "word " * 500}], tools=[{"type": "function"}])
    assert slices_of_pair(pair(1, request=long))[:3] == ("long", "latin script", "tools")


def test_settled_is_a_slice_of_its_own_kind(store: Store) -> None:
    store_pairs(store, [spoken(1, "en")])
    store_checked(store, CONFIG, [spoken(1, "en")], Settled(Stratum.SETTLED, Outcome.EQUIVALENT))
    found = cells(store, [Wanted("triage", version(store, CONFIG), None)], LATER, with_tags=True)
    assert {part.dimension for part in found} == {"", "length", "language", "tools", "week", "tag team"}


def test_counters_that_are_advanced_equal_a_full_count(store: Store) -> None:
    """Whatever order words come in: a first verdict, a second one that does not count, reviews that win or are own."""
    pairs = [spoken(n, "en" if n % 3 else "de") for n in range(40)]
    wanted = [Wanted("triage", version(store, CONFIG), "e1")]
    kept = Counters(store, wanted, NOON - timedelta(seconds=1), with_tags=True)
    store_pairs(store, pairs)
    for step, each in enumerate(pairs):
        when = NOON + timedelta(minutes=step)
        store_checked(store, CONFIG, [each], DISAGREE if step % 4 else DEFECT, when)
        if step % 2:
            store_verdict(store, each, Outcome.WORSE_MAJOR if step % 5 else Outcome.EQUIVALENT, when)
        if step > 9:
            earlier = pairs[step - 9]
            store_verdict(store, earlier, Outcome.EQUIVALENT, when)
            store_review(store, earlier, Outcome.WORSE_MINOR, when, reason=("audit", "random", None)[step % 3])
            store_review(store, pairs[step - 10], Outcome.EQUIVALENT, when, "bob")
        if step % 6 == 5:
            changed = kept.advance(when)
            full = cells(store, wanted, when, with_tags=True)
            assert kept.counts == full
            assert changed
    assert kept.advance(when) == set() or kept.counts == cells(store, wanted, when, with_tags=True)


def test_a_board_says_where_a_candidate_could_be_promoted_in_part(store: Store) -> None:
    english = [spoken(n, "en") for n in range(400)]
    german = [spoken(n, "de") for n in range(400, 460)]
    store_pairs(store, english + german)
    assert partly(store, board(store, CONFIG, LATER)) == [], "nothing is checked yet"
    store_checked(store, CONFIG, english + german[:10])
    store_checked(store, CONFIG, german[10:], DEFECT)
    (found,) = partly(store, board(store, CONFIG, LATER))
    assert (found.workflow, found.fingerprint, found.phase) == ("triage", SMALL, Phase.LIMITED)
    alone = slices_of(store, CONFIG, "triage", Phase.LIMITED, SMALL, LATER)
    assert found.suggestion == suggestion(alone, State.BLOCKED)
    assert found.suggestion.startswith("ready in language en; blocked in ")
