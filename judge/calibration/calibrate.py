"""May a judge's verdicts count as labels? From its record against people, and the floors of the policy. Pure."""

from functools import lru_cache

import msgspec

from judge.calibration.tally import Agreement, agreement
from judge.evidence.record import JudgeRecord
from judge.outcomes import State
from judge.readiness.policy import JudgePolicy
from judge.statistics.at_hand import Rate, rates
from judge.statistics.bounds import Estimate
from judge.statistics.position import position_bias

MAX_FLIPS = 0.5


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a judge's verdicts count as labels: ready, blocked (the judge is refused) or too few labels to say.

    `flips` are verdicts undecided because the two orders contradict each other; `flips_first` of them favour the answer
    shown first, `flips_second` the other one, and `position_alarm` says that this is no chance (E above 20, at any
    look). In `contradictions` a reason plainly says the opposite of its choice, as far as plain words tell; verdicts
    older than that look are not counted. `repeat_noise` is how often the same question, asked again, came out anew.
    """

    state: State
    sentence: str
    reviewers: Agreement
    ground_truth: Agreement
    verdicts: int
    flips: Estimate
    flips_first: int
    flips_second: int
    position_alarm: bool
    contradictions: Estimate
    contradictions_of: int
    undecided: Estimate
    repeats: int
    repeat_noise: Estimate

    @property
    def accepted(self) -> bool:
        return self.state is State.READY


def calibrate(policy: JudgePolicy, record: JudgeRecord) -> Calibration:
    """May these verdicts count? Only reviewers can say yes; ground truth and order flips can also say no."""
    return _calibrate(msgspec.json.encode(policy), msgspec.json.encode(record))


@lru_cache(maxsize=1024)
def _calibrate(of_policy: bytes, of_record: bytes) -> Calibration:
    """Every line that rests on the judge asks for this, so it is remembered by its content."""
    policy = msgspec.json.decode(of_policy, type=JudgePolicy)
    record = msgspec.json.decode(of_record, type=JudgeRecord)
    reviewers = agreement(record.against_reviews, record.by_outcome)
    truth = agreement(record.against_truth)
    state, sentence = _decide(policy, record, reviewers, truth)
    leaning = record.flips_first + record.flips_second
    flips, contradictions, undecided, repeat_noise = (_rate(each.k, each.n) for each in rates_of(record))
    return Calibration(
        state=state,
        sentence=sentence,
        reviewers=reviewers,
        ground_truth=truth,
        verdicts=record.verdicts,
        flips=flips,
        flips_first=record.flips_first,
        flips_second=record.flips_second,
        position_alarm=bool(position_bias(record.flips_first, leaning).alarm),
        contradictions=contradictions,
        contradictions_of=record.contradictions_of,
        undecided=undecided,
        repeats=record.repeats,
        repeat_noise=repeat_noise,
    )


def _rate(k: int, n: int) -> Estimate:
    lower, upper = rates([Rate(k, n)])[0]
    return Estimate(k / n if n else None, lower, upper)


def rates_of(record: JudgeRecord) -> list[Rate]:
    """The rates that a calibration bounds, for who is about to make many."""
    return [
        Rate(record.flips, record.verdicts),
        Rate(record.contradictions, record.contradictions_of),
        Rate(record.undecided, record.verdicts),
        Rate(record.repeats_changed, record.repeats),
    ]


def _decide(policy: JudgePolicy, record: JudgeRecord, reviewers: Agreement, truth: Agreement) -> tuple[State, str]:
    if record.verdicts >= policy.min_labels and _rate(record.flips, record.verdicts).lower > MAX_FLIPS:
        share = record.flips / record.verdicts
        return State.BLOCKED, (
            f"this judge contradicts itself in {share:.2f} of {record.verdicts} pairs when the answers change places: "
            "refused"
        )
    for table, name in ((reviewers, "reviewers"), (truth, "ground truth")):
        rate = table.agreement.rate
        if rate is None or table.n < policy.min_labels:
            continue
        said = f"this judge agrees with {name} {rate:.2f} of the time on {table.n} labels"
        if rate < policy.min_agreement:
            return State.BLOCKED, f"{said}; the floor is {policy.min_agreement:.2f}: refused"
        if table.kappa is not None and table.kappa <= 0:
            return State.BLOCKED, f"{said}, which is no better than chance (kappa {table.kappa:.2f}): refused"
    return _accept(policy, reviewers)


def _accept(policy: JudgePolicy, reviewers: Agreement) -> tuple[State, str]:
    rate, missing = reviewers.agreement.rate, policy.min_labels - reviewers.n
    if rate is None or missing > 0:
        return State.INSUFFICIENT_EVIDENCE, (
            f"{reviewers.n} pairs have both a verdict and a review; {missing} more are needed to calibrate the judge"
        )
    said = f"this judge agrees with reviewers {rate:.2f} of the time on {reviewers.n} labels"
    if reviewers.kappa is None:
        absent = "a defect" if reviewers.sensitivity.rate is None else "free of defects"
        return State.INSUFFICIENT_EVIDENCE, (
            f"{said}, but none of these pairs is {absent}, so nothing shows that it can tell the two apart"
        )
    figures = f"kappa {reviewers.kappa:.2f} (standard error {reviewers.kappa_error or 0.0:.2f})"
    found = f"finds at least {reviewers.sensitivity.lower:.2f} of the defects and passes at least "
    found += f"{reviewers.specificity.lower:.2f} of the rest"
    if reviewers.informedness_lower <= 0:
        return State.INSUFFICIENT_EVIDENCE, (
            f"{said}, but too few labels to exclude chance: it surely {found}; label more pairs that have a verdict"
        )
    return State.READY, f"{said}; the floor is {policy.min_agreement:.2f}, {figures}, {found}: accepted"
