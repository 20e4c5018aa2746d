"""The sampling plan on a real store: what a reviewer is offered, in which turn, and what the label may count for."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from connectors.errors import UserError
from judge.actions import review
from judge.board import evidence_of
from judge.evidence.record import Labelled
from judge.outcomes import Outcome, Stratum
from judge.people import Actor, Role
from judge.sampling.claims import Claim
from judge.sampling.reason import Reason
from judge.sampling.reviewing import next_for_reviewer, waiting
from shadow.store import Store
from shadow.types import Pair
from tests.store.seeding import AGREE, DISAGREE, SMALL, configuration, pair, store_checked, store_pairs, store_verdict

CONFIG = configuration()
AGO = datetime.now(UTC) - timedelta(hours=3)


def seed(store: Store) -> list[Pair]:
    """Forty open pairs; the judge flagged two of the twenty that differ, and let the other eighteen pass."""
    pairs = [pair(n, occurred_at=AGO, mirrored_at=AGO + timedelta(seconds=n)) for n in range(40)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:20], DISAGREE)
    store_checked(store, CONFIG, pairs[20:], AGREE)
    for n, each in enumerate(pairs[:20]):
        store_verdict(store, each, Outcome.WORSE_MAJOR if n < 2 else Outcome.EQUIVALENT, AGO + timedelta(minutes=5))
    return pairs


def offer(store: Store, name: str) -> Claim:
    found = next_for_reviewer(store, CONFIG, name, "triage")
    assert found is not None
    return found


def answer(store: Store, of: Claim, outcome: Outcome = Outcome.EQUIVALENT, name: str | None = None) -> None:
    actor = Actor(name or of.reviewer, frozenset({Role.REVIEWER}))
    review(store, actor, of.pair_id, of.occurred_at, outcome, "", "production", f"form-{of.claim_id}")


def test_a_reviewer_is_offered_flags_and_random_pairs_and_then_audits(store: Store) -> None:
    flags = {each.pair_id for each in seed(store)[:2]}
    first = offer(store, "ada")
    assert (first.reason, first.pair_id in flags, first.inclusion_probability) == (Reason.CONFIRM, True, 1.0)
    assert offer(store, "ada") == first, "asking again before labelling changes nothing"
    seen = []
    for _ in range(12):
        now = offer(store, "ada")
        seen.append(now.reason)
        answer(store, now)
    assert seen.count(Reason.CONFIRM) == 2
    assert seen.count(Reason.RANDOM) == 4, "as many as min_labels asks for"
    assert set(seen[6:]) == {Reason.AUDIT}
    rows = store.read("SELECT reason, epoch, inclusion_probability, claim_id FROM reviews").to_dicts()
    assert all(row["claim_id"] and row["epoch"] == "e1" and 0 < row["inclusion_probability"] <= 1 for row in rows)


def test_two_reviewers_never_hold_the_same_pair(store: Store) -> None:
    seed(store)
    held = [offer(store, name).pair_id for name in ("ada", "bob", "cyd", "dan")]
    assert len(set(held)) == 4


def test_a_pair_whose_claim_ran_out_is_offered_again(store: Store) -> None:
    seed(store)
    first = offer(store, "ada")
    expired = store.read("SELECT * FROM claims").with_columns(
        claimed_at=pl.lit(AGO).cast(pl.Datetime("us", "UTC")), expires_at=pl.lit(AGO).cast(pl.Datetime("us", "UTC"))
    )
    store.change(["DELETE FROM claims"], {})
    store.append("claims", expired)
    assert offer(store, "bob").pair_id == first.pair_id


def test_an_own_pick_is_no_sample_and_is_still_drawn(store: Store) -> None:
    """Whoever labels what looks bad must not take it out of the audits: the rate of what is left would be too good."""
    pairs = seed(store)
    actor = Actor("eve", frozenset({Role.REVIEWER}))
    for each in pairs[2:20]:
        review(store, actor, each.pair_id, each.occurred_at, Outcome.WORSE_MAJOR, "", "production", "f")
    labels = evidence_of(store, CONFIG, "triage", SMALL, datetime.now(UTC)).labels
    assert Labelled(stratum="disagree", verdict="equivalent", review="worse_major", pairs=18) in labels
    reasons = []
    for _ in range(9):
        now = offer(store, "ada")
        reasons.append(now.reason)
        answer(store, now, Outcome.WORSE_MAJOR)
    assert Reason.AUDIT in reasons
    assert store.read("SELECT DISTINCT reason FROM reviews WHERE reviewer = 'eve'")["reason"].to_list() == ["own"]
    picked = {each.pair_id for each in pairs[2:20]}
    theirs = []
    for _ in range(12):
        now = offer(store, "eve")
        theirs.append(now.pair_id)
        answer(store, now, name="eve")
    assert picked.intersection(theirs), "not even to the one who picked them are they missing from the draw"
    assert len(set(theirs)) == len(theirs), "what was answered as offered is not offered again"


def test_a_label_counts_as_offered_to_whom_it_was_offered(store: Store) -> None:
    seed(store)
    now = offer(store, "ada")
    answer(store, now, name="bob")
    assert store.read("SELECT reason, claim_id FROM reviews").rows() == [("own", None)]


def test_what_waits_for_reviewers(store: Store) -> None:
    seed(store)
    (found,) = waiting(store, CONFIG, "triage")
    assert (found.fingerprint, found.confirm, found.random) == (SMALL, 2, 4)
    with pytest.raises(UserError, match="did you mean 'triage'"):
        next_for_reviewer(store, CONFIG, "ada", "triaje")


def test_without_a_judge_people_label_a_random_sample(store: Store) -> None:
    config = configuration(judge=None)
    pairs = [pair(n, occurred_at=AGO, mirrored_at=AGO + timedelta(seconds=n)) for n in range(30)]
    store_pairs(store, pairs)
    store_checked(store, config, pairs, DISAGREE)
    seen = set()
    for _ in range(5):
        now = next_for_reviewer(store, config, "ada", "triage")
        assert now is not None
        assert (now.reason, now.stratum) == (Reason.RANDOM, Stratum.DISAGREE)
        answer(store, now)
        seen.add(now.pair_id)
    assert len(seen) == 5
