"""Is the answer written in the right language?"""

from pydantic import Field

from judge.checking.check import PASSED, Found, Validation
from judge.checking.example import Example
from judge.checking.language import language_of
from judge.checking.reading import Unreadable, text_of
from judge.outcomes import Status
from shadow.types import Pair


class Language(Validation):
    """The candidate writes in one of the languages, as the statistical model of py3langid tells it.

    In short texts it errs: one with fewer letters than `min_letters` is skipped, and so is one without any language.
    """

    aspect = "format"
    languages: list[str] = Field(min_length=1, description='codes of ISO 639-1, such as `"en"`')
    min_letters: int = Field(default=20, ge=1, description="the fewest letters of which a language is told")

    def __call__(self, pair: Pair) -> Found:
        try:
            text = text_of(pair.candidate)
        except Unreadable as reason:
            return Found(Status.FAIL, f"candidate {reason}")
        if sum(1 for char in text[:10_000] if char.isalpha()) < self.min_letters:
            return Found(Status.SKIP, "candidate wrote too little to tell its language")
        told = language_of(text)
        if told is None:
            return Found(Status.SKIP, "candidate wrote in no language that can be told")
        if told not in self.languages:
            return Found(Status.FAIL, f"candidate wrote in {told!r}, not in {', '.join(self.languages)}")
        return PASSED


PASSES = [Example(candidate="Your parcel is on its way to you.", settings={"languages": ["en", "de"]})]
FAILS = [Example(candidate="Ihr Paket ist auf dem Weg zu Ihnen.", settings={"languages": ["en"]})]
