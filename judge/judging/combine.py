"""From what judges said to one outcome: two orders of one judge, two examined answers, several judges. Pure."""

from collections import Counter
from collections.abc import Sequence

from judge.judging.prompt import First
from judge.judging.rubric import Choice
from judge.outcomes import Outcome, Severity

_WORSE: dict[Severity | None, Outcome] = {
    Severity.MINOR: Outcome.WORSE_MINOR,
    Severity.MAJOR: Outcome.WORSE_MAJOR,
    Severity.CRITICAL: Outcome.WORSE_CRITICAL,
}
_WORST_FIRST = [Outcome.WORSE_CRITICAL, Outcome.WORSE_MAJOR, Outcome.WORSE_MINOR]
_BADNESS = [
    Outcome.CANDIDATE_BETTER,
    Outcome.EQUIVALENT,
    Outcome.UNDECIDED,
    Outcome.WORSE_MINOR,
    Outcome.BOTH_BAD,
    Outcome.WORSE_MAJOR,
    Outcome.WORSE_CRITICAL,
]


def combine(one: Outcome, other: Outcome) -> tuple[Outcome, bool]:
    """The outcome of both orders of one judge, and whether they contradict each other (an order flip).

    The same answer worse in both orders, by different severities, is no contradiction: the worse severity counts.
    """
    if Outcome.UNDECIDED in (one, other):
        return Outcome.UNDECIDED, False
    if one is other:
        return one, False
    if one in _WORST_FIRST and other in _WORST_FIRST:
        return worst([one, other]), False
    return Outcome.UNDECIDED, True


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome that speaks most against the candidate; undecided speaks against it more than any praise does.

    Over both orders this is the flag J of a sampled pair: it catches defects that only one order shows, and people
    refute its false alarms.
    """
    return max(outcomes, key=_BADNESS.index)


def outcome_of(choice: Choice, first: First) -> Outcome:
    """What a choice means for the candidate when the answer of arm `first` was shown first, beside the other one."""
    match choice.worse:
        case "neither":
            return Outcome.EQUIVALENT
        case "both":
            return Outcome.BOTH_BAD
        case "first" | "second":
            candidate_is_worse = (choice.worse == "first") == (first == "candidate")
            return _WORSE[choice.severity] if candidate_is_worse else Outcome.CANDIDATE_BETTER
        case _:
            return Outcome.UNDECIDED


def of_examined(production: Choice, candidate: Choice) -> Outcome:
    """What the choices on both answers, each examined alone, mean for the candidate.

    A defect of the candidate counts by its severity where production's answer has a milder one or none. Both spoilt, by
    a major defect or worse, are `both_bad`.
    """
    if "unknown" in (production.worse, candidate.worse):
        return Outcome.UNDECIDED
    theirs, ours = candidate.severity, production.severity
    if theirs is None:
        return Outcome.EQUIVALENT if ours is None else Outcome.CANDIDATE_BETTER
    if ours is None or not ours.at_least(theirs):
        return _WORSE[theirs]
    if theirs.at_least(Severity.MAJOR):
        return Outcome.BOTH_BAD
    return Outcome.EQUIVALENT if ours is theirs else Outcome.CANDIDATE_BETTER


def plurality(votes: Sequence[Outcome]) -> Outcome:
    """The outcome that most judges named; undecided ones abstain, and a tie is undecided.

    Votes are counted by what they say of the candidate (worse, better, as good, both bad). The severity is then the
    worst that at least half of those who call it worse reach: no lone alarmist sets it, and no lone optimist.
    """
    cast = [vote for vote in votes if vote is not Outcome.UNDECIDED]
    ranked = Counter(map(_direction, cast)).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return Outcome.UNDECIDED
    winners = sorted((vote for vote in cast if _direction(vote) is ranked[0][0]), key=_BADNESS.index)
    return winners[len(winners) // 2]


def agreed(votes: Sequence[Outcome]) -> bool:
    """True when every judge decided, and all said the same of the candidate, whatever the severity."""
    return Outcome.UNDECIDED not in votes and len(set(map(_direction, votes))) == 1


def flagged(readings: Sequence[Sequence[Outcome]]) -> Outcome:
    """The flag J of several judges: each one's worst over its orders, then the plurality; a tie goes to the worst."""
    flags = [worst(reading) for reading in readings if reading] or [Outcome.UNDECIDED]
    decided = plurality(flags)
    return worst(flags) if decided is Outcome.UNDECIDED else decided


def _direction(outcome: Outcome) -> Outcome:
    return Outcome.WORSE_MINOR if outcome in _WORST_FIRST else outcome
