"""An entry of the ledger, and what a call to the judge may cost at most. Pure."""

from datetime import datetime
from typing import Any, Literal

import msgspec
import polars as pl

from connectors.types import Completion, Request
from shadow.config import Prices
from shadow.prices import Usage, cost_of

Purpose = Literal["noise_floor"]
BYTES_A_TOKEN = 2
"""Fewer than any tokenizer needs on a text of sentences (3 to 5), so that a reservation is nearly always enough."""
_TIME = pl.Datetime("us", "UTC")
LEDGER: dict[str, Any] = {
    "call_id": pl.String,
    "entry": pl.String,
    "workflow": pl.String,
    "about_pair": pl.String,
    "model": pl.String,
    "question": pl.String,
    "result": pl.String,
    "input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "cached_tokens": pl.Int64,
    "usd": pl.Float64,
    "error": pl.String,
    "entered_at": _TIME,
    "purpose": pl.String,
}
REPLIES: dict[str, Any] = {
    "question": pl.String,
    "model": pl.String,
    "call_id": pl.String,
    "pair_id": pl.String,
    "workflow": pl.String,
    "completion": pl.String,
    "replied_at": _TIME,
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `ledger`; `usd` is the most that a reserved call may cost, and what a settled one did cost.

    `purpose` is None for a call to the judge.
    """

    call_id: str
    entry: Literal["reserved", "settled"]
    workflow: str
    about_pair: str | None
    model: str
    question: str
    result: Literal["answered", "failed", "cached"] | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    usd: float | None = None
    error: str | None = None
    entered_at: datetime
    purpose: Purpose | None = None


def most_tokens(request: Request) -> Usage:
    """The tokens that a request takes at most, judged by its length, and the longest reply that it allows."""
    size = len(msgspec.json.encode((request.messages, request.response_format)))
    return Usage(input=size // BYTES_A_TOKEN + 16, output=int(request.params.get("max_tokens", 0)))


def settled(reserved: Entry, answer: Completion, may_cost: bool, prices: Prices | None, now: datetime) -> Entry:
    """The entry that ends a call.

    Tokens that the server reported are paid as reported. A call that reported none costs what was reserved for it when
    the server may have worked on it (`may_cost`), and nothing when it surely did not.
    """
    told = answer.input_tokens is not None or answer.output_tokens is not None
    tokens = Usage(answer.input_tokens or 0, answer.output_tokens or 0, answer.cached_tokens or 0)
    usd = None
    if prices is not None:
        usd = cost_of(tokens, prices) if told else (reserved.usd if may_cost else 0.0)
    return msgspec.structs.replace(
        reserved,
        entry="settled",
        result="answered" if answer.error is None else "failed",
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cached_tokens=answer.cached_tokens,
        usd=usd,
        error=answer.error,
        entered_at=now,
    )
