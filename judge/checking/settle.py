"""What the checks of a pair say together: the results, and what they leave open.

    a failed validation with a severity, or ground truth against the candidate   settled: a defect
    ground truth for the candidate in every comparison, no check in ERROR        settled: no defect
    every comparison passed, no check in ERROR                                   agree
    anything else, also a workflow without any comparison                        disagree

"Agree" and "disagree" are not outcomes: a judge or a person says what they mean.
"""

import traceback
from collections.abc import Sequence

import msgspec
import structlog

from judge.checking.check import CANDIDATE_ERROR, Found, Kind, Right
from judge.checking.loading import LoadedCheck
from judge.outcomes import Outcome, Severity, Status, Stratum
from shadow.types import Pair

_DETAIL_CHARS = 500
_WORSE: dict[Severity, Outcome] = {
    Severity.CRITICAL: Outcome.WORSE_CRITICAL,
    Severity.MAJOR: Outcome.WORSE_MAJOR,
    Severity.MINOR: Outcome.WORSE_MINOR,
}
_PASS, _FAIL, _ERROR = Status.PASS, Status.FAIL, Status.ERROR  # looked up millions of times
log = structlog.get_logger()


class CheckResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one check said of one pair; `severity` is that of the defect which a failure means, or None."""

    name: str
    kind: Kind
    severity: Severity | None
    status: Status
    detail: str = ""
    who_is_right: Right | None = None


class Settled(msgspec.Struct, frozen=True, gc=False):
    """What the checks leave open of a pair: the outcome is known when the stratum is `settled`, else None.

    `severity` is that of the defect, None when the outcome is none. `failed` names the checks that failed.
    """

    stratum: Stratum
    outcome: Outcome | None = None
    severity: Severity | None = None
    failed: tuple[str, ...] = ()


def examine(checks: Sequence[LoadedCheck], pair: Pair) -> list[CheckResult]:
    """What every check says of a pair.

    A candidate that gave no answer is a major defect by itself, named `candidate_error`, and no check is asked. A
    production call that failed is an answer that nobody could use: see Agreement.
    """
    if pair.candidate.error is None:
        return [_result(each, _ask(each, pair)) for each in checks]
    both: Right | None = None if pair.production.error is None else "neither"
    failure = Found(Status.FAIL, pair.candidate.error, both)
    unasked = Found(Status.SKIP, "candidate gave no answer")
    return [_candidate_error(failure), *(_result(each, unasked) for each in checks)]


def settle(results: Sequence[CheckResult]) -> Settled:
    """The stratum of a pair, and its outcome where the checks know it; the table is at the top of this file."""
    failed: list[str] = []
    worst: Severity | None = None
    production_wrong = unsure = False
    compared, known, agreed = 0, 0, 0
    for each in results:
        status = each.status
        if status is _FAIL:
            failed.append(each.name)
            if each.severity is not None and _is_fault(each) and (worst is None or each.severity.at_least(worst)):
                worst = each.severity
        unsure = unsure or status is _ERROR
        production_wrong = production_wrong or each.who_is_right in ("candidate", "neither")
        if each.kind == "agreement":
            compared += 1
            known += each.who_is_right in ("candidate", "both")
            agreed += status is _PASS
    names = tuple(failed)
    if worst is not None:
        return Settled(Stratum.SETTLED, Outcome.BOTH_BAD if production_wrong else _WORSE[worst], worst, names)
    if not compared or unsure:
        return Settled(Stratum.DISAGREE, failed=names)
    if known == compared:
        outcome = Outcome.CANDIDATE_BETTER if production_wrong else Outcome.EQUIVALENT
        return Settled(Stratum.SETTLED, outcome, None, names)
    return Settled(Stratum.AGREE if agreed == compared else Stratum.DISAGREE, failed=names)


def _is_fault(result: CheckResult) -> bool:
    """True when the result is about the candidate's answer itself, not about a difference."""
    if result.status is not Status.FAIL:
        return False
    return result.kind == "validation" or result.who_is_right in ("production", "neither")


def _ask(loaded: LoadedCheck, pair: Pair) -> Found:
    try:
        return loaded.check(pair)
    except Exception as error:  # a check may be anybody's code
        # The message may quote an answer, and answers are never logged: the frames say where.
        frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        log.error(
            "check_error", check=loaded.name, pair_id=pair.pair_id, error=type(error).__name__, frames=frames[-5:]
        )
        return Found(Status.ERROR, f"the check raised {type(error).__name__}")


def _result(loaded: LoadedCheck, found: Found) -> CheckResult:
    return CheckResult(
        name=loaded.name,
        kind=loaded.check.kind,
        severity=loaded.severity,
        status=found.status,
        detail=found.detail[:_DETAIL_CHARS],
        who_is_right=found.who_is_right,
    )


def _candidate_error(found: Found) -> CheckResult:
    return CheckResult(
        name=CANDIDATE_ERROR,
        kind="validation",
        severity=Severity.MAJOR,
        status=found.status,
        detail=found.detail[:_DETAIL_CHARS],
        who_is_right=found.who_is_right,
    )
