"""From a candidate's answers to the pairs that are stored: many records at once, each answer scrubbed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from connectors.types import Completion, Origin
from shadow.intake import Admitted
from shadow.scrub import SCRUB_VERSION, scrub_completions
from shadow.textless import Examine, without_texts
from shadow.types import Pair, pair_id

NOBODY: Mapping[str, Examine] = {}


class Answered(msgspec.Struct, frozen=True):
    """What the candidates of a record's workflow answered, by their fingerprints; not yet scrubbed."""

    admitted: Admitted
    answers: Mapping[str, Completion]


def pairs_of(
    finished: Sequence[Answered], examine: Mapping[str, Examine] = NOBODY
) -> list[tuple[Origin, tuple[Pair, ...]]]:
    """The pairs of each record, in order. An answer that cannot be scrubbed becomes an error and is not kept.

    `examine` says, by workflow, who reads the texts that are not kept; KeyError where there is nobody.
    """
    now = datetime.now(UTC)
    answers = [answer for item in finished for answer in item.answers.values()]
    policies = [item.admitted.policy for item in finished for _ in item.answers]
    scrubbed = scrub_completions(answers, policies)
    clean = (kept(answer, result) for answer, result in zip(answers, scrubbed, strict=True))
    return [
        (item.admitted.origin, tuple(_kept(item, pair, examine) for pair in _pairs(item, clean, now)))
        for item in finished
    ]


def kept(
    answer: Completion, result: tuple[Completion, Mapping[str, int]] | Exception
) -> tuple[Completion, Mapping[str, int]]:
    """A scrubbed answer and what was masked in it; an error in the place of one that could not be scrubbed."""
    if isinstance(result, Exception):
        sentence = f"the answer cannot be scrubbed: {type(result).__name__}"
        return Completion(error=sentence, latency_ms=answer.latency_ms), {}
    return result


def _kept(item: Answered, pair: Pair, examine: Mapping[str, Examine]) -> Pair:
    if item.admitted.policy.keeps_texts:
        return pair
    return without_texts(pair, examine[pair.workflow](pair))


def _pairs(item: Answered, clean: Iterator[tuple[Completion, Mapping[str, int]]], now: datetime) -> Iterator[Pair]:
    admitted, interaction = item.admitted, item.admitted.interaction
    for fingerprint, (candidate, masked) in zip(item.answers, clean):  # noqa: B905 (clean goes on with the next item)
        yield Pair(
            pair_id=pair_id(admitted.origin, fingerprint),
            workflow=interaction.workflow,
            fingerprint=fingerprint,
            request_id=interaction.request_id,
            occurred_at=interaction.occurred_at,
            mirrored_at=now,
            origin=admitted.origin,
            request=interaction.request,
            production=interaction.response,
            candidate=candidate,
            inclusion_probability=admitted.inclusion_probability,
            scrub_version=admitted.policy.version(SCRUB_VERSION),
            scrubbed=dict(Counter(admitted.scrubbed) + Counter(masked)) if masked else dict(admitted.scrubbed),
            tags=interaction.tags,
            trace_id=interaction.trace_id,
            span_id=interaction.span_id,
            subject_key=interaction.subject_key,
            ground_truth=interaction.ground_truth,
        )
