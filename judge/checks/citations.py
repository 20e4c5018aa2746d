"""Does the answer cite sources that are there, and quote what they say?"""

import re

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.grounding import context_of
from judge.checking.patterns import Pattern, groups
from judge.checking.reading import LONGEST, Unreadable, folded, text_of, unpunctuated
from judge.outcomes import Status
from shadow.types import Pair

_QUOTED = re.compile(r"\"([^\"\n]{1,2000})\"|“([^”\n]{1,2000})”|«([^»\n]{1,2000})»")


class Citations(Validation):
    """Every source that the candidate's answer cites is in the context, and what it quotes stands there word for word.

    Whether the source supports the sentence is not looked at. A request without context is skipped.
    """

    cites: Pattern = Field(
        default=r"\[(\w{1,20})\]",
        description="how an answer cites, a pattern (RE2) with a group around the source's name",
    )
    sources: Pattern = Field(
        default=r"\[(\w{1,20})\]", description="how the context names its sources, a pattern (RE2) with such a group"
    )
    at_least: int = Field(default=0, ge=0, description="the fewest citations that a good answer has")
    quote_words: int | None = Field(
        default=5,
        ge=1,
        description="text of so many words or more in double quotation marks must stand in the context, whatever its "
        "case, white space and punctuation",
    )

    def __call__(self, pair: Pair) -> Found:
        context = context_of(pair.request.messages, ("system", "developer", "user", "tool"))
        if not context.strip() or len(context) > LONGEST:
            return Found(Status.SKIP, "the request holds no context, or more than a check reads")
        try:
            broken = self._broken(text_of(pair.candidate), context)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        return Found(Status.FAIL, f"candidate {broken}") if broken else PASSED

    def _broken(self, answer: str, context: str) -> str:
        cited = [folded(each) for each in groups(self.cites, answer)]
        known = {folded(each) for each in groups(self.sources, context)}
        invented = [each for each in dict.fromkeys(cited) if each not in known]
        if invented:
            return f"cites {', '.join(repr(each) for each in invented[:5])}, and the context has no such source"
        if len(cited) < self.at_least:
            return f"cites {len(cited)} sources, at least {self.at_least} wanted"
        if self.quote_words is None:
            return ""
        quotes = [next(filter(None, found)) for found in _QUOTED.findall(answer) if any(found)]
        held = f" {unpunctuated(context)} "
        for quote in quotes:
            form = unpunctuated(quote)
            if len(form.split()) >= self.quote_words and f" {form} " not in held:
                return f"quotes {quote[:60]!r}, which is not in the context"
        return ""


_CONTEXT = "[1] Lamps are sent within two working days. [2] Returns are free for thirty days."
PASSES = [
    Example(prompt=_CONTEXT, candidate="Returns are free [2].", settings={"at_least": 1}),
    Example(prompt=_CONTEXT, candidate='It says "lamps are sent within two working days" [1].'),
]
FAILS = [
    Example(prompt=_CONTEXT, candidate="Returns are free [3]."),
    Example(prompt=_CONTEXT, candidate="Returns are free.", settings={"at_least": 1}),
    Example(prompt=_CONTEXT, candidate='It says "lamps are sent within three working days" [1].'),
]
