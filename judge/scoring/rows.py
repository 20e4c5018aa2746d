"""Results and verdicts as rows of the tables in judge/sql."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from judge.checking.settle import CheckResult, Settled
from judge.judging.contradiction import contradicts
from judge.judging.panel import Verdict
from judge.judging.rubric import Rubric
from judge.judging.verdict import Judgement, Opinion
from judge.outcomes import Status
from judge.sampling.judging import Unjudged
from judge.scoring.plan import JudgePlan
from judge.scoring.slicing import Slices, slices_of
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
    "tags": pl.String,
    "textless": pl.Boolean,
    **dict.fromkeys(Slices._fields, pl.String),
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
    "setup": pl.String,
    "judges": pl.String,
    "judge": pl.String,
    "judge_model": pl.String,
    "outcome": pl.String,
    "worst": pl.String,
    "order_flip": pl.Boolean,
    "escalated": pl.Boolean,
    "outcome_production_first": pl.String,
    "outcome_candidate_first": pl.String,
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
    "panel": pl.String,
    "contradicts_itself": pl.Boolean,
    "judged_at": _TIME,
}


class Checked(msgspec.Struct, frozen=True):
    """A pair, what every check said of it, what that leaves open, and its slices; None: those of its request."""

    pair: Pair
    results: list[CheckResult]
    settled: Settled
    slices: Slices | None = None


def checked_frame(checked: Sequence[Checked], version: str, now: datetime) -> pl.DataFrame:
    """A row of `checked` for each pair."""
    rows = [
        (
            *_of(each.pair), version, each.settled.stratum, each.settled.outcome, each.settled.severity,
            list(each.settled.failed), share_of(each.pair.pair_id, "judge"), now,
            each.pair.origin.topic, each.pair.origin.partition, each.pair.origin.offset,
            msgspec.json.encode(each.pair.tags).decode(),
            None if each.pair.examined is None else True,
            *(each.slices or slices_of(each.pair)),
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
    """A row of `verdicts` for each judged pair; its id is the same whoever judges the pair in this epoch.

    A judge that turns out to be another model opens a new epoch here, with the verdict that shows it.
    """
    rows = [_verdict(pair, chosen, verdict, judge, now) for pair, chosen, verdict in judged]
    return pl.DataFrame(rows, schema=_VERDICTS, orient="row")


def _verdict(pair: Pair, chosen: Unjudged, verdict: Verdict, judge: JudgePlan, now: datetime) -> tuple[Any, ...]:
    always = [each.name for each in judge.panel.judges]
    epoch = judge.epochs.of(verdict.served, always)
    by = verdict.deciding or Judgement(judge=always[0], outcome=verdict.outcome)
    one, other = by.production_first, by.candidate_first
    said = [opinion for each in verdict.judgements for opinion in (each.production_first, each.candidate_first)]
    return (
        *_of(pair), hashlib.blake2b(f"{pair.pair_id}\x00{epoch}".encode(), digest_size=16).hexdigest(),
        epoch, judge.settings.rubric, judge.rubric.hash, judge.setup, msgspec.json.encode(judge.epochs.seen).decode(),
        by.judge, by.served or judge.epochs.seen[by.judge].fingerprint,
        verdict.outcome, verdict.worst, verdict.order_flip, verdict.escalated,
        one and one.outcome, other and other.outcome,
        one and one.reply.choice, other and other.reply.choice,
        _raw(one), _raw(other), verdict.error,
        chosen.stratum, chosen.inclusion_probability,
        _total(said, "input_tokens"), _total(said, "output_tokens"), _total(said, "latency_ms"), _panel(verdict),
        any(_contradicts(opinion, judge.rubric) for opinion in said), now,
    )  # fmt: skip


def _contradicts(opinion: Opinion | None, rubric: Rubric) -> bool:
    if opinion is None or opinion.reply.choice is None:
        return False
    return contradicts(opinion.reply.reason, rubric.choice(opinion.reply.choice))


def _panel(verdict: Verdict) -> str | None:
    """What each of several judges said, as JSON; None where one alone was asked, whose word the other columns hold."""
    if len(verdict.judgements) < 2:
        return None
    return msgspec.json.encode([_said(each) for each in verdict.judgements]).decode()


def _said(judgement: Judgement) -> dict[str, Any]:
    one, other = judgement.production_first, judgement.candidate_first
    return {
        "judge": judgement.judge,
        "judge_model": judgement.served,
        "outcome": judgement.outcome,
        "order_flip": judgement.order_flip,
        "outcome_production_first": one and one.outcome,
        "outcome_candidate_first": other and other.outcome,
        "choice_production_first": one and one.reply.choice,
        "choice_candidate_first": other and other.reply.choice,
        "reply_production_first": _raw(one),
        "reply_candidate_first": _raw(other),
        "error": judgement.error,
        "input_tokens": _total([one, other], "input_tokens"),
        "output_tokens": _total([one, other], "output_tokens"),
        "latency_ms": _total([one, other], "latency_ms"),
    }


def _of(pair: Pair) -> tuple[str, str, str, datetime]:
    return pair.pair_id, pair.workflow, pair.fingerprint, pair.occurred_at


def _raw(opinion: Opinion | None) -> str | None:
    """What the judge wrote: its text, or its refusal."""
    return (opinion.completion.text or opinion.completion.refusal) if opinion else None


def _total(said: Iterable[Opinion | None], name: str) -> Any:
    """The sum over all calls; None when none of them told."""
    told = [value for each in said if each and (value := getattr(each.completion, name)) is not None]
    return sum(told) if told else None
