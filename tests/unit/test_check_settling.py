"""What the results of the checks leave open of a pair: tables of cases."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.types import Completion
from judge.checking.check import Agreement, Check, Found
from judge.checking.example import Example
from judge.checking.loading import LoadedCheck, load_checks
from judge.checking.settle import CheckResult, Settled, examine, settle
from judge.outcomes import Outcome, Severity, Status, Stratum
from shadow.config import CheckSettings
from shadow.types import Pair

FAIL, PASS, SKIP, ERROR = Status.FAIL, Status.PASS, Status.SKIP, Status.ERROR
AGREE, DISAGREE = Settled(Stratum.AGREE), Settled(Stratum.DISAGREE)


def valid(status: Status, severity: Severity | None = Severity.MAJOR, name: str = "v") -> CheckResult:
    return CheckResult(name=name, kind="validation", severity=severity, status=status)


def compared(status: Status, right: Any = None, severity: Severity | None = Severity.MAJOR) -> CheckResult:
    return CheckResult(name="c", kind="agreement", severity=severity, status=status, who_is_right=right)


def settled(outcome: Outcome, severity: Severity | None, *failed: str) -> Settled:
    return Settled(Stratum.SETTLED, outcome, severity, failed)


MAJOR, MINOR, CRITICAL = Severity.MAJOR, Severity.MINOR, Severity.CRITICAL


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], DISAGREE),
        ([valid(PASS)], DISAGREE),
        ([compared(PASS)], AGREE),
        ([valid(PASS), compared(PASS), compared(PASS)], AGREE),
        ([valid(SKIP), compared(PASS)], AGREE),
        ([compared(PASS), compared(SKIP)], DISAGREE),
        ([compared(SKIP)], DISAGREE),
        ([compared(FAIL)], Settled(Stratum.DISAGREE, failed=("c",))),
        ([compared(PASS), compared(FAIL)], Settled(Stratum.DISAGREE, failed=("c",))),
        ([compared(PASS), valid(ERROR)], DISAGREE),
        ([compared(ERROR)], DISAGREE),
        ([compared(PASS, "both"), valid(ERROR)], DISAGREE),
        ([valid(FAIL)], settled(Outcome.WORSE_MAJOR, MAJOR, "v")),
        ([valid(FAIL, MINOR), compared(PASS)], settled(Outcome.WORSE_MINOR, MINOR, "v")),
        ([valid(FAIL, CRITICAL), valid(FAIL, MINOR, "w")], settled(Outcome.WORSE_CRITICAL, CRITICAL, "v", "w")),
        ([valid(FAIL), compared(ERROR)], settled(Outcome.WORSE_MAJOR, MAJOR, "v")),
        ([valid(FAIL, None), compared(PASS)], Settled(Stratum.AGREE, failed=("v",))),
        ([valid(FAIL, None), compared(FAIL)], Settled(Stratum.DISAGREE, failed=("v", "c"))),
        ([compared(PASS, "both")], settled(Outcome.EQUIVALENT, None)),
        ([compared(FAIL, "candidate")], settled(Outcome.CANDIDATE_BETTER, None, "c")),
        ([compared(FAIL, "production")], settled(Outcome.WORSE_MAJOR, MAJOR, "c")),
        ([compared(FAIL, "neither", MINOR)], settled(Outcome.BOTH_BAD, MINOR, "c")),
        ([compared(FAIL, "candidate"), valid(FAIL)], settled(Outcome.BOTH_BAD, MAJOR, "c", "v")),
        ([compared(PASS, "both"), compared(FAIL, "candidate")], settled(Outcome.CANDIDATE_BETTER, None, "c")),
        ([compared(PASS, "both"), compared(FAIL, "production")], settled(Outcome.WORSE_MAJOR, MAJOR, "c")),
        ([compared(FAIL, "neither", None)], Settled(Stratum.DISAGREE, failed=("c",))),
    ],
)
def test_settle(results: list[CheckResult], expected: Settled) -> None:
    assert settle(results) == expected


CHECKS = [CheckSettings(check="label_agreement"), CheckSettings(**{"check": "latency_limit", "max_ms": 100})]


def examined(**changes: Any) -> list[CheckResult]:
    whole = Example(production="a", candidate="a", truth=changes.pop("truth", None)).pair()
    pair = Pair(**{field: getattr(whole, field) for field in whole.__struct_fields__} | changes)
    return examine(load_checks("w", CHECKS, ""), pair)


FAILED = Completion(error="timed out after 30 s")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, AGREE),
        ({"candidate": FAILED}, settled(Outcome.WORSE_MAJOR, MAJOR, "candidate_error")),
        ({"candidate": FAILED, "truth": "a"}, settled(Outcome.WORSE_MAJOR, MAJOR, "candidate_error")),
        ({"candidate": FAILED, "production": FAILED}, settled(Outcome.BOTH_BAD, MAJOR, "candidate_error")),
        ({"production": FAILED}, DISAGREE),
        ({"production": FAILED, "truth": "a"}, settled(Outcome.CANDIDATE_BETTER, None, "label_agreement")),
        ({"production": FAILED, "truth": "b"}, settled(Outcome.BOTH_BAD, MAJOR, "label_agreement")),
        ({"truth": "b"}, settled(Outcome.BOTH_BAD, MAJOR, "label_agreement")),
        ({"candidate": Completion(text="a", latency_ms=900.0)}, Settled(Stratum.AGREE, failed=("latency_limit",))),
        ({"truth": 7}, DISAGREE),
    ],
)
def test_calls_that_failed(changes: dict[str, Any], expected: Settled) -> None:
    assert settle(examined(**changes)) == expected


def test_a_failed_call_is_told_in_its_own_words() -> None:
    first, *rest = examined(candidate=FAILED)
    assert (first.name, first.detail, first.status) == ("candidate_error", "timed out after 30 s", FAIL)
    assert [(each.status, each.detail) for each in rest] == [(SKIP, "candidate gave no answer")] * 2


class Broken(Check):
    kind = "validation"

    def __call__(self, pair: Pair) -> Found:
        raise KeyError(pair.candidate.text)


def test_a_check_that_raises_is_an_error_and_no_answer_is_logged() -> None:
    pair = Example(production="s3cret", candidate="s3cret").pair()
    agreement = load_checks("w", [CheckSettings(check="text_agreement")], "")
    with capture_logs() as logs:
        results = examine([LoadedCheck("broken", Broken(), MAJOR), *agreement], pair)
    assert (results[0].status, results[0].detail) == (ERROR, "the check raised KeyError")
    assert settle(results) == DISAGREE, "the comparison passed, and still nothing is known to agree"
    assert logs[0]["event"] == "check_error"
    assert any("test_check_settling.py" in frame for frame in logs[0]["frames"])
    assert "s3cret" not in repr(logs)


def test_details_are_short() -> None:
    long = Example(candidate="x" * 5000).pair()
    check = load_checks("w", [CheckSettings(**{"check": "label_in_set", "labels": ["a"]})], "")
    assert all(len(each.detail) <= 500 for each in examine(check, long))


def test_an_agreement_names_its_kind() -> None:
    assert Agreement.kind == "agreement"
