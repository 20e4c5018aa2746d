"""What becomes of a record before any candidate sees it."""

from datetime import UTC, datetime

import msgspec
import pytest

from connectors.interaction import VERSION, Interaction, encode
from connectors.types import Completion, Origin, Record, Request
from shadow.config import Workflow
from shadow.intake import Admitted, Fate, Rejected, Skipped, admit_all
from shadow.scrub import Policy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORIGIN = Origin("calls", 0, 7)
WORKFLOWS = {"triage": Workflow(candidates=["small"])}


def fate_of(record: Record, workflows: dict[str, Workflow], now: datetime) -> Fate:
    [fate] = admit_all([record], workflows, now)
    return fate


def record(**changes: object) -> Record:
    interaction = Interaction(
        schema=VERSION,
        workflow="triage",
        request_id="r-1",
        occurred_at=NOW,
        request=Request(messages=[{"role": "user", "content": "write to ann@example.org please"}]),
        response=Completion(text="billing"),
    )
    return Record(ORIGIN, encode(msgspec.structs.replace(interaction, **changes)))


def test_a_good_record_is_admitted_and_scrubbed() -> None:
    admitted = fate_of(record(), WORKFLOWS, NOW)
    assert isinstance(admitted, Admitted)
    assert "ann@example.org" not in str(admitted.interaction)
    assert sum(admitted.scrubbed.values()) == 1
    assert admitted.inclusion_probability == 1.0


def test_a_workflow_nobody_enabled_is_skipped_by_name() -> None:
    assert fate_of(record(workflow="other"), WORKFLOWS, NOW) == Skipped(ORIGIN, "other", "not_enabled", 0.0, NOW)


def test_what_the_sample_leaves_out_carries_the_probability() -> None:
    few = {"triage": Workflow(candidates=["small"], sample=0.2)}
    fates = [fate_of(record(request_id=f"r-{n}"), few, NOW) for n in range(2_000)]
    skipped = [fate for fate in fates if isinstance(fate, Skipped)]
    assert {(fate.reason, fate.inclusion_probability) for fate in skipped} == {("sampled_out", 0.2)}
    assert 0.75 < len(skipped) / len(fates) < 0.85


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"", "not an interaction"),
        (b"\xff\xfe", "not"),
        (b"[" * 100_000, "not an interaction"),
        (b'{"schema": "shadowjudge.interaction/9"}', "schema"),
        (b'{"schema": "shadowjudge.interaction/1"}', "workflow"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_its_reason_and_size(value: bytes | None, reason: str) -> None:
    rejected = fate_of(Record(ORIGIN, value), WORKFLOWS, NOW)
    assert isinstance(rejected, Rejected)
    assert reason in rejected.reason
    assert rejected.size_bytes == (None if value is None else len(value))


def test_a_count_that_the_store_cannot_hold_is_rejected() -> None:
    response = Completion(text="billing", input_tokens=2**63)
    rejected = fate_of(record(response=response), WORKFLOWS, NOW)
    assert isinstance(rejected, Rejected)
    assert "input_tokens" in rejected.reason


def test_what_cannot_be_scrubbed_is_rejected_and_the_others_are_admitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(interaction: Interaction, policy: Policy) -> None:
        raise RuntimeError("a fault in a rule")

    monkeypatch.setattr("shadow.scrub.batch.FEW", 0)  # what has no sign is then left alone
    monkeypatch.setattr("shadow.scrub.batch.scrub", broken)
    clean = record(request=Request(messages=[{"role": "user", "content": "hello"}]))
    admitted, rejected, skipped, again = admit_all([clean, record(), record(workflow="other"), clean], WORKFLOWS, NOW)
    assert isinstance(admitted, Admitted)
    assert admitted == again
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "the record cannot be scrubbed: RuntimeError"
    assert isinstance(skipped, Skipped)
