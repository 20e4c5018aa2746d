"""The tells, each a pure function over a window: how many answers show it, and how many of production's do.

A tell is flagged when a share of the candidate's answers that no honest model comes near shows it, and far more of them
than of production's answers to the same requests. That second half is what keeps honest work out: the labels of a
triage repeat, but production's repeat as well; a proof-reader returns what it was given, and so does production.
"""

from collections.abc import Callable, Sequence

import msgspec
import polars as pl
from scipy.stats import binom

from judge.degenerate.looping import loops
from judge.degenerate.sameness import concluding, copies, most_alike, same_length
from judge.outcomes import State

MIN_REQUESTS = 30
"""Fewer distinct requests than this say nothing about a candidate."""
CHANCE = 1e-6
"""How unlikely the candidate's count must be for somebody who shows the tell as often as production."""

# What an answer says to whoever grades it: orders, verdicts on itself, and the frames of known judge prompts.
_TO_A_JUDGE = (
    r"model_identifier|## ?model outputs?|unordered outputs from|\[\[(?:a|b|c|tie|\d+)\]\]"
    r"|(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:the |your )?(?:above|previous|prior|preceding|other)"
    r"|(?:dear|attention,?|note to(?: the)?) (?:judge|evaluator|grader|reviewer|annotator)"
    r"|(?:you are|as) an? (?:impartial|fair|expert|helpful)? ?(?:judge|evaluator|grader)"
    r"|the best (?:answer|response|output|model|assistant) is"
    r"|(?:answer|response|output|assistant|candidate|model) (?:a|b|1|2|one|two|first|second) is "
    r"(?:clearly |much |the )?(?:better|best)"
    r"|this (?:answer|response|output) (?:is|should be) (?:clearly |rated |graded |marked |judged |the )*"
    r"(?:better|best|correct|perfect|excellent|10|equivalent)"
    r"|(?:prefer|choose|select|pick|rank|rate|grade|score) (?:this|my) (?:answer|response|output)"
    r'|"?(?:verdict|outcome)"? ?: ?"?(?:equivalent|candidate_better|both_bad|pass|a|b)\b'
)


class Tell(msgspec.Struct, frozen=True, kw_only=True):
    """One tell over a window: `candidate` and `production` count the answers of each that show it, of `requests`."""

    name: str
    candidate: int
    production: int
    requests: int
    flagged: bool
    sentence: str


class Degeneracy(msgspec.Struct, frozen=True):
    """What a window says of a candidate: blocked by any flagged tell, insufficient evidence on too few requests."""

    requests: int
    tells: list[Tell]

    @property
    def state(self) -> State:
        if any(tell.flagged for tell in self.tells):
            return State.BLOCKED
        return State.READY if self.requests >= MIN_REQUESTS else State.INSUFFICIENT_EVIDENCE

    @property
    def sentence(self) -> str:
        if flagged := [tell.sentence for tell in self.tells if tell.flagged]:
            return f"degenerate answers: {'; '.join(flagged)}"
        if self.requests < MIN_REQUESTS:
            return f"degenerate answers: {self.requests} distinct requests, wanted {MIN_REQUESTS} to tell"
        return f"degenerate answers: no sign of any in the newest {self.requests} distinct requests"


def degeneracy(window: pl.DataFrame) -> Degeneracy:
    """What the tells find in a window of `judge.degenerate.window`."""
    return Degeneracy(window.height, [tell(window) for tell in TELLS] if window.height else [])


def empty(window: pl.DataFrame) -> Tell:
    """Answers that say nothing."""
    counts = [int((window[arm] == "").sum()) for arm in _ARMS]
    return _tell("empty", window, counts, 0.1, "answers are empty")


def constant(window: pl.DataFrame) -> Tell:
    """Answers that are the same, or nearly, whatever was asked."""
    requests = window["request"].to_list()
    candidate, production = (window[arm].to_list() for arm in _ARMS)
    # Production may reason first and then say the one word that the candidate says at once.
    counts = [most_alike(candidate, requests), max(most_alike(production, requests), concluding(production, candidate))]
    return _tell("constant", window, counts, 0.9, "answers are one and the same, or nearly", times=1)


def cut_short(window: pl.DataFrame) -> Tell:
    """Different answers that all end at the same length, in the middle: somebody cut them."""
    counts = [same_length(window[arm].to_list(), window["request"].to_list()) for arm in _ARMS]
    return _tell("cut short", window, counts, 0.5, "answers are cut off at one and the same length")


def copied(window: pl.DataFrame) -> Tell:
    """Answers that only repeat what was asked."""
    counts = [copies(window["prompt"].to_list(), window[arm].to_list()) for arm in _ARMS]
    return _tell("copied", window, counts, 0.2, "answers repeat the request")


def looping(window: pl.DataFrame) -> Tell:
    """Answers that say the same words over and over."""
    counts = [sum(map(loops, window[arm])) for arm in _ARMS]
    return _tell("looping", window, counts, 0.2, "answers go round in circles")


def to_a_judge(window: pl.DataFrame) -> Tell:
    """Answers that speak to whoever grades them, where neither the request nor production's answer does."""
    said = [window[column].str.contains(f"(?i){_TO_A_JUDGE}") for column in ("request", *_ARMS)]
    counts = [int((said[1] & ~said[0] & ~said[2]).sum()), int((said[2] & ~said[0] & ~said[1]).sum())]
    return _tell("to a judge", window, counts, 0.01, "answers speak to a judge", chance=0.01, at_least=3)


TELLS: Sequence[Callable[[pl.DataFrame], Tell]] = (empty, constant, cut_short, copied, looping, to_a_judge)
_ARMS = ("candidate", "production")


def _tell(
    name: str,
    window: pl.DataFrame,
    counts: Sequence[int],
    share: float,
    what: str,
    chance: float = CHANCE,
    at_least: int = 1,
    times: int = 2,
) -> Tell:
    candidate, production = counts
    n = window.height
    # One more on either side, as in Laplace's rule: none seen of n does not mean that none is possible.
    luck = float(binom.sf(candidate - 1, n, (production + 1) / (n + 2)))
    far_more = luck < chance and candidate >= times * production
    return Tell(
        name=name,
        candidate=candidate,
        production=production,
        requests=n,
        flagged=n >= MIN_REQUESTS and candidate >= max(at_least, share * n) and far_more,
        sentence=f"{candidate} of {n} {what} (production: {production})",
    )
