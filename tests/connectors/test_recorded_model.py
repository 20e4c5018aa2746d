"""Answers from a file: the right one to each request, an error where none is, a sentence where the file is none."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from connectors.errors import UserError
from connectors.models.recorded import NOT_THERE, RecordedModel, Settings, connect
from connectors.types import Completion, Replay, Request, ToolCall


def request(text: str) -> Request:
    return Request(messages=[{"role": "user", "content": text}], params={"temperature": 0.0})


def json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def model(folder: Path, **columns: list[Any]) -> RecordedModel:
    path = folder / "answers.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return connect("small", Settings(path=path))


def answer(model: RecordedModel, text: str) -> Completion:
    return asyncio.run(model.complete(request(text)))


def test_each_request_has_its_answer_and_the_first_one_counts(tmp_path: Path) -> None:
    asked = ["a", "b", "c", "a"]
    found = model(
        tmp_path,
        request=[json(request(text)) for text in asked],
        text=["A", None, "C", "later"],
        tool_calls=["[]", json([ToolCall("f", "{}", "id-1")]), None, None],
        output_tokens=[1, 2, None, 4],
        dropped_params=[["seed"], [], None, None],
        note=["other columns are left alone"] * 4,
    )
    assert answer(found, "a") == Completion(text="A", output_tokens=1, dropped_params=["seed"])
    assert answer(found, "b") == Completion(tool_calls=[ToolCall("f", "{}", "id-1")], output_tokens=2)
    assert answer(found, "c") == Completion(text="C")
    assert asyncio.run(found.probe()) == "3 recorded answers"
    assert isinstance(found, Replay)


def test_a_request_that_is_not_there_is_an_error_and_not_somebody_elses_answer(tmp_path: Path) -> None:
    found = model(tmp_path, request=[json(request(str(n))) for n in range(500)], text=[str(n) for n in range(500)])
    asked = pl.Series([json(request(text)) for text in ("499", "none", "0", "", "7")])
    answers = found.answer_all(asked)
    assert answers["text"].to_list() == ["499", None, "0", None, "7"]
    assert answers["error"].to_list() == [None, NOT_THERE, None, NOT_THERE, None]
    assert answer(found, "none") == Completion(error=NOT_THERE)


def test_an_empty_recording_knows_nothing(tmp_path: Path) -> None:
    found = model(tmp_path, request=pl.Series([], dtype=pl.String), text=pl.Series([], dtype=pl.String))
    assert answer(found, "a") == Completion(error=NOT_THERE)


def test_an_export_of_pairs_is_a_recording(tmp_path: Path) -> None:
    found = model(tmp_path, request=[json(request("a"))], production_text=["P"], candidate_text=["A"])
    assert answer(found, "a") == Completion(text="A")


def test_requests_may_be_written_in_another_way(tmp_path: Path) -> None:
    text = '{ "params": {"temperature": 0.0}, "messages": [{"role":"user", "content":"\\u0061"}] }'
    assert answer(model(tmp_path, request=[text], text=["A"]), "a").text == "A"


def test_another_file_is_another_candidate(tmp_path: Path) -> None:
    first = model(tmp_path, request=[json(request("a"))], text=["A"]).fingerprint
    assert first != model(tmp_path, request=[json(request("a"))], text=["B"]).fingerprint
    assert first.startswith("small@")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"text": ["A"]}, "needs a column `request`"),
        ({"request": ["{}"]}, "and `text` or `tool_calls`; it has request"),
        ({"request": ["{}"], "text": ["A"]}, "rows 0 to 1 cannot be read"),
        ({"request": [None], "text": ["A"]}, "rows 0 to 1 cannot be read"),
        ({"request": ['{"messages": []}'], "tool_calls": ["no"]}, "rows 0 to 1 cannot be read"),
        ({"request": ['{"messages": []}'], "text": ["A"], "latency_ms": ["slow"]}, "rows 0 to 1 cannot be read"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_a_sentence(
    tmp_path: Path, columns: dict[str, list[Any]], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        model(tmp_path, **columns)


def test_what_is_no_parquet_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        connect("small", Settings(path=tmp_path / "none.parquet"))
    (tmp_path / "x.parquet").write_text("not Parquet")
    with pytest.raises(UserError, match="is not a Parquet file"):
        connect("small", Settings(path=tmp_path / "x.parquet"))
