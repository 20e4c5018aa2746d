"""`verify`: any change to what was signed, or to what it rests on, is found and named."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from judge.actions import sign_off
from judge.board import readiness_of
from judge.outcomes import Outcome, Phase
from judge.people import Actor, Role
from judge.signing import chain
from judge.signing.signoff import verify
from shadow.store import Store, open_store
from tests.store.seeding import DISAGREE, configuration, pair, store_checked, store_pairs, store_review

CONFIG = configuration()
ADMIN = Actor("grace", frozenset({Role.ADMIN}))
AGES_AGO = datetime.now(UTC) - timedelta(hours=2)


def opened(path: Path) -> Store:
    store = open_store(f"duckdb:{path}")
    store.migrate("shadow")
    store.migrate("judge")
    return store


def decide(store: Store, phase: Phase) -> None:
    seen = readiness_of(store, CONFIG, "triage", phase, datetime.now(UTC))
    sign_off(store, CONFIG, ADMIN, "triage", seen.fingerprint, phase, "reject", "not yet", seen.as_of, seen.digest)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three decisions, closed."""
    path = tmp_path_factory.mktemp("verify") / "signed.duckdb"
    store = opened(path)
    pairs = [pair(n, occurred_at=AGES_AGO, mirrored_at=AGES_AGO + timedelta(seconds=n)) for n in range(30)]
    store_pairs(store, pairs)
    store_checked(store, CONFIG, pairs[:20])
    store_checked(store, CONFIG, pairs[20:], DISAGREE)
    store_review(store, pairs[25], Outcome.EQUIVALENT, AGES_AGO + timedelta(minutes=5))
    for phase in (Phase.INSTRUMENT, Phase.SHADOW, Phase.LIMITED):
        decide(store, phase)
    store.close()
    return path


@pytest.fixture
def copy(signed: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.duckdb"
    path.write_bytes(signed.read_bytes())
    return path


def tamper(path: Path, sql: str) -> None:
    """What somebody with the file and no scruples can do."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)


def findings(path: Path) -> dict[int, str]:
    store = opened(path)
    try:
        return {each.number: each.sentence for each in verify(store)}
    finally:
        store.close()


def test_what_is_untouched_holds(copy: Path) -> None:
    assert findings(copy) == {}


def test_no_sign_off_is_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path / "empty.duckdb") == {}


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("signoff_id = 'a' || substr(signoff_id, 2, 30) || 'a'", 2),
        ("previous_hash = replace(previous_hash, '0', '1')", 2),
        ("record_hash = reverse(record_hash)", 2),
        ("signed_at = signed_at + INTERVAL 1 MICROSECOND", 2),
        ("record = replace(record, 'not yet', 'not Yet')", 2),
        ('record = replace(record, \'"decision":"reject"\', \'"decision":"approve"\')', 2),
        ("record = record || ' '", 2),
        ("number = 7", 7),
        ("number = 1", 1),
    ],
)
def test_a_changed_field_is_found_and_named(copy: Path, change: str, number: int) -> None:
    tamper(copy, f"UPDATE signoffs SET {change} WHERE number = 2")
    assert number in findings(copy)


def test_a_record_changed_with_its_hash_breaks_the_next(copy: Path) -> None:
    """Whoever also writes fitting hashes into one row has to write all that follow."""
    store = opened(copy)
    row = chain.links(store)[1]
    store.close()
    forged = chain.link(msgspec.structs.replace(chain.decode(row.record), reason="forged"), row.previous_hash)
    tamper(
        copy,
        f"UPDATE signoffs SET record = $${forged.record}$$, record_hash = '{forged.record_hash}', "
        f"signoff_id = '{forged.signoff_id}' WHERE number = 2",
    )
    assert findings(copy) == {3: "sign-off 3: it does not continue the record before it"}


def test_a_readiness_made_up_and_hashed_well_does_not_follow_from_its_evidence(copy: Path) -> None:
    store = opened(copy)
    rows = chain.links(store)
    store.close()
    signed = chain.decode(rows[2].record)
    forged = chain.link(
        msgspec.structs.replace(signed, readiness={**signed.readiness, "state": "ready"}), rows[2].previous_hash
    )
    tamper(
        copy,
        f"UPDATE signoffs SET record = $${forged.record}$$, record_hash = '{forged.record_hash}', "
        f"signoff_id = '{forged.signoff_id}' WHERE number = 3",
    )
    assert findings(copy) == {
        3: "sign-off 3: its evidence and policy give blocked now, and not the readiness that was signed"
    }


def replace_last(path: Path, **changes: object) -> None:
    """Somebody with the code as well writes the last sign-off anew, hashed well."""
    store = opened(path)
    last = chain.links(store)[-1]
    store.close()
    forged = chain.link(msgspec.structs.replace(chain.decode(last.record), **changes), last.previous_hash)
    tamper(
        path,
        f"UPDATE signoffs SET record = $${forged.record}$$, record_hash = '{forged.record_hash}', "
        f"signoff_id = '{forged.signoff_id}' WHERE number = {last.number}",
    )


def test_an_approval_of_what_was_not_ready_is_found(copy: Path) -> None:
    replace_last(copy, decision="approve")
    assert findings(copy) == {3: "sign-off 3: it approves a phase that was not ready: blocked"}


@pytest.mark.parametrize("change", [{"phase": "expand"}, {"workflow": "other"}, {"fingerprint": "small@other"}])
def test_a_decision_on_another_readiness_than_it_carries_is_found(copy: Path, change: dict[str, str]) -> None:
    replace_last(copy, **change)
    assert findings(copy) == {
        3: "sign-off 3: it names another workflow, candidate, phase or time than the readiness it carries"
    }


def test_a_readiness_that_cannot_be_read_is_a_finding_and_no_crash(copy: Path) -> None:
    store = opened(copy)
    readiness = chain.decode(chain.links(store)[-1].record).readiness
    store.close()
    replace_last(copy, readiness={**readiness, "state": "splendid"})
    assert findings(copy)[3].startswith("sign-off 3: the readiness it carries cannot be read:")


def test_a_missing_record_is_found(copy: Path) -> None:
    tamper(copy, "DELETE FROM signoffs WHERE number = 2")
    assert findings(copy)[3] == "sign-off 3: its number should be 2: a record is missing"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("UPDATE pairs SET candidate_latency_ms = 1 + coalesce(candidate_latency_ms, 0)", "candidate_latency"),
        ("UPDATE pairs SET production_latency_ms = 1 + coalesce(production_latency_ms, 0)", "production_latency"),
        ("UPDATE pairs SET candidate_output_tokens = 1 + coalesce(candidate_output_tokens, 0)", "candidate_tokens"),
        ("UPDATE pairs SET production_model = 'another'", "versions"),
        ("UPDATE pairs SET scrub_version = '' WHERE \"offset\" = 3", "unscrubbed"),
        ('UPDATE pairs SET inclusion_probability = 0.5 WHERE "offset" = 3', "inclusion"),
        ('UPDATE pairs SET occurred_at = occurred_at - INTERVAL 1 DAY WHERE "offset" = 3', "days"),
        ("UPDATE checked SET stratum = 'agree' WHERE stratum = 'disagree'", "strata"),
        ("UPDATE checked SET checks_version = 'another' WHERE \"offset\" = 3", "checked"),
        ("UPDATE reviews SET reason = 'random'", "labels"),
        ("UPDATE reviews SET reviewed_at = now()", "reviews"),
        (
            'INSERT INTO rejected BY NAME SELECT topic, "partition", "offset" + 100 AS "offset", \'x\' AS reason, '
            "0 AS size_bytes, mirrored_at AS rejected_at FROM pairs LIMIT 1",
            "intake",
        ),
        ("DELETE FROM reviews", "labels"),
        ("UPDATE reviews SET outcome = 'worse_critical'", "labels"),
        ("UPDATE checked SET severity = 'major' WHERE pair_id IN (SELECT pair_id FROM pairs LIMIT 1)", "settled"),
        ('DELETE FROM pairs WHERE "offset" = 29', "captured"),
        ("UPDATE pairs SET candidate_error = 'x' WHERE \"offset\" = 29", "candidate_errors"),
        (
            "INSERT INTO checked SELECT * REPLACE ('settled' AS stratum, 'made up' AS pair_id) FROM checked LIMIT 1",
            "settled",
        ),
    ],
)
def test_changed_evidence_is_found(copy: Path, change: str, field: str) -> None:
    tamper(copy, change)
    found = findings(copy)
    assert set(found) == {1, 2, 3}
    assert all(field in sentence for sentence in found.values())


def test_what_came_later_changes_nothing(copy: Path) -> None:
    store = opened(copy)
    more = [pair(n, mirrored_at=datetime.now(UTC)) for n in range(30, 60)]
    store_pairs(store, more)
    store_checked(store, CONFIG, more)
    store_review(store, more[0], Outcome.WORSE_MAJOR, datetime.now(UTC))
    decide(store, Phase.EXPAND)
    assert verify(store) == []
    store.close()
