"""From answers to pairs: each scrubbed, each with its own candidate, none kept that cannot be scrubbed."""

import pytest

from connectors.types import Completion, Origin
from shadow.answered import Answered, pairs_of
from shadow.intake import Admitted
from shadow.scrub import Policy
from shadow.types import Pair, pair_id
from tests.e2e.traffic import interaction


def answered(offset: int, **answers: str) -> Answered:
    admitted = Admitted(Origin("calls", 0, offset), interaction(offset), {"email": 1}, 0.5)
    return Answered(admitted, {name: Completion(text=text, latency_ms=1.0) for name, text in answers.items()})


def test_every_answer_is_a_pair_of_its_record_and_candidate() -> None:
    finished = [answered(1, small="a", tiny="write to jo@example.org"), answered(2, small="c")]
    entries = pairs_of(finished)
    assert [(origin.offset, len(pairs)) for origin, pairs in entries] == [(1, 2), (2, 1)]
    pairs: list[Pair] = [pair for _, pairs in entries for pair in pairs]
    assert [(pair.fingerprint, pair.candidate.text) for pair in pairs] == [
        ("small", "a"),
        ("tiny", "write to <EMAIL>"),
        ("small", "c"),
    ]
    assert [pair.scrubbed for pair in pairs] == [{"email": 1}, {"email": 2}, {"email": 1}]
    assert [pair.pair_id for pair in pairs] == [pair_id(pair.origin, pair.fingerprint) for pair in pairs]
    assert {pair.inclusion_probability for pair in pairs} == {0.5}


def test_an_answer_that_cannot_be_scrubbed_is_an_error_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(answer: Completion, policy: Policy) -> None:
        raise RuntimeError("a fault in a rule")

    monkeypatch.setattr("shadow.scrub.batch.FEW", 0)  # what has no sign is then left alone
    monkeypatch.setattr("shadow.scrub.batch.scrub_completion", broken)
    [(_, (bad, good))] = pairs_of([answered(1, small="jo@example.org", tiny="billing")])
    assert bad.candidate == Completion(error="the answer cannot be scrubbed: RuntimeError", latency_ms=1.0)
    assert good.candidate.text == "billing"
