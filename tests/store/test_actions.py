"""Reviews and sign-offs on a real store: who may, what is refused, and two people at once."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.errors import UserError
from connectors.types import Completion
from judge.actions import review, sign_off
from judge.board import readiness_of
from judge.outcomes import Outcome, Phase, State
from judge.people import Actor, Role
from judge.readiness.assess import Readiness
from judge.signing import chain
from judge.signing.chain import SignOff
from judge.signing.signoff import verify
from shadow.config import Config
from shadow.signing import SignoffSettings
from shadow.store import Store, open_store
from shadow.types import Pair
from tests.store.seeding import (
    SMALL,
    configuration,
    pair,
    store_checked,
    store_pairs,
    store_review,
    store_trial,
    store_verdict,
)

CONFIG = configuration()
REVIEWER = Actor("ada", frozenset({Role.REVIEWER}))
MANAGER = Actor("grace", frozenset({Role.RELEASE_MANAGER}), authenticated=True)
AGES_AGO = datetime.now(UTC) - timedelta(hours=2)


def seed(store: Store) -> list[Pair]:
    """Thirty settled pairs, all checked: enough for the phase instrument."""
    pairs = [pair(n, occurred_at=AGES_AGO, mirrored_at=AGES_AGO + timedelta(seconds=n)) for n in range(30)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs)
    store_trial(store)
    return pairs


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"duckdb:{tmp_path}/s.duckdb")
    store.migrate("shadow")
    store.migrate("judge")
    seed(store)
    yield store
    store.close()


def read(store: Store, phase: Phase = Phase.INSTRUMENT, as_of: datetime | None = None) -> Readiness:
    return readiness_of(store, CONFIG, "triage", phase, as_of)


def sign(store: Store, seen: Readiness, actor: Actor = MANAGER, config: Config = CONFIG, **changes: Any) -> SignOff:
    arguments = {
        "workflow": seen.workflow,
        "fingerprint": seen.fingerprint,
        "phase": seen.phase,
        "decision": "approve",
        "reason": "the funnel adds up",
        "as_of": seen.as_of,
        "digest": seen.digest,
        **changes,
    }
    return sign_off(store, config, actor, **arguments)


def label(
    store: Store, of: Pair, actor: Actor = REVIEWER, outcome: Outcome = Outcome.WORSE_MINOR, form: str = "f1"
) -> str:
    return review(store, actor, of.pair_id, of.occurred_at, outcome, " late ", "candidate", form)


def test_a_review_is_stored_once_for_one_form(store: Store) -> None:
    of = pair(3, occurred_at=AGES_AGO)
    first = label(store, of)
    assert label(store, of, outcome=Outcome.EQUIVALENT) == first
    second = label(store, of, outcome=Outcome.EQUIVALENT, form="f2")
    other = label(store, of, actor=Actor("bob", frozenset({Role.ADMIN})))
    rows = store.read("SELECT * FROM reviews ORDER BY reviewed_at").to_dicts()
    assert [row["review_id"] for row in rows] == [first, second, other]
    expected = {
        "pair_id": of.pair_id,
        "workflow": "triage",
        "fingerprint": SMALL,
        "occurred_at": AGES_AGO,
        "reviewer": "ada",
        "outcome": "worse_minor",
        "note": "late",
        "left_arm": "candidate",
    }
    assert {name: rows[0][name] for name in expected} == expected


@pytest.mark.parametrize(
    ("actor", "sentence"),
    [
        (Actor("eve", frozenset({Role.VIEWER})), "eve may not label a pair: that takes the role reviewer"),
        (Actor("eve", frozenset()), "eve may not label a pair"),
        (MANAGER, "grace may not label a pair"),
        (Actor(" ", frozenset(Role)), "say who you are before you label a pair"),
    ],
)
def test_a_review_takes_a_reviewer_with_a_name(store: Store, actor: Actor, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        label(store, pair(3, occurred_at=AGES_AGO), actor)
    assert store.read("SELECT * FROM reviews").is_empty()


def test_a_review_takes_a_pair(store: Store) -> None:
    with pytest.raises(UserError, match=f"there is no pair {pair(99).pair_id}"):
        label(store, pair(99, occurred_at=AGES_AGO))


def test_a_ready_phase_is_approved_and_the_next_decision_continues_the_chain(store: Store) -> None:
    seen = read(store)
    assert seen.state is State.READY
    signed = sign(store, seen)
    assert (signed.number, signed.actor, signed.authenticated) == (1, "grace", True)
    assert (signed.decision, signed.reason, signed.digest) == ("approve", "the funnel adds up", seen.digest)
    seen = read(store, Phase.SHADOW, datetime.now(UTC))
    assert [each.phase for each in seen.evidence.decisions] == ["instrument"]
    assert sign(store, seen, decision="reject", reason=" no noise floor ").number == 2
    assert chain.history(store)[1].reason == "no noise floor"
    assert verify(store) == []
    lines = {line.name: line for line in read(store, Phase.LIMITED, datetime.now(UTC)).lines}
    assert (lines["instrument signed"].state, lines["shadow signed"].state) == (State.READY, State.BLOCKED)


def test_only_a_ready_phase_can_be_approved_and_any_rejected(store: Store) -> None:
    seen = read(store, Phase.LIMITED)
    with pytest.raises(UserError, match=r"^limited lacks evidence: .*Only a ready phase can be approved"):
        sign(store, seen)
    assert sign(store, seen, decision="reject").decision == "reject"


def test_a_waiver_takes_a_policy_that_allows_it_and_a_phase_that_is_not_ready(store: Store) -> None:
    with pytest.raises(UserError, match="waivers are not allowed here"):
        sign(store, read(store, Phase.SHADOW), decision="waive")
    workflow = CONFIG.workflows["triage"]
    allowed = workflow.model_copy(update={"signoff": SignoffSettings(waivers=True)})
    config = CONFIG.model_copy(update={"workflows": {"triage": allowed}})
    ready, lacking = (readiness_of(store, config, "triage", phase) for phase in (Phase.INSTRUMENT, Phase.SHADOW))
    with pytest.raises(UserError, match="nothing to waive; approve it"):
        sign(store, ready, config=config, decision="waive")
    assert sign(store, lacking, config=config, decision="waive", reason="a week of trial").decision == "waive"
    later = readiness_of(store, config, "triage", Phase.LIMITED, datetime.now(UTC))
    line = next(line for line in later.lines if line.name == "shadow signed")
    assert (line.state, "waived what it lacks, by grace" in line.sentence) == (State.READY, True)
    assert verify(store) == []


@pytest.mark.parametrize(
    ("actor", "changes", "sentence"),
    [
        (REVIEWER, {}, "ada may not sign a phase off: that takes the role release_manager"),
        (Actor("", frozenset(Role)), {}, "say who you are"),
        (MANAGER, {"reason": " \n"}, "a sign-off needs a reason"),
        (MANAGER, {"digest": "0" * 64}, "stale: its counts, policy or versions are not those that were shown"),
        (MANAGER, {"phase": Phase.SHADOW}, "stale: its counts, policy or versions"),
        (MANAGER, {"fingerprint": "small@9"}, "stale: its counts, policy or versions"),
    ],
)
def test_refused(store: Store, actor: Actor, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        sign(store, read(store), actor, **changes)
    assert chain.links(store) == []


def late_pair(store: Store) -> None:
    store_pairs(store, [pair(30, occurred_at=AGES_AGO, mirrored_at=AGES_AGO)])


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        (lambda store: label(store, pair(3, occurred_at=AGES_AGO)), "pairs of this workflow have been reviewed since"),
        (late_pair, "its counts, policy or versions are not those that were shown"),
        (
            lambda store: store_pairs(
                store, [pair(40, mirrored_at=datetime.now(UTC), production=Completion(text="x", model="large-2"))]
            ),
            "checks, judge, scrub rules or production model have changed since",
        ),
        (
            lambda store: store_verdict(store, pair(3), Outcome.EQUIVALENT, datetime.now(UTC)),
            "checks, judge, scrub rules or production model have changed since",
        ),
        (
            lambda store: store_pairs(store, [pair(29, mirrored_at=datetime.now(UTC))]),
            "funnel was ready and is insufficient_evidence",
        ),
        (
            lambda store: sign(store, read(store, Phase.SHADOW), decision="reject"),
            "another decision on this workflow has been signed since",
        ),
    ],
)
def test_what_happens_between_reading_and_signing_makes_it_stale(
    store: Store, happens: Callable[[Store], Any], sentence: str
) -> None:
    seen = read(store)
    happens(store)
    with pytest.raises(UserError, match=f"the readiness you saw is stale: {sentence}; read it again"):
        sign(store, seen)


def test_a_changed_policy_or_an_old_reading_is_stale(store: Store) -> None:
    with pytest.raises(UserError, match="its counts, policy or versions"):
        sign(store, read(store), config=configuration(min_captured=21))
    with pytest.raises(UserError, match="it is older than an hour"):
        sign(store, read(store, as_of=datetime.now(UTC) - timedelta(minutes=61)))
    with pytest.raises(UserError, match="it is of a time to come"):
        sign(store, read(store, as_of=datetime.now(UTC) + timedelta(minutes=1)))


def test_more_traffic_of_the_same_kind_is_not_stale(store: Store) -> None:
    seen = read(store)
    more = [pair(n, mirrored_at=datetime.now(UTC)) for n in range(30, 40)]
    store_pairs(store, more)
    store_checked(store, CONFIG, more)
    assert sign(store, seen).readiness["evidence"]["captured"] == 30


def test_two_people_at_once_do_not_fork_the_chain(store: Store) -> None:
    seen = read(store)
    told: list[str] = []

    def decide(name: str) -> None:
        try:
            sign(store, seen, Actor(name, frozenset({Role.ADMIN})), decision="reject")
            told.append("signed")
        except UserError as error:
            told.append(str(error))

    threads = [threading.Thread(target=decide, args=(f"person {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stale = "the readiness you saw is stale: another decision on this workflow has been signed since; read it again."
    assert told.count(stale) == 3
    assert told.count("signed") == 1
    assert len(chain.links(store)) == 1
    assert verify(store) == []


def test_of_two_processes_at_once_the_first_stored_has_signed_and_verify_tells(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = read(store)
    stored = chain.append

    def after_another(store: Store, row: chain.Link) -> None:
        rival = chain.decode(row.record)
        stored(store, chain.link(msgspec.structs.replace(rival, actor="mallory"), row.previous_hash))
        stored(store, row)

    monkeypatch.setattr(chain, "append", after_another)
    with pytest.raises(UserError, match="somebody else signed at the same moment, so your decision does not count"):
        sign(store, seen)
    monkeypatch.undo()
    assert [each.actor for each in chain.history(store)] == ["mallory"]
    assert [(each.number, each.sentence) for each in verify(store)] == [
        (1, "sign-off 1: signed at the same moment as another, so it does not count")
    ]
    assert sign(store, read(store, Phase.SHADOW, datetime.now(UTC)), decision="reject").number == 2
    assert len(verify(store)) == 1


def test_nothing_is_signed_behind_a_broken_chain(store: Store) -> None:
    signed = sign(store, read(store))
    bad = msgspec.structs.replace(signed, number=2, reason="forged")
    chain.append(store, chain.link(bad, "f" * 64))
    seen = read(store, Phase.SHADOW, datetime.now(UTC))
    with pytest.raises(UserError, match="the chain of sign-offs is broken"):
        sign(store, seen, decision="reject")


def test_reviewed_pairs_do_not_change_what_the_checks_settled(store: Store) -> None:
    before = read(store, Phase.LIMITED, datetime.now(UTC)).evidence
    store_review(store, pair(3, occurred_at=AGES_AGO), Outcome.WORSE_CRITICAL, datetime.now(UTC))
    after = read(store, Phase.LIMITED, datetime.now(UTC)).evidence
    assert after.reviews == before.reviews + 1
    assert (after.settled, after.labels) == (before.settled, before.labels)
