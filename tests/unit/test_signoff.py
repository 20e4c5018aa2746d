"""Chain and staleness without a store: every byte of a row counts."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from judge.evidence.record import Evidence
from judge.outcomes import Phase
from judge.readiness.assess import Readiness, assess
from judge.readiness.policy import policy_of
from judge.signing.canonical import canonical, digest
from judge.signing.chain import GENESIS, Link, SignOff, decode, fault, intact, link, standing
from shadow.config import Workflow

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
READINESS = assess(
    policy_of(Workflow(candidates=["small"])),
    Evidence(workflow="triage", fingerprint="small@1", as_of=NOON),
    Phase.LIMITED,
)


def signed(number: int) -> SignOff:
    return SignOff(
        number=number,
        signed_at=NOON + timedelta(minutes=number),
        workflow="triage",
        fingerprint="small@1",
        phase="limited",
        decision="reject",
        actor="grace",
        authenticated=False,
        reason="zu früh",
        as_of=NOON,
        digest=READINESS.digest,
        readiness=msgspec.to_builtins(READINESS),
    )


FIRST = link(signed(1), GENESIS)
SECOND = link(signed(2), FIRST.record_hash)
THIRD = link(signed(3), SECOND.record_hash)


def flipped(text: str, place: int) -> str:
    raw = bytearray(text.encode())
    raw[place] ^= 1
    return raw.decode(errors="surrogateescape").encode(errors="replace").decode()


def test_a_whole_chain_has_no_fault() -> None:
    assert [fault(FIRST, None), fault(SECOND, FIRST), fault(THIRD, SECOND)] == [None] * 3
    assert list(intact([FIRST, SECOND, THIRD])) == [FIRST, SECOND, THIRD]
    assert decode(SECOND.record) == signed(2)


@pytest.mark.parametrize("field", ["signoff_id", "previous_hash", "record", "record_hash"])
def test_any_flipped_byte_of_a_row_is_a_fault(field: str) -> None:
    text = getattr(SECOND, field)
    for place in range(len(text.encode())):
        changed = msgspec.structs.replace(SECOND, **{field: flipped(text, place)})
        assert changed != SECOND
        assert fault(changed, FIRST), (field, place)


@pytest.mark.parametrize("bit", range(8))
def test_any_flipped_bit_of_number_or_time_is_a_fault(bit: int) -> None:
    assert fault(msgspec.structs.replace(SECOND, number=SECOND.number ^ (1 << bit)), FIRST)
    later = SECOND.signed_at + timedelta(microseconds=1 << bit)
    assert fault(msgspec.structs.replace(SECOND, signed_at=later), FIRST)


@pytest.mark.parametrize(
    ("row", "previous", "sentence"),
    [
        (SECOND, None, "its number should be 1: a record is missing"),
        (THIRD, FIRST, "its number should be 2: a record is missing"),
        (link(signed(1), "f" * 64), None, "it does not continue the record before it"),
        (msgspec.structs.replace(FIRST, record=FIRST.record + " "), None,
         "its hash does not fit its text: one of them was changed"),
        (msgspec.structs.replace(FIRST, signoff_id="x"), None, "its columns do not fit its text"),
        (Link(signoff_id="x", number=1, previous_hash=GENESIS, record="{}", record_hash=digest(GENESIS + "{}"),
              signed_at=NOON), None,
         "its text is not a sign-off: Object missing required field `number`"),
    ],
)  # fmt: skip
def test_fault(row: Link, previous: Link | None, sentence: str) -> None:
    assert fault(row, previous) == sentence


def test_what_stands_behind_a_fault_does_not_count() -> None:
    changed = msgspec.structs.replace(SECOND, record=SECOND.record.replace("reject", "approve"))
    assert list(intact([FIRST, changed, THIRD])) == [FIRST]


def test_of_a_fork_the_first_stored_stands() -> None:
    rival = link(msgspec.structs.replace(signed(2), actor="mallory"), FIRST.record_hash)
    assert standing([FIRST, SECOND, rival, THIRD]) == ([FIRST, SECOND, THIRD], [rival])
    assert list(intact([FIRST, rival, SECOND, THIRD])) == [FIRST, rival]


def test_canonical_is_one_text_for_one_value() -> None:
    assert canonical({"b": 0.1, "a": [NOON, None]}) == '{"a":["2026-11-23T12:00:00Z",null],"b":0.1}'
    assert canonical(READINESS) == canonical(
        msgspec.convert(msgspec.json.decode(canonical(READINESS)), type(READINESS))
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})


def test_a_readiness_survives_json() -> None:
    assert msgspec.convert(msgspec.to_builtins(READINESS), Readiness) == READINESS


def test_digest_covers_policy_and_phase() -> None:
    policy, evidence = READINESS.policy, READINESS.evidence
    assert assess(msgspec.structs.replace(policy, min_captured=7), evidence, Phase.LIMITED).digest != READINESS.digest
    assert assess(policy, evidence, Phase.EXPAND).digest != READINESS.digest
