"""Which stored pair a reviewer looks at next, and why: the reviewers' half of the sampling plan."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from connectors.errors import unknown
from judge.board import candidates_of, subject_of
from judge.evidence.gather import counts
from judge.evidence.record import Evidence
from judge.outcomes import Stratum
from judge.readiness.policy import Policy, policy_of
from judge.sampling.allotment import Allotment, allot
from judge.sampling.claims import Claim, claim, held
from judge.sampling.reason import Reason
from shadow.config import Config
from shadow.store import Store

CONTROL_EVERY = 20
"""One look in so many is at a pair that somebody else has labelled: it shows whether people agree."""
TRIES = 8
# What a reviewer picked themselves is offered all the same: to leave it out would make what is left look better.
_ABOUT = """
WITH of_mine AS (
    SELECT pair_id FROM reviews
    WHERE workflow = $workflow AND reviewer = $reviewer AND coalesce(reason, 'own') <> 'own'
),
settled_by_people AS (
    SELECT pair_id FROM reviews WHERE workflow = $workflow AND outcome <> 'undecided'
        AND reason IN ('confirm', 'audit', 'random')
),
elsewhere AS (
    SELECT pair_id FROM claims WHERE workflow = $workflow AND expires_at > $now AND reviewer <> $reviewer
        AND claim_id NOT IN (SELECT claim_id FROM reviews WHERE workflow = $workflow AND claim_id IS NOT NULL)
),
judged AS (
    SELECT pair_id,
        arg_min(coalesce(worst, outcome), (judged_at, verdict_id)) NOT IN ('equivalent', 'candidate_better') AS flagged
    FROM verdicts WHERE workflow = $workflow AND epoch = $epoch GROUP BY pair_id
)
SELECT DISTINCT c.pair_id, c.occurred_at, c.stratum, c.draw FROM checked AS c {join}
WHERE c.workflow = $workflow AND c.checks_version = $version AND c.fingerprint = $fingerprint AND c.stratum = $stratum
    AND c.textless IS NOT TRUE AND c.pair_id NOT IN (FROM elsewhere) AND NOT list_contains($left_out, c.pair_id)
    AND {where}
ORDER BY c.draw {order} LIMIT $limit
"""
_FRESH = "c.pair_id NOT IN (FROM settled_by_people) AND c.pair_id NOT IN (FROM of_mine)"
_KINDS = {
    Reason.CONFIRM: _ABOUT.format(join="JOIN judged AS j USING (pair_id)", where=f"j.flagged AND {_FRESH}", order=""),
    Reason.AUDIT: _ABOUT.format(join="JOIN judged AS j USING (pair_id)", where=f"NOT j.flagged AND {_FRESH}", order=""),
    # From the other end of the draws than the judge: what it says of them is then no part of the choice.
    Reason.RANDOM: _ABOUT.format(join="", where=_FRESH, order="DESC"),
    Reason.CONTROL: _ABOUT.format(
        join="", where="c.pair_id IN (FROM settled_by_people) AND c.pair_id NOT IN (FROM of_mine)", order=""
    ),
}


class Waiting(msgspec.Struct, frozen=True):
    """What a workflow asks of its reviewers now: flags to confirm, pairs to draw at random, strata to audit in."""

    fingerprint: str
    confirm: int
    random: int
    audits: list[Stratum]


def next_for_reviewer(
    store: Store, config: Config, reviewer: str, workflow: str, fingerprint: str | None = None
) -> Claim | None:
    """The pair that a reviewer should label next, held for them; None when no label would tell anything.

    A reviewer who asks again before labelling gets the same pair. Raises UserError for an unknown workflow.
    """
    if workflow not in config.workflows:
        raise unknown("workflow", workflow, config.workflows)
    return next(iter(claim_ahead(store, config, reviewer, workflow, 1, [], fingerprint)), None)


def claim_ahead(
    store: Store,
    config: Config,
    reviewer: str,
    workflow: str,
    size: int,
    left_out: Sequence[str],
    fingerprint: str | None = None,
) -> list[Claim]:
    """At most `size` pairs that a reviewer should label next, all held for them, so that no label waits for the next.

    `left_out` are ids of pairs that they hold already, or have skipped.
    """
    mine = [
        each
        for each in held(store, reviewer, workflow)
        if each.pair_id not in left_out and fingerprint in (None, each.fingerprint)
    ][:size]
    if len(mine) >= size:
        return mine
    for plan in _plans(store, config, workflow, fingerprint):
        for _ in range(TRIES):
            chosen: list[dict[str, Any]] = []
            while len(mine) + len(chosen) < size:
                known = [*left_out, *(each.pair_id for each in mine), *(each["pair_id"] for each in chosen)]
                offer = next(_offers(store, plan, reviewer, workflow, known, len(mine) + len(chosen)), None)
                if offer is None:
                    break
                chosen.append(offer)
            mine += claim(store, reviewer, chosen)
            if not chosen or len(mine) >= size:
                break
        if len(mine) >= size:
            break
    return mine


def waiting(store: Store, config: Config, workflow: str) -> list[Waiting]:
    """What each candidate of a workflow asks of reviewers."""
    return [
        Waiting(plan.fingerprint, plan.wanted.confirm, plan.wanted.random, plan.wanted.audit)
        for plan in _plans(store, config, workflow, None)
    ]


class _Plan(NamedTuple):
    """What one candidate asks for, on which evidence, as these checks and this epoch of the judge saw its pairs."""

    fingerprint: str
    version: str
    epoch: str | None
    wanted: Allotment
    evidence: Evidence


def _offers(
    store: Store, plan: _Plan, reviewer: str, workflow: str, left_out: Sequence[str], ahead: int
) -> Iterator[dict[str, Any]]:
    params: dict[str, Any] = {
        "workflow": workflow,
        "fingerprint": plan.fingerprint,
        "version": plan.version,
        "epoch": plan.epoch,
        "reviewer": reviewer,
        "now": datetime.now(UTC),
        "left_out": list(left_out),
        "limit": 1,
    }
    for reason, stratum in _turns(plan.wanted, plan.evidence, ahead):
        for row in store.read(_KINDS[reason], {**params, "stratum": stratum}).iter_rows():
            yield {
                "pair_id": row[0],
                "occurred_at": row[1],
                "workflow": workflow,
                "fingerprint": plan.fingerprint,
                "reason": reason,
                "stratum": stratum,
                "inclusion_probability": _chance(reason, row[3]),
                "epoch": plan.epoch,
            }


def _plans(store: Store, config: Config, workflow: str, fingerprint: str | None) -> Iterator[_Plan]:
    now = datetime.now(UTC)
    policy: Policy = policy_of(config.workflows[workflow], config.models)
    for name in candidates_of(store, config, workflow, now):
        if fingerprint in (None, name):
            subject = subject_of(config, workflow, name)
            evidence = counts(store, subject, now)
            yield _Plan(name, subject.checks_version, evidence.versions.epoch, allot(policy, evidence), evidence)


def _turns(wanted: Allotment, evidence: Evidence, ahead: int) -> Iterator[tuple[Reason, Stratum]]:
    """Kinds and strata in the order in which they are tried, by how many pairs were looked at or lie ahead."""
    strata = [Stratum.DISAGREE, Stratum.AGREE]
    looked_at = ahead + sum(row.pairs for row in evidence.labels if row.review is not None)
    if looked_at and looked_at % CONTROL_EVERY == 0:
        yield from ((Reason.CONTROL, stratum) for stratum in strata)
    kinds = [Reason.CONFIRM] * bool(wanted.confirm) + [Reason.RANDOM] * bool(wanted.random)
    if looked_at % 2:
        kinds.reverse()  # in turn, so that a reviewer cannot tell a flag by its place
    for kind in kinds:
        turned = strata[looked_at // 2 % 2 :] + strata[: looked_at // 2 % 2]
        yield from ((kind, stratum) for stratum in (turned if kind is Reason.RANDOM else strata))
    yield from ((Reason.AUDIT, stratum) for stratum in wanted.audit)


def _chance(reason: Reason, draw: float) -> float:
    """The chance that a pair had to be offered by now: the draws run upwards for audits, downwards at random."""
    if reason is Reason.CONFIRM:
        return 1.0
    return max(1e-9, 1 - draw if reason is Reason.RANDOM else draw)
