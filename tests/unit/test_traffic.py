"""The demo's traffic: repeatable, varied, plainly synthetic, and as wrong as it says."""

import itertools
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from connectors.interaction import Interaction, decode, encode
from dashboards.demo import order_id, reply, triage
from dashboards.demo.grammar import sentence
from dashboards.demo.traffic import SHARES, interactions
from shadow.scrub import scrub

N = 4_000


def _clock() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


def _first(n: int, seed: int = 1) -> list[Interaction]:
    return list(itertools.islice(interactions(seed, _clock), n))


@pytest.fixture(scope="module")
def traffic() -> list[Interaction]:
    return _first(N)


def test_the_same_seed_gives_the_same_traffic() -> None:
    assert _first(50) == _first(50)
    assert _first(50) != _first(50, seed=2)


def test_every_record_says_that_it_is_synthetic(traffic: list[Interaction]) -> None:
    assert {each.tags["synthetic"] for each in traffic} == {"true"}
    assert {each.response.model for each in traffic} == {"synthetic-llm"}
    assert len({each.request_id for each in traffic}) == N


def test_workflows_come_in_their_shares(traffic: list[Interaction]) -> None:
    seen = Counter(each.workflow for each in traffic)
    for workflow, (share, _) in SHARES.items():
        assert seen[workflow] / N == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize(("workflow", "least"), [("triage", 0.5), ("order_id", 0.9), ("reply", 0.3)])
def test_requests_differ(traffic: list[Interaction], workflow: str, least: float) -> None:
    asked = [each.request.messages[-1]["content"] for each in traffic if each.workflow == workflow]
    assert len(set(asked)) >= least * len(asked)


@pytest.mark.parametrize(
    ("workflow", "rate"), [("triage", triage.PRODUCTION_IS_RIGHT), ("order_id", order_id.PRODUCTION_IS_RIGHT)]
)
def test_production_errs_at_the_stated_rate(traffic: list[Interaction], workflow: str, rate: float) -> None:
    def answer(each: Interaction) -> object:
        text = each.response.text or ""
        return json.loads(text) if workflow == "order_id" else text

    right = [answer(each) == each.ground_truth for each in traffic if each.workflow == workflow]
    assert sum(right) / len(right) == pytest.approx(rate, abs=0.02)


def test_replies_have_no_ground_truth(traffic: list[Interaction]) -> None:
    assert {each.ground_truth for each in traffic if each.workflow == "reply"} == {None}
    assert 0.9 < reply.PRODUCTION_IS_RIGHT < 1


def test_no_template_is_left_unfilled(traffic: list[Interaction]) -> None:
    for each in traffic:
        texts = [each.request.messages[-1]["content"]]
        if each.workflow != "order_id":
            texts.append(each.response.text or "")
        assert not any("{" in text or "}" in text for text in texts)


def test_records_survive_the_wire_and_the_scrubber(traffic: list[Interaction]) -> None:
    masked: Counter[str] = Counter()
    for each in traffic[:300]:
        assert decode(encode(each)) == each
        scrubbed = scrub(each)
        assert scrubbed.interaction.ground_truth == each.ground_truth
        assert scrubbed.interaction.response.text == each.response.text
        masked.update(scrubbed.counts)
    assert masked, "the demo shows what masking does, so some of its texts hold personal data"


def test_a_name_without_words_is_a_mistake() -> None:
    import random

    with pytest.raises(KeyError):
        sentence("a {colour} lamp", {}, random.Random(0))
