"""Scrubbing against marked sentences: recall by type, with and without names, and how much of the masked is marked."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from shadow.scrub import MASKED, Policy, recogniser, scrub_text
from shadow.scrub.leaks import leaks
from tests.bench.checks.rows import Figure, Row, value

STRUCTURED = ("EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "IP_ADDRESS", "PHONE_NUMBER")
BAR, OVERALL, PUBLISHED = 0.98, 0.80, 0.603
_MASK = re.compile(r"<([A-Z]+) ([a-p]{10})>")


class Masked(NamedTuple):
    """A piece of a text that was masked, and its kind."""

    start: int
    end: int
    kind: str


def figures(rows: Sequence[Row], reference: Any) -> Iterator[Figure]:
    """Recall and precision, and how many canaries get through."""
    sentences = [(value(row, "messages")[0]["content"], value(row, "ground_truth")) for row in rows]
    marked = Counter(span["type"] for _, spans in sentences for span in spans)
    recorded = Counter[str]()
    for name, n in reference["figures"]["dev"].items():
        if "|" in name:
            recorded[name.split("|")[1]] += n
    yield Figure(
        name="marked values", ours=f"{marked.total()}", recorded=f"{recorded.total()}", holds=marked == recorded
    )
    yield from _recalls("forms alone", sentences, MASKED, dict.fromkeys(STRUCTURED, BAR), None)
    if recogniser.is_installed():
        yield from _recalls("with names", sentences, Policy(names=True), dict.fromkeys(STRUCTURED, BAR), OVERALL)
    else:
        yield Figure(name="with names", ours="the extra 'names' is not installed", recorded="", holds=False)
    found = leaks(MASKED, seed=20261124, planted=4000)
    planted, leaked = sum(leak.planted for leak in found), sum(leak.leaked for leak in found)
    yield Figure(name="canaries with a form let through", ours=f"{leaked} of {planted}", recorded="", holds=leaked == 0)


def _recalls(
    name: str, sentences: Sequence[tuple[str, Any]], policy: Policy, bars: dict[str, float], overall: float | None
) -> Iterator[Figure]:
    whole, partly, marked, right, masks = (Counter[str]() for _ in range(5))
    for text, spans in sentences:
        hidden = _masked(text, policy)
        for span in spans:
            letters = [place for place in range(span["start"], span["end"]) if text[place].isalnum()]
            gone = sum(any(piece.start <= place < piece.end for piece in hidden) for place in letters)
            marked[span["type"]] += 1
            whole[span["type"]] += gone == len(letters)
            partly[span["type"]] += gone > 0
        for piece in hidden:
            masks[piece.kind] += 1
            right[piece.kind] += any(span["start"] < piece.end and piece.start < span["end"] for span in spans)
    for kind in sorted(marked if overall else bars):
        recall = whole[kind] / marked[kind]
        yield Figure(
            name=f"{name}: {kind} masked whole",
            ours=f"{whole[kind]} of {marked[kind]} ({recall:.3f})",
            recorded=f"at least {bars[kind]}" if kind in bars else f"in part {partly[kind] / marked[kind]:.3f}",
            holds=recall >= bars[kind] if kind in bars else None,
        )
    if overall:
        recall = whole.total() / marked.total()
        yield Figure(
            name=f"{name}: all types masked whole",
            ours=f"{recall:.4f}, in part {partly.total() / marked.total():.4f}",
            recorded=f"above {overall} (Presidio {PUBLISHED})",
            holds=recall > overall,
        )
    yield Figure(
        name=f"{name}: of what is masked, marked",
        ours=f"{right.total() / masks.total():.4f}",
        recorded="",
        holds=None,
        notes=[f"{kind}: {right[kind]} of {n} ({right[kind] / n:.3f})" for kind, n in sorted(masks.items())],
    )


class _Recorded(Policy, frozen=True, kw_only=True):
    """A policy that notes each value it masks, and gives each a mask of its own."""

    values: list[str]

    def stands_for(self, kind: str, value: str) -> str:
        self.values.append(value)
        number = "".join("abcdefghijklmnop"[(len(self.values) >> 4 * place) & 15] for place in range(10))
        return f"<{kind.upper()} {number}>"


def _masked(text: str, policy: Policy) -> list[Masked]:
    """What of a text was masked."""
    recorded = _Recorded(names=policy.names, values=[])
    clean, _ = scrub_text(text, policy=recorded)
    found: list[Masked] = []
    place = 0
    for piece in re.split(r"(<[A-Z]+ [a-p]{10}>)", clean):
        if mask := _MASK.fullmatch(piece):
            number = sum("abcdefghijklmnop".index(letter) << 4 * at for at, letter in enumerate(mask[2]))
            found.append(Masked(place, place + len(recorded.values[number - 1]), mask[1].lower()))
            place = found[-1].end
        else:
            place += len(piece)
    return found
