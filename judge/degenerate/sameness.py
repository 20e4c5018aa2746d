"""How alike the answers of a window are, to each other and to what was asked."""

import re
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz, process

from judge.checking.reading import folded, unpunctuated

_ALIKE = 95.0
_LONG = 40
_READ = 2000
_SAMPLE = 32
_WORD = re.compile(r"\w{2,}")
_MID_SENTENCE = re.compile(r"[\w,]\Z")


def most_alike(answers: Sequence[str], requests: Sequence[str]) -> int:
    """How many answers are the same as one of them, or nearly: 95 % of a text of 40 characters or more.

    A nearly equal answer that differs by a word of its own request is not counted: that is a template filled in.
    """
    texts = [folded(answer[:_READ]) for answer in answers]
    centre = _centre(texts)
    if len(centre) < _LONG:
        return texts.count(centre)
    scores = process.cdist([centre], texts, scorer=fuzz.ratio, score_cutoff=_ALIKE)[0].tolist()
    common = set(_WORD.findall(centre))
    return sum(
        text == centre or (score > 0 and not _words_apart(text, common) & set(_WORD.findall(folded(request))))
        for score, text, request in zip(scores, texts, requests, strict=True)
    )


def concluding(answers: Sequence[str], others: Sequence[str]) -> int:
    """How many answers end with the commonest one of the others, where that is short."""
    conclusion = unpunctuated(Counter(others).most_common(1)[0][0][:_READ])
    if not 0 < len(conclusion) < _LONG:
        return 0
    return sum(f" {unpunctuated(answer[-4 * _LONG :])}".endswith(f" {conclusion}") for answer in answers)


def _words_apart(text: str, common: set[str]) -> set[str]:
    return set(_WORD.findall(text)) - common


def _centre(texts: Sequence[str]) -> str:
    """The commonest text; where all are rare, the one of a sample that most others of the sample come near to."""
    text, times = Counter(texts).most_common(1)[0]
    if times > len(texts) / 10:
        return text
    sample = texts[:: max(1, len(texts) // _SAMPLE)]
    near = (process.cdist(sample, sample, scorer=fuzz.ratio, score_cutoff=_ALIKE) > 0).sum(axis=1)
    return sample[int(near.argmax())]


def same_length(answers: Sequence[str], requests: Sequence[str]) -> int:
    """How many different answers stop mid-sentence at the commonest length; one found whole in its request is no cut.

    Answers of one length that repeat are labels, and count once each.
    """
    open_ended = {
        answer
        for answer, request in zip(answers, requests, strict=True)
        if _MID_SENTENCE.search(answer) and answer not in request
    }
    return max(Counter(map(len, open_ended)).values(), default=0)


def copies(prompts: Sequence[str], answers: Sequence[str]) -> int:
    """How many answers are their own prompt, or nearly, where either has 20 characters or more."""
    pairs = [[folded(text[:_READ]) for text in texts] for texts in (prompts, answers)]
    scores = process.cpdist(*pairs, scorer=fuzz.ratio, score_cutoff=_ALIKE).tolist()
    return sum(score > 0 and len(answer) >= 20 for score, answer in zip(scores, pairs[1], strict=True))
