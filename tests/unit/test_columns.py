"""Columns and objects give the same rows and the same fates, whatever the records and the answers hold."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.interaction import encode
from connectors.types import Completion, Model, Origin, Record, Request, ToolCall
from shadow.answered import Answered, pairs_of
from shadow.columns import Replays
from shadow.config import Workflow
from shadow.intake import Admitted, Fate, admit_all
from shadow.pairs import SCHEMA, to_frame
from shadow.scrub.settings import ScrubSettings
from tests.e2e.traffic import GARBAGE, interaction, values
from tests.unit.test_scrub_interaction import PLACES, message
from tests.unit.test_scrub_interaction import interaction as odd
from tests.unit.test_scrub_signs import LABELLED
from tests.unit.test_scrub_text import documents, texts

WORKFLOWS = {
    "triage": Workflow(candidates=["small"]),
    "both": Workflow(candidates=["small", "tiny"], sample=0.5),
    "called": Workflow(candidates=["small", "live"]),
}
_calls = msgspec.json.Encoder()


class Called:
    """Implements connectors.types.Model, without a door for batches."""

    name = fingerprint = "live"

    async def complete(self, request: Request) -> Completion:
        raise NotImplementedError

    async def probe(self) -> str:
        return "live"

    async def close(self) -> None: ...


class Echo(Called):
    """Implements connectors.types.Replay: its answers, in turn; by the request, so that both ways get the same one."""

    def __init__(self, name: str, answers: Sequence[Completion]) -> None:
        self.name = self.fingerprint = name
        self._answers = answers

    def answer(self, request: str) -> Completion:
        return self._answers[len(request) % len(self._answers)]

    def answer_all(self, requests: pl.Series) -> pl.DataFrame:
        given = [msgspec.structs.asdict(self.answer(request)) for request in requests]
        for each in given:
            each["tool_calls"] = _calls.encode(each["tool_calls"]).decode()
        return pl.DataFrame(given, infer_schema_length=None)


def records(values: Sequence[bytes | None]) -> list[Record]:
    return [Record(Origin("calls", 0, offset), value) for offset, value in enumerate(values)]


def one_by_one(given: Sequence[Record], models: dict[str, Echo], keep: float) -> tuple[pl.DataFrame, list[Fate]]:
    """What the mirror makes of records whose candidates are called."""
    fates = admit_all(given, WORKFLOWS, datetime.now(UTC), keep)
    finished = [
        Answered(fate, {name: models[name].answer(msgspec.json.encode(fate.interaction.request).decode())
                        for name in WORKFLOWS[fate.interaction.workflow].candidates})
        for fate in fates
        if isinstance(fate, Admitted) and fate.interaction.workflow != "called"
    ]  # fmt: skip
    others = [fate for fate in fates if not isinstance(fate, Admitted) or fate.interaction.workflow == "called"]
    return to_frame([pair for _, pairs in pairs_of(finished) for pair in pairs]), others


def untimed(fates: Sequence[Fate]) -> list[dict[str, Any]]:
    """Fates in order, without the time of their decision."""
    plain = [msgspec.structs.asdict(fate) for fate in sorted(fates, key=lambda fate: fate.origin.offset)]
    return [{name: value for name, value in each.items() if not name.endswith("_at")} for each in plain]


def agree(values: Sequence[bytes | None], answers: Sequence[Completion], keep: float = 1.0) -> pl.DataFrame:
    models = {name: Echo(name, answers) for name in ("small", "tiny")}
    both: dict[str, Model] = {**models, "live": Called()}
    expected, others = one_by_one(records(values), models, keep)
    found, fates = Replays(WORKFLOWS, both).mirror(records(values), keep)
    frames = [each.frame for each in found]
    frame = pl.concat([to_frame([]), *frames]).drop("mirrored_at").sort("offset", "fingerprint")
    assert frame.rows(named=True) == expected.drop("mirrored_at").sort("offset", "fingerprint").rows(named=True)
    assert untimed(fates) == untimed(others)
    settled = sorted(origin.offset for each in found for origin in each.origins)
    assert settled == sorted(set(frame["offset"]))
    return frame


ANSWERS = [
    Completion(text="billing", finish_reason="stop", model="m", input_tokens=3, output_tokens=1, latency_ms=18.5),
    Completion(text="write to jo@example.org", latency_ms=1.0),
    Completion(tool_calls=[ToolCall("f", '{"to": "jo@example.org"}', "id-1")], dropped_params=["seed"]),
    Completion(error="no answer within 3 s"),
]


def test_traffic_of_all_kinds_is_mirrored_alike() -> None:
    found = agree(
        [*values(30), None, *GARBAGE, *values(30, "both"), *values(5, "called"), *values(5, "unknown"), b"[" * 9999],
        ANSWERS,
    )
    assert found["workflow"].value_counts().filter(pl.col("workflow") == "triage")["count"].item() == 30
    assert "@example.org" not in str(found.rows())


def test_what_is_shed_is_shed_alike() -> None:
    found = agree([*values(200), *values(200, "both")], ANSWERS, keep=0.25)
    assert set(found["inclusion_probability"]) == {0.25, 0.125}


@pytest.mark.parametrize("whole", [*PLACES.values(), *(message(content) for content in LABELLED)])
def test_personal_data_is_masked_alike_wherever_it_is(whole: Any) -> None:
    agree([encode(whole)], ANSWERS)


def test_deep_records_are_decided_alike() -> None:
    def nested(levels: int) -> bytes:
        whole = encode(interaction(1))
        return whole.replace(b'"params":{', b'"params":{"deep":' + b"[" * levels + b"]" * levels + b",")

    agree([nested(levels) for levels in (10, 200, 400, 900, 2_000, 50_000)], ANSWERS)


def test_other_ways_to_write_a_record_are_read_alike() -> None:
    whole = json.loads(encode(interaction(3)))
    agree(
        [
            json.dumps(whole, indent=2).encode(),
            json.dumps(whole | {"extra": 1, "occurred_at": "2026-11-23T09:00:00.5+02:00"}).encode(),
            json.dumps(whole | {"tags": {"k": "ü\u2028\x7f"}, "ground_truth": [1.0, 1e400 > 0, "é"]}).encode(),
            json.dumps(whole | {"tags": {"k": 1}}).encode(),
            json.dumps(whole | {"occurred_at": "2026-11-23T09:00:00"}).encode(),
            encode(interaction(4)).replace(b'"request":{', b'"request":3,"request":{'),
            encode(interaction(5)).replace(b"invoice", b"inv\\u006fice \\/ \\ud83d\\ude00"),
            encode(interaction(6)).replace(b"invoice", b"\\ud800"),
            encode(interaction(6)).replace(b"invoice", b"\xff"),
        ],
        ANSWERS,
    )


contents = documents | st.sampled_from(LABELLED)


@settings(max_examples=150, deadline=None)
@given(contents, contents, st.dictionaries(texts, texts, max_size=2), texts, st.lists(texts, min_size=1, max_size=3))
def test_both_ways_agree_on_anything(
    content: Any, truth: Any, tags: dict[str, str], text: str, answers: list[str]
) -> None:
    whole = odd(
        request=message(content).request,
        ground_truth=truth,
        tags=tags,
        subject_key=text,
        response=Completion(text=text, refusal=text, tool_calls=[ToolCall("f", json.dumps(content))]),
    )
    told = [Completion(text=each, error=text, tool_calls=[ToolCall(each, json.dumps(truth))]) for each in answers]
    agree([encode(whole), encode(odd(response=Completion(text=text)))], told)


def test_a_recording_that_fails_costs_its_pairs_an_error_and_nobody_else_anything() -> None:
    class Broken(Echo):
        def answer_all(self, requests: pl.Series) -> pl.DataFrame:
            raise KeyError("a bug")

    class Short(Echo):
        def answer_all(self, requests: pl.Series) -> pl.DataFrame:
            return super().answer_all(requests).head(1)

    models: dict[str, Model] = {"small": Broken("small", ANSWERS), "tiny": Short("tiny", ANSWERS), "live": Called()}
    [triage, both], _ = Replays(WORKFLOWS, models).mirror(records([*values(3), *values(20, "both")]), 1.0)
    assert triage.frame["candidate_error"].to_list() == ["the connector failed: KeyError"] * 3
    assert triage.frame["candidate_tool_calls"].to_list() == ["[]"] * 3
    assert set(both.frame["candidate_error"]) == {"the connector failed: KeyError", "the connector failed: ValueError"}
    assert both.frame.columns == list(SCHEMA)


def test_what_cannot_be_scrubbed_is_neither_stored_nor_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault in a rule")

    monkeypatch.setattr("shadow.scrub.batch.FEW", 0)  # what has no sign is then left alone
    monkeypatch.setattr("shadow.scrub.batch.scrub", broken)
    monkeypatch.setattr("shadow.scrub.batch.scrub_completion", broken)
    clean = encode(message("hello"))
    found = agree([clean, encode(message("jo@example.org")), clean], [ANSWERS[1]])
    assert found["offset"].to_list() == [0, 2]
    assert set(found["candidate_error"]) == {"the answer cannot be scrubbed: RuntimeError"}


def test_a_candidate_to_call_and_a_policy_of_its_own_are_left_to_the_way_of_one_record() -> None:
    models: dict[str, Model] = {"small": Echo("small", ANSWERS), "live": Called()}
    full = Workflow(candidates=["small"], scrub=ScrubSettings(policy="full"))
    for workflow in (WORKFLOWS["called"], full):
        assert not Replays({"triage": workflow}, models)
    [], fates = Replays({"triage": WORKFLOWS["triage"], "full": full}, models).mirror(records(values(2, "full")), 1.0)
    assert [isinstance(fate, Admitted) and "@example.org" in str(fate.interaction) for fate in fates] == [True, True]
