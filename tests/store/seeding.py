"""Rows for tests of what is read from the store: pairs, and what checks, judge and people said of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from connectors.types import Completion, Origin, Request
from judge.board import evidence_of
from judge.checking.settle import Settled
from judge.judging.epoch import setup_of
from judge.outcomes import Outcome, Severity, Stratum
from judge.scoring.rows import Checked, checked_frame
from shadow.config import Config, validate
from shadow.pairs import to_frame
from shadow.store import Store
from shadow.types import Pair, pair_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SMALL = "small@1"
_TIME = pl.Datetime("us", "UTC")


def configuration(**workflow: Any) -> Config:
    """One workflow, triage, with the candidate `small` and the judge `arbiter`."""
    settings = {
        "candidates": ["small"],
        "checks": [{"check": "label_agreement"}],
        "min_captured": 20,
        "demands": {"min_days": 1, "min_hours": 1},
        "judge": {"model": "arbiter", "min_labels": 4},
        **workflow,
    }
    raw = {
        "source": {"kind": "file"},
        "models": {"small": {"kind": "openai"}, "other": {"kind": "openai"}, "arbiter": {"kind": "openai"}},
        "workflows": {"triage": settings},
    }
    return validate(Config, raw, "test.toml")


def pair(n: int, fingerprint: str = SMALL, **changes: Any) -> Pair:
    """Pair n, stored n seconds after noon."""
    origin = Origin("calls", 0, n)
    return Pair(
        **{
            "pair_id": pair_id(origin, fingerprint),
            "workflow": "triage",
            "fingerprint": fingerprint,
            "request_id": f"r{n}",
            "occurred_at": NOON + timedelta(seconds=n),
            "mirrored_at": NOON + timedelta(seconds=n),
            "origin": origin,
            "request": Request(messages=[{"role": "user", "content": f"ticket {n}"}]),
            "production": Completion(
                text="billing", model="large-1", latency_ms=900.0, input_tokens=50, output_tokens=2
            ),
            "candidate": Completion(text="billing", latency_ms=float(n + 1), input_tokens=40, output_tokens=3),
            "scrub_version": "s1",
            **changes,
        }
    )


def store_pairs(store: Store, pairs: Sequence[Pair]) -> None:
    store.append("pairs", to_frame(pairs))


def store_trial(store: Store, workflow: str = "triage", leaked: int = 0, when: datetime = NOON) -> None:
    """A trial of the scrubbing with 400 canaries."""
    rows = {"kind": ["email"], "is_name": [False], "planted": [400], "leaked": [leaked]}
    frame = pl.DataFrame(rows).with_columns(
        workflow=pl.lit(workflow), scrub_version=pl.lit("s1"), tried_at=pl.lit(when).cast(_TIME)
    )
    store.append("leaks", frame)


def store_checked(
    store: Store,
    config: Config,
    pairs: Sequence[Pair],
    settled: Settled = Settled(Stratum.SETTLED, Outcome.EQUIVALENT),  # noqa: B008  (frozen)
    when: datetime | None = None,
) -> None:
    """Every pair as the configured checks would have settled it."""
    rows = [Checked(each, [], settled) for each in pairs]
    store.append("checked", checked_frame(rows, version(store, config), when or pairs[-1].mirrored_at))


def version(store: Store, config: Config) -> str:
    return evidence_of(store, config, "triage", SMALL, NOON).versions.checks


def store_verdict(
    store: Store,
    of: Pair,
    outcome: Outcome,
    when: datetime,
    epoch: str = "e1",
    flip: bool = False,
    contradicts: bool | None = None,
) -> None:
    row: dict[str, Any] = {
        **_reference(of),
        "verdict_id": f"{of.pair_id}-{epoch}-{when:%H%M%S}",
        "epoch": epoch,
        "setup": setup_of(configuration(), "triage"),
        "rubric": "same_answer",
        "rubric_hash": "h",
        "judge_model": "arbiter-7",
        "outcome": str(outcome),
        "order_flip": flip,
        "contradicts_itself": contradicts,
        "reply_production_first": "{}",
        "reply_candidate_first": "{}",
        "stratum": "disagree",
        "inclusion_probability": 1.0,
        "judged_at": when,
    }
    store.append("verdicts", _frame(row))


def store_review(
    store: Store, of: Pair, outcome: Outcome, when: datetime, reviewer: str = "ada", reason: str | None = None
) -> None:
    row: dict[str, Any] = {
        **_reference(of),
        "review_id": f"{of.pair_id}-{reviewer}-{when:%H%M%S}",
        "reviewer": reviewer,
        "outcome": str(outcome),
        "note": "",
        "left_arm": "production",
        "reviewed_at": when,
        **({"reason": reason} if reason else {}),
    }
    store.append("reviews", _frame(row))


def store_check_result(store: Store, config: Config, of: Pair, check: str, status: str) -> None:
    row: dict[str, Any] = {
        **_reference(of),
        "checks_version": version(store, config),
        "check_name": check,
        "status": status,
        "detail": "",
        "checked_at": of.mirrored_at,
    }
    store.append("check_results", _frame(row))


DEFECT = Settled(Stratum.SETTLED, Outcome.WORSE_MAJOR, Severity.MAJOR)
AGREE = Settled(Stratum.AGREE)
DISAGREE = Settled(Stratum.DISAGREE)


def _reference(of: Pair) -> dict[str, Any]:
    return {
        "pair_id": of.pair_id,
        "workflow": of.workflow,
        "fingerprint": of.fingerprint,
        "occurred_at": of.occurred_at,
    }


def _frame(row: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([row], schema_overrides={name: _TIME for name in row if name.endswith("_at")})
