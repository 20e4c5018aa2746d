"""The evidence on a candidate: counts, and the versions they were made with. All that a decision rests on."""

from datetime import datetime

import msgspec

from judge.degenerate.tells import Degeneracy
from judge.statistics.cell import Cell
from shadow.leaks import Leakage


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the source's records; all but `rejected`, `missing` and `repeats` are of one workflow.

    `missing` are offsets still without a fate a minute after a later record of their partition had one. `repeats` are
    pairs stored more than once.
    """

    paired: int = 0
    skipped: int = 0
    shed: int = 0
    rejected: int = 0
    missing: int = 0
    repeats: int = 0


class SettledCount(msgspec.Struct, frozen=True):
    """Pairs whose outcome the checks know: `severity` is None for no defect."""

    severity: str | None
    pairs: int


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of a stratum that checks leave open, by what was said of them: `verdict` and `review` are outcomes or None.

    `offered` is the strongest reason for which the plan put the pair before a person: random, audit, confirm or
    control; None where it did not, or a person picked the pair.
    """

    stratum: str
    verdict: str | None = None
    review: str | None = None
    offered: str | None = None
    pairs: int


class PoolCount(msgspec.Struct, frozen=True):
    """Pairs drawn at random that people found to be defects of `severity`; `found`: the judge flagged them too.

    `first_half` says which half of the pool they are in, by hash of the pair.
    """

    severity: str
    found: bool
    first_half: bool
    pairs: int


class Compared(msgspec.Struct, frozen=True):
    """Pairs that have both a verdict and a truth: its severity, None for no defect."""

    verdict: str
    severity: str | None
    pairs: int


class JudgeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the judge of one epoch said in a workflow, over all candidates, and how that compares with the truth.

    `against_reviews` counts pairs that the plan offered and a person decided, `against_truth` pairs that ground truth
    settled. `by_outcome` counts all verdicts. `flips_first` of the flips favour the answer shown first, `flips_second`
    the other one. In `contradictions` a reason plainly says the opposite of its choice, out of the `contradictions_of`
    verdicts that were looked at for it. Of `repeats`, the same question asked again, `repeats_changed` came out
    otherwise. `pool` counts defects that people found without the judge's help: in pairs drawn at random.
    """

    verdicts: int = 0
    flips: int = 0
    flips_first: int = 0
    flips_second: int = 0
    contradictions: int = 0
    contradictions_of: int = 0
    undecided: int = 0
    by_outcome: dict[str, int] = {}
    repeats: int = 0
    repeats_changed: int = 0
    against_reviews: list[Compared] = []
    against_truth: list[Compared] = []
    pool: list[PoolCount] = []


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles over answered calls, in ms; the bounds of the p95 are None where n is too small for one."""

    n: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p95_lower_ms: float | None = None
    p95_upper_ms: float | None = None


class Tokens(msgspec.Struct, frozen=True):
    """Tokens as the servers reported them; `unreported` calls told none."""

    input: int = 0
    output: int = 0
    unreported: int = 0


class CheckCount(msgspec.Struct, frozen=True):
    """Pairs on which a check did not pass: `status` is FAIL, SKIP or ERROR."""

    check: str
    status: str
    pairs: int


class Decision(msgspec.Struct, frozen=True):
    """A signed decision of the past on a phase of this workflow, whatever the candidate.

    `decision` is approve, waive or reject; `terms` are those of judge/signing/standing.py when it was signed.
    """

    number: int
    fingerprint: str
    phase: str
    decision: str
    signed_at: datetime
    actor: str = ""
    authenticated: bool = False
    terms: str = ""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What the last 24 hours brought: pairs of the candidate, verdicts and reviews of the workflow."""

    pairs: int = 0
    verdicts: int = 0
    reviews: int = 0


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that production answered `twice`, by who differs from its first answer under the workflow's checks.

    `both`: the candidate and production's second answer differ from it; `candidate_only` and `self_only`: one does.
    """

    twice: int = 0
    both: int = 0
    candidate_only: int = 0
    self_only: int = 0


class Confidence(msgspec.Struct, frozen=True):
    """Pairs whose outcome is known, by the candidate's confidence, 0..1, rounded down to a fiftieth; None: not told."""

    confidence: float | None
    pairs: int
    defects: int


class Crossing(msgspec.Struct, frozen=True):
    """A look at which the evidence on a budget reached a level that a phase asks for, with the counts of that time.

    `side` is promote (below the budget) or reject. The counts are those of `counted_at`, under the same versions.
    """

    severity: str
    side: str
    counted_at: datetime
    cell: Cell


class Textless(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs whose texts are not kept. `left_open` of them the checks do not settle, and nobody can read them.

    `other_checks` were examined by checks that are no longer configured, and cannot be checked again.
    """

    pairs: int = 0
    left_open: int = 0
    other_checks: int = 0


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """Which checks, judge setup and epoch, scrub rules and production models the counts were made with."""

    checks: str = ""
    setup: str | None = None
    epoch: str | None = None
    scrub: list[str] = []
    production_models: list[str] = []


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known at `as_of` about one candidate of one workflow. No evidence is all zeros.

    `captured` counts the candidate's pairs and `checked` those that the current checks have seen; `overdue` are pairs
    still unchecked a minute after they were stored. `strata` counts the pairs that checks leave open, and `first` by
    stratum the first 200 that were checked before anybody labelled one: guesses are made for them. `reviews` counts
    every review of the workflow. `days` and `hours` count the different days, and hours of the day, with pairs (UTC).
    `tells` is the last look for degenerate answers, `leakage` the last trial of the scrubbing.
    `inclusion` is the lowest and highest chance that a pair had of
    being mirrored.
    """

    workflow: str
    fingerprint: str
    as_of: datetime
    intake: Intake = Intake()
    captured: int = 0
    unscrubbed: int = 0
    candidate_errors: int = 0
    inclusion: tuple[float, float] | None = None
    checked: int = 0
    overdue: int = 0
    checks: list[CheckCount] = []
    settled: list[SettledCount] = []
    strata: dict[str, int] = {}
    first: dict[str, int] = {}
    labels: list[Labelled] = []
    reviews: int = 0
    judge: JudgeRecord = JudgeRecord()
    candidate_latency: Latency = Latency()
    production_latency: Latency = Latency()
    candidate_tokens: Tokens = Tokens()
    production_tokens: Tokens = Tokens()
    days: int = 0
    hours: int = 0
    pace: Pace = Pace()
    tells: Degeneracy = Degeneracy(0, [])
    leakage: Leakage = Leakage()
    textless: Textless = Textless()
    noise: Noise = Noise()
    confidences: list[Confidence] = []
    crossings: list[Crossing] = []
    decisions: list[Decision] = []
    versions: Versions = Versions()
