"""Note when the evidence on a defect budget first reaches a level that a phase asks for."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl
import structlog

from judge.board import a_moment_ago, candidates_of
from judge.evidence.asking import Asking, Subject
from judge.evidence.crossings import crossings
from judge.evidence.gather import counts
from judge.evidence.record import Crossing
from judge.outcomes import Phase
from judge.readiness.defects import cell, decisions, mode_of
from judge.readiness.latched import counts_alike, log_e
from judge.readiness.policy import policy_of
from judge.scoring.plan import Plan
from judge.statistics.cell import Cell
from judge.statistics.worst_case import Side
from shadow.config import Config
from shadow.store import Store

_ROWS = """
SELECT (SELECT count(*) FROM checked WHERE workflow = $workflow AND checked_at <= $as_of) AS checked,
    (SELECT count(*) FROM verdicts WHERE workflow = $workflow AND judged_at <= $as_of) AS verdicts,
    (SELECT count(*) FROM reviews WHERE workflow = $workflow AND reviewed_at <= $as_of) AS reviews
"""
_TIME = pl.Datetime("us", "UTC")
log = structlog.get_logger()


class Latching:
    """Looks at the evidence on each candidate of a workflow when there is more. Use it in one thread at a time."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store, self._config = store, config
        self._seen: dict[str, tuple[Any, ...]] = {}

    def look(self, plan: Plan, as_of: datetime | None = None) -> int:
        """Store the crossings that are new at `as_of` (default a moment ago); returns how many."""
        as_of = as_of or a_moment_ago()
        rows = self._store.read(_ROWS, {"workflow": plan.workflow, "as_of": as_of}).row(0)
        if self._seen.get(plan.workflow) == rows:
            return 0
        found = [
            row
            for fingerprint in candidates_of(self._store, self._config, plan.workflow, as_of)
            for row in self._new(plan, fingerprint, as_of)
        ]
        if found:
            times = dict.fromkeys(("counted_at", "seen_at"), _TIME)
            self._store.append("crossings", pl.DataFrame(found, schema_overrides=times))
        self._seen[plan.workflow] = rows
        return len(found)

    def _new(self, plan: Plan, fingerprint: str, as_of: datetime) -> Iterator[Mapping[str, Any]]:
        policy = policy_of(self._config.workflows[plan.workflow], self._config.models)
        setup = plan.judge.setup if plan.judge else None
        subject = Subject(plan.workflow, fingerprint, plan.checks_version, setup)
        evidence = counts(self._store, subject, as_of)
        now = datetime.now(UTC)
        known = crossings(Asking(self._store, [subject], as_of), seen_by=now).get(subject.key, [])
        mode = mode_of(policy, evidence)
        for severity, decision in decisions(policy, evidence, policy.alpha(Phase.LIMITED)).items():
            counted = cell(policy, evidence, severity, mode)
            for side, found in ((Side.PROMOTE, decision.log_e_promote), (Side.REJECT, decision.log_e_reject)):
                before = _highest(known, str(severity), side, counted)
                for level in sorted({1 / policy.alpha(phase) for phase in (Phase.LIMITED, Phase.EXPAND)}):
                    if before <= math.log(level) < found:
                        log.info("evidence_reached", workflow=plan.workflow, severity=severity, side=side, level=level)
                        yield {
                            "workflow": plan.workflow,
                            "fingerprint": fingerprint,
                            "checks_version": plan.checks_version,
                            "epoch": evidence.versions.epoch or "",
                            "severity": str(severity),
                            "side": str(side),
                            "level": level,
                            "log_e": found,
                            "counted_at": as_of,
                            "cell": msgspec.json.encode(counted).decode(),
                            "seen_at": now,
                        }


def _highest(known: list[Crossing], severity: str, side: Side, counted: Cell) -> float:
    """The evidence kept already of counts made in the same way, nats."""
    ours = [each for each in known if (each.severity, each.side) == (severity, side)]
    alike = (each for each in ours if counts_alike(each.cell, counted.budget, counted.mode, counted.mix))
    return max(map(log_e, alike), default=-math.inf)
