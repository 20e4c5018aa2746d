"""The counts of one cell: a candidate, workflow and severity (or worse), in one epoch, with the budget it must keep."""

from enum import StrEnum

import msgspec


class Mode(StrEnum):
    """How a judge's verdicts become evidence on defects; docs/statistics.md says when each holds."""

    CLEAN = "clean"
    POOLED = "pooled"
    LOCAL = "local"
    PROVISIONAL = "provisional"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one stratum that checks leave open: `pairs` in it, and what a sample of them showed.

    `judged` pairs were sampled by the plan and have a label; of these people confirmed `confirmed` as defects and have
    yet to look at `pending` that the judge flagged. People looked at `audited` pairs that the judge had let pass, drawn
    by the plan, and found `missed` defects among them. In clean mode the label is the truth itself: `confirmed` are its
    defects, an undecided label is `pending`, and nothing is audited.
    """

    pairs: int
    judged: int = 0
    confirmed: int = 0
    pending: int = 0
    audited: int = 0
    missed: int = 0


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Defects that people confirmed independently of the judge, and how many of these the judge missed.

    One judge, rubric and severity. `prior_defects` and `prior_missed` are the half that sets the guess, the rest is
    data; the halves must be fixed before this candidate's data (by hash of the pair, say), and no pair is in both.
    """

    defects: int = 0
    missed: int = 0
    prior_defects: int = 0
    prior_missed: int = 0

    @property
    def size(self) -> int:
        """All confirmed defects, both halves."""
        return self.defects + self.prior_defects


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted, and the `budget` (0..1) that the defect rate must stay below.

    `checked` pairs went through the checks, and `settled` of them are defects by a hard check. The pairs that checks
    leave open fall into `samples`, by name of stratum (agree, disagree, ...; up to six). `slack` is the factor by which
    the judge may miss more often here than in its pool (pooled mode only). `mix` holds the shares of pairs, by stratum,
    that the guesses are made for, from the first 200 pairs of the epoch (judge/statistics/counts.py): fixed before the
    labels that it serves.
    """

    budget: float
    checked: int
    settled: int
    samples: dict[str, Sample]
    mode: Mode
    pool: Pool = Pool()
    slack: float = 1.5
    mix: dict[str, float] = {}
