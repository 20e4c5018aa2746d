"""The window that tells are looked for in: what was asked, and what both answered, one row a distinct request."""

from collections.abc import Sequence
from typing import Any

import msgspec
import polars as pl

from connectors.types import Completion
from shadow.types import Pair

SCHEMA = {"request": pl.String, "prompt": pl.String, "production": pl.String, "candidate": pl.String}


def window_of(pairs: Sequence[Pair]) -> pl.DataFrame:
    """One row for each distinct request that both answered, in the order of `pairs`.

    `request` holds all its text and `prompt` that of its last message; `production` and `candidate` are the answers,
    tool calls behind the text, and "" for an answer that says nothing. A failed call is no answer and counts elsewhere.
    """
    rows = []
    for pair in pairs:
        if pair.candidate.error is None and pair.production.error is None:
            texts = [_text(message.get("content")) for message in pair.request.messages]
            asked = (*texts, _json(pair.request.tools), _json(pair.request.response_format))
            prompt = texts[-1] if texts else ""
            rows.append([" ".join(asked), prompt, _said(pair.production), _said(pair.candidate)])
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return frame.unique("request", keep="first", maintain_order=True)


def _said(answer: Completion) -> str:
    calls = [f"{call.name} {call.arguments}" for call in answer.tool_calls]
    return " ".join([answer.text or "", answer.refusal or "", *calls]).strip()


def _text(content: Any) -> str:
    """The text of a message's content: a string, or a list of parts."""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _json(value: Any) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()
