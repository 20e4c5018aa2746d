"""Results and verdicts as rows of the tables in judge/sql."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from judge.checking.settle import CheckResult, Settled
from judge.judging.verdict import Opinion, Verdict
from judge.outcomes import Status
from judge.scoring.plan import JudgePlan
from judge.scoring.worklist import Unjudged
from shadow.sampling import share_of
from shadow.types import Pair

_TIME = pl.Datetime("us", "UTC")
_PAIR: dict[str, Any] = {
    "pair_id": pl.String,
    "workflow": pl.String,
    "fingerprint": pl.String,
    "occurred_at": _TIME,
}
_CHECKED: dict[str, Any] = {
    **_PAIR,
    "checks_version": pl.String,
    "stratum": pl.String,
    "outcome": pl.String,
    "severity": pl.String,
    "failed": pl.List(pl.String),
    "draw": pl.Float64,
    "checked_at": _TIME,
    "topic": pl.String,
    "partition": pl.Int32,
    "offset": pl.Int64,
}
_CHECK_RESULTS: dict[str, Any] = {
    **_PAIR,
    "checks_version": pl.String,
    "check_name": pl.String,
    "status": pl.String,
    "severity": pl.String,
    "who_is_right": pl.String,
    "detail": pl.String,
    "checked_at": _TIME,
}
_VERDICTS: dict[str, Any] = {
    **_PAIR,
    "verdict_id": pl.String,
    "epoch": pl.String,
    "rubric": pl.String,
    "rubric_hash": pl.String,
    "judge_model": pl.String,
    "outcome": pl.String,
    "order_flip": pl.Boolean,
    "choice_production_first": pl.String,
    "choice_candidate_first": pl.String,
    "reply_production_first": pl.String,
    "reply_candidate_first": pl.String,
    "error": pl.String,
    "stratum": pl.String,
    "inclusion_probability": pl.Float64,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "latency_ms": pl.Float64,
    "judged_at": _TIME,
}


class Checked(msgspec.Struct, frozen=True):
    """A pair, what every check said of it, and what that leaves open."""

    pair: Pair
    results: list[CheckResult]
    settled: Settled


def checked_frame(checked: Sequence[Checked], version: str, now: datetime) -> pl.DataFrame:
    """A row of `checked` for each pair."""
    rows = [
        (
            *_of(each.pair), version, each.settled.stratum, each.settled.outcome, each.settled.severity,
            list(each.settled.failed), share_of(each.pair.pair_id, "judge"), now,
            each.pair.origin.topic, each.pair.origin.partition, each.pair.origin.offset,
        )
        for each in checked
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_CHECKED, orient="row")


def check_results_frame(checked: Iterable[Checked], version: str, now: datetime) -> pl.DataFrame:
    """A row of `check_results` for each result that is not a PASS."""
    rows = [
        (
            *_of(each.pair), version, result.name, result.status, result.severity, result.who_is_right, result.detail,
            now,
        )
        for each in checked
        for result in each.results
        if result.status is not Status.PASS
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_CHECK_RESULTS, orient="row")


def verdicts_frame(judged: Sequence[tuple[Pair, Unjudged, Verdict]], judge: JudgePlan, now: datetime) -> pl.DataFrame:
    """A row of `verdicts` for each judged pair; its id is the same whoever judges the pair in this epoch."""
    rows = [_verdict(pair, chosen, verdict, judge, now) for pair, chosen, verdict in judged]
    return pl.DataFrame(rows, schema=_VERDICTS, orient="row")


def _verdict(pair: Pair, chosen: Unjudged, verdict: Verdict, judge: JudgePlan, now: datetime) -> tuple[Any, ...]:
    one, other = verdict.production_first, verdict.candidate_first
    served = next((each.completion.model for each in (one, other) if each and each.completion.model), None)
    return (
        *_of(pair), hashlib.blake2b(f"{pair.pair_id}\x00{judge.epoch}".encode(), digest_size=16).hexdigest(),
        judge.epoch, judge.settings.rubric, judge.rubric.hash, served or judge.model.fingerprint,
        verdict.outcome, verdict.order_flip,
        one and one.reply.choice, other and other.reply.choice,
        _raw(one), _raw(other), verdict.error,
        chosen.stratum, chosen.inclusion_probability,
        _total(one, other, "input_tokens"), _total(one, other, "output_tokens"), _total(one, other, "latency_ms"), now,
    )  # fmt: skip


def _of(pair: Pair) -> tuple[str, str, str, datetime]:
    return pair.pair_id, pair.workflow, pair.fingerprint, pair.occurred_at


def _raw(opinion: Opinion | None) -> str | None:
    """What the judge wrote: its text, or its refusal."""
    return (opinion.completion.text or opinion.completion.refusal) if opinion else None


def _total(one: Opinion | None, other: Opinion | None, name: str) -> Any:
    """The sum over both calls; None when neither told."""
    told = [value for each in (one, other) if each and (value := getattr(each.completion, name)) is not None]
    return sum(told) if told else None
