"""What a reviewer sees after the label: who wrote what, and what checks, judge and people said."""

from datetime import UTC, datetime, tzinfo
from typing import Any

import polars as pl

from connectors.types import Completion
from dashboards.parts.clock import local
from dashboards.parts.markup import table, text_box
from dashboards.parts.visible import escaped
from judge.queries import PairDetail
from shadow.types import Pair

_CHECKS = ("check_name", "status", "severity", "who_is_right", "detail")
_VERDICTS = ("outcome", "order_flip", "choice_production_first", "choice_candidate_first", "rubric", "judge_model")
_JUDGEMENTS = (
    "judge",
    "outcome",
    "order_flip",
    "choice_production_first",
    "choice_candidate_first",
    "judge_model",
    "error",
)
_REVIEWS = ("reviewed_at", "reviewer", "outcome", "note")


def arms_table(pair: Pair, left: str) -> str:
    """Both arms with their model, latency, tokens and confidence; `left` is the arm that stood on the left."""
    sides = {"production": pair.production, "candidate": pair.candidate}
    rows = [
        (f"<strong>{arm}</strong>", "left" if arm == left else "right", *map(escaped, _facts(answer)))
        for arm, answer in sides.items()
    ]
    return table(("answer of", "stood", "model", "latency", "output tokens", "confidence"), rows, "arms")


def checks_said(detail: PairDetail) -> str:
    """The sentence on a pair's checks; the table of those that did not pass goes under it."""
    if not detail.checks:
        return "No check is configured."
    if not detail.checked:
        return "Not checked yet."
    if detail.check_results.is_empty():
        return f"Every check passed: {', '.join(detail.checks)}."
    return "Checks that did not pass"


def checks_table(results: pl.DataFrame) -> str:
    """What did not pass; a check that is not named passed."""
    return _frame(results, _CHECKS, "checks")


def verdicts_table(verdicts: pl.DataFrame) -> str:
    """The judge's outcome and its choice in each order."""
    return _frame(verdicts, _VERDICTS, "verdicts")


def judgements_table(judgements: pl.DataFrame) -> str:
    """What each of several judges said, with its choice in each order."""
    return _frame(judgements, _JUDGEMENTS, "judgements")


def replies(verdict: dict[str, Any]) -> str:
    """The judge's raw reply in each order; for a model's answer that is no choice, this is all there is."""
    shown = (("production first", "reply_production_first"), ("candidate first", "reply_candidate_first"))
    return "".join(
        f'<p class="sj-small">{title}</p>{text_box(verdict[name])}'
        for title, name in shown
        if verdict[name] is not None
    )


def reviews_table(reviews: pl.DataFrame, zone: tzinfo) -> str:
    """Every review, none of which is ever changed."""
    return _frame(reviews, _REVIEWS, "reviews", zone)


def _facts(answer: Completion) -> tuple[str, ...]:
    return (
        answer.model or "unknown",
        "unknown" if answer.latency_ms is None else f"{answer.latency_ms:,.0f} ms",
        "unknown" if answer.output_tokens is None else f"{answer.output_tokens:,}",
        "not given" if answer.confidence is None else f"{answer.confidence:.2f}",
    )


def _frame(frame: pl.DataFrame, columns: tuple[str, ...], name: str, zone: tzinfo = UTC) -> str:
    header = tuple(column.replace("_", " ") for column in columns)
    rows = [tuple(_cell(value, zone) for value in row) for row in frame.select(columns).iter_rows()]
    return table(header, rows, name)


def _cell(value: object, zone: tzinfo) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escaped(local(value, zone) if isinstance(value, datetime) else str(value))
