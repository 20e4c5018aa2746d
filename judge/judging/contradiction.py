"""Does a reason say the opposite of the choice that follows it? A flag for people to look at, never a verdict. Pure."""

import re

from judge.judging.rubric import Choice

_BAD = r"wrong|incorrect|worse|inaccurate|invented|harmful|useless|incomplete|irrelevant|misleading|contradicts|fails"
_GOOD = r"correct|right|better|accurate|complete|superior"
_SUBJECT = re.compile(r"\b(first|second|both|neither)\b", re.I)
_SAID = re.compile(rf"\b(?:(?P<bad>{_BAD})|(?P<good>{_GOOD}))\b", re.I)
_NOT = re.compile(r"\b(?:not|no|never|neither|nothing|without|isn't|hardly)\b|n't\b", re.I)
_SAME = re.compile(
    r"\b(?:equally (?:good|well|correct)|equivalent|no (?:real |meaningful )?difference|the same)\b", re.I
)


def contradicts(reason: str | None, choice: Choice) -> bool:
    """True when a reason plainly calls the other answer the worse one, or one answer wrong that the choice lets pass.

    Plain words only ("the first answer is wrong", "the second is better"): what it does not understand it lets pass.
    """
    bad, good = _claims(reason or "")
    match choice.worse:
        case "first" | "second":
            other = "second" if choice.worse == "first" else "first"
            of_other = other in bad or (choice.worse in good and other not in good)
            return of_other and choice.worse not in bad
        case "neither":
            return len(bad & {"first", "second"}) == 1 and not _SAME.search(reason or "")
        case "both":
            return bool(good & {"first", "second"}) and not bad
        case _:
            return False


def _claims(reason: str) -> tuple[set[str], set[str]]:
    """Which answers are called bad, and which good: each claim's nearest subject before it within its clause."""
    bad: set[str] = set()
    good: set[str] = set()
    for clause in re.split(r"[.;!?\n]|,? (?:but|while|whereas|although|and) ", reason):
        subjects = list(_SUBJECT.finditer(clause))
        for said in _SAID.finditer(clause):
            before = [each for each in subjects if each.end() <= said.start()]
            if not before:
                continue
            subject, between = before[-1][1].lower(), clause[before[-1].end() : said.start()]
            if "than" in between.split():  # "the first is better than the second" has been counted at "better"
                continue
            negated = bool(_NOT.search(between)) or subject == "neither"
            named = {"first", "second"} if subject in ("both", "neither") else {subject}
            (bad if bool(said["bad"]) != negated else good).update(named)
    return bad - good, good - bad
