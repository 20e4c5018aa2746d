"""How many pairs of each stratum come next, for the judge and for people. Pure."""

from collections.abc import Mapping

import msgspec

from judge.evidence.record import Evidence, Labelled
from judge.outcomes import State, Stratum
from judge.readiness.defects import BY_CHANCE, OPEN, decisions, flagged, is_provisional, mode_of
from judge.readiness.policy import Policy
from judge.statistics.cell import Mode
from judge.statistics.decision import Decision

SMALLEST_BATCH = 32
MONITORED = 0.05
"""Of the pairs that come after the decision, the share that is still judged: a change must not stay unseen."""
UNCONFIRMED = 200
"""While no person has labelled anything, more verdicts than these decide nothing."""
MOST_PENDING = 100
"""So many flags wait for a person before the judge rests: they decide more than further verdicts do."""


class Allotment(msgspec.Struct, frozen=True):
    """What the plan asks for next, of one candidate.

    `judge`: how many more pairs of each open stratum. `up_to`: only pairs whose draw is below it, 1 unless decided.
    `audit`: strata in the order in which audits tell most. `random`: how many more pairs drawn at random people should
    label. `confirm`: how many flags wait for a person. `rests` says why the judge has nothing to do, where it has not.
    """

    judge: dict[Stratum, int]
    up_to: float
    audit: list[Stratum]
    random: int
    confirm: int
    rests: str | None = None


def allot(policy: Policy, evidence: Evidence) -> Allotment:
    """The next batch of a candidate: greedy by information per cost, for the budget furthest from a decision."""
    alpha = min((1 / e for e in policy.evidence.values()), default=0.05)
    found = list(decisions(policy, evidence, alpha).values())
    mode = mode_of(policy, evidence)
    judged = {stratum: _judged(evidence, stratum) for stratum in OPEN}
    pending = _pending(evidence)
    least = min_labels(policy)
    by_chance = sum(row.pairs for row in evidence.labels if row.offered == "random" and row.review is not None)
    decided = any(each.state is State.BLOCKED for each in found) or all(each.state is State.READY for each in found)
    furthest = _furthest(found)
    alone = is_provisional(policy, evidence)  # nobody audits, so the judge has the auditors' share too
    shares = furthest.next.judge | {
        stratum: furthest.next.judge.get(stratum, 0.0) + furthest.next.audit.get(stratum, 0.0)
        for stratum in OPEN
        if stratum in furthest.next.judge and (alone or not _unaudited(evidence, stratum))
    }
    batch = max(SMALLEST_BATCH, sum(judged.values()) // 4)
    rests = None
    still_open = sum(evidence.strata.values())
    if still_open and evidence.textless.left_open >= still_open:
        return Allotment({}, 1.0, [], 0, 0, "nobody can read what checks leave open: the texts are not kept")
    if not decided and alone and sum(judged.values()) >= UNCONFIRMED:
        rests = f"the judge rests: nobody has labelled a pair yet, and {sum(judged.values()):,} verdicts wait for that"
    elif pending >= MOST_PENDING:
        rests = f"the judge rests: {pending:,} of its flags wait for a person"
    wanted = {stratum: round(batch * shares.get(stratum, 0.0)) for stratum in OPEN}
    if policy.judge is None or rests:
        wanted = {}
    return Allotment(
        judge={stratum: n for stratum, n in wanted.items() if n},
        up_to=MONITORED if decided else 1.0,
        audit=_audits(furthest, mode, decided),
        random=0 if decided else max(0, least - by_chance) if policy.judge else SMALLEST_BATCH,
        confirm=0 if policy.judge is None or policy.judge_as_truth else pending,
        rests=rests,
    )


def min_labels(policy: Policy) -> int:
    """Pairs drawn at random that people label before anything else, so that the judge can be measured."""
    return policy.judge.min_labels if policy.judge else 0


def _furthest(found: list[Decision]) -> Decision:
    """The decision that lacks most."""
    return min(
        (each for each in found if each.state is State.INSUFFICIENT_EVIDENCE),
        key=lambda each: max(each.log_e_promote, each.log_e_reject),
        default=found[0],
    )


def _audits(decision: Decision, mode: Mode, decided: bool) -> list[Stratum]:
    if mode is Mode.CLEAN or decided:
        return []
    shares: Mapping[str, float] = decision.next.audit or decision.next.judge
    # The others come last: where the best stratum has no verdict to audit yet, one of another tells more than nothing.
    return sorted(OPEN, key=lambda stratum: -shares.get(stratum, 0.0))


def _pending(evidence: Evidence) -> int:
    return sum(row.pairs for row in evidence.labels if _is_pending(row))


def _is_pending(row: Labelled) -> bool:
    return row.verdict is not None and flagged(row.verdict) and row.review in (None, "undecided")


def _unaudited(evidence: Evidence, stratum: Stratum) -> int:
    """Pairs that the judge let pass and nobody drew yet."""
    return sum(
        row.pairs
        for row in evidence.labels
        if row.stratum == stratum and row.verdict and not flagged(row.verdict) and row.offered not in BY_CHANCE
    )


def _judged(evidence: Evidence, stratum: Stratum) -> int:
    return sum(row.pairs for row in evidence.labels if row.stratum == stratum and row.verdict is not None)
