"""Recorded verdicts of other people's judges, put through the product's own combination and calibration."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from connectors.types import Completion
from judge.calibration.calibrate import Calibration, calibrate
from judge.evidence.record import Compared, JudgeRecord
from judge.judging.combine import combine
from judge.judging.panel import Verdict, of_judgements
from judge.judging.reply import Reply
from judge.judging.verdict import Judgement, Opinion
from judge.outcomes import Outcome
from judge.readiness.policy import JudgePolicy
from shadow.config import WorkflowJudge

_OUTCOMES = {
    "production": Outcome.WORSE_MAJOR,
    "candidate": Outcome.CANDIDATE_BETTER,
    "tie": Outcome.EQUIVALENT,
    None: Outcome.UNDECIDED,
}


class Read(msgspec.Struct, frozen=True):
    """One pair as a recorded judge read it in both orders, and which answer is better in truth."""

    verdict: Verdict
    truth: Outcome
    label: dict[str, Any]

    @property
    def orders(self) -> tuple[Outcome, Outcome]:
        one, other = self.verdict.judgements[0].readings
        return one, other


def outcome(preferred: str | None) -> Outcome:
    """What it says of the candidate that an answer is preferred; None, a reply that cannot be used, is undecided."""
    return _OUTCOMES[preferred]


def read(judge: str, both: dict[str, str | None], truth: str, label: dict[str, Any]) -> Read:
    """The product's verdict of what a judge said in the orders AB and BA."""
    one, other = outcome(both["AB"]), outcome(both["BA"])
    decided, flip = combine(one, other)
    judgement = Judgement(
        judge=judge,
        outcome=decided,
        order_flip=flip,
        production_first=Opinion(Completion(), Reply(), one),
        candidate_first=Opinion(Completion(), Reply(), other),
    )
    return Read(of_judgements([judgement]), outcome(truth), label)


def by_judge(rows: Iterable[dict[str, Any]]) -> dict[str, list[Read]]:
    """Every pair that a judge read in both orders, by judge."""
    found: dict[str, list[Read]] = {}
    for row in rows:
        orders: dict[str, dict[str, str | None]] = {}
        for each in json.loads(row["judge_verdicts"]):
            orders.setdefault(each["judge"], {})[each["order"]] = each["verdict"]
        truth, meta = json.loads(row["ground_truth"])["preferred"], json.loads(row["meta"])
        for judge, both in orders.items():
            if set(both) == {"AB", "BA"}:
                found.setdefault(judge, []).append(read(judge, both, truth, {**meta, "id": row["request_id"]}))
    return found


def calibrated(reads: Sequence[Read], by_people: bool = True) -> Calibration:
    """What the product says of a judge that gave these verdicts, with the floors of a configuration that names none.

    `by_people`: the truth counts as reviews; else as ground truth, which can refuse a judge and never accept one.
    """
    compared = Counter((read.verdict.outcome, read.truth.severity) for read in reads)
    rows = [Compared(verdict, severity, n) for (verdict, severity), n in compared.items()]
    leaning = Counter(read.orders for read in reads)
    worse, better = Outcome.WORSE_MAJOR, Outcome.CANDIDATE_BETTER
    defaults = WorkflowJudge(model="recorded")
    policy = JudgePolicy(
        model="recorded", rubric="recorded", min_labels=defaults.min_labels, min_agreement=defaults.min_agreement
    )
    return calibrate(
        policy,
        JudgeRecord(
            verdicts=len(reads),
            flips=sum(read.verdict.order_flip for read in reads),
            flips_first=leaning[worse, better],
            flips_second=leaning[better, worse],
            undecided=sum(read.verdict.outcome is Outcome.UNDECIDED for read in reads),
            by_outcome=dict(Counter(str(read.verdict.outcome) for read in reads)),
            against_reviews=rows if by_people else [],
            against_truth=[] if by_people else rows,
        ),
    )


def leaning(found: Calibration) -> str:
    """Where the flips of a judge lean to, and whether that is an alarm."""
    alarm = ": ALARM" if found.position_alarm else ""
    return f"; flips for the first {found.flips_first}, for the second {found.flips_second}{alarm}"
