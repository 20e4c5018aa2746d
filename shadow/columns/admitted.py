"""Admitted interactions as columns: the part of a pair that is the same for every candidate."""

import functools
import operator
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import polars as pl

from connectors.interaction import Interaction
from connectors.types import Origin, Record
from shadow.config import Workflow
from shadow.intake import Admitted, read
from shadow.pairs import ANSWER, column
from shadow.scrub.signs import signs_in
from shadow.scrub.walk import pseudonymous

_CALL = ("workflow", "request_id", "occurred_at", "trace_id", "span_id")
_SAID = tuple(name for name in ANSWER if name != "tool_calls")
_JSON = ("request", "production_tool_calls", "tags", "ground_truth")
_NAMES = (
    *_CALL, *(f"production_{name}" for name in _SAID), *_JSON, "subject_key", "inclusion_probability", "scrubbed"
)  # fmt: skip
_PLACE = ("topic", "partition", "offset")
_SCRUBBED = (
    "request", "tags", "ground_truth",
    *(f"production_{name}" for name in ("text", "refusal", "error", "tool_calls")),
)  # fmt: skip
"""The columns that the rules of scrubbing look into."""
_call, _said, _place = operator.attrgetter(*_CALL), operator.attrgetter(*_SAID), operator.attrgetter(*_PLACE)
_encode = msgspec.json.Encoder().encode

Row = tuple[Any, ...]


class Taken(NamedTuple):
    """Interactions that may be stored and sent on, a row each, and where each was read."""

    origins: list[Origin]
    frame: pl.DataFrame


def clean_of(
    records: Sequence[Record], workflows: Mapping[str, Workflow], now: datetime, keep: float
) -> tuple[Taken, list[Record]]:
    """The interactions of these workflows that are to be mirrored and hold nothing to mask; and the other records."""
    rows: list[Row] = []
    kept: list[Record] = []
    rest: list[Record] = []
    for record in records:
        item = read(record, workflows, now, keep)
        row = _plain_row(item, workflows[item.workflow].sample * keep) if isinstance(item, Interaction) else None
        if row is None:
            rest.append(record)
        else:
            rows.append(row)
            kept.append(record)
    found = _taken([record.origin for record in kept], rows)
    suspect = _suspect(found.frame)
    if not suspect.any():
        return found, rest
    clean = [record.origin for record, doubtful in zip(kept, suspect, strict=True) if not doubtful]
    rest += [record for record, doubtful in zip(kept, suspect, strict=True) if doubtful]
    return Taken(clean, found.frame.filter(~suspect)), rest


def taken(admitted: Sequence[Admitted]) -> Taken:
    """The same columns of interactions that were scrubbed one by one."""
    rows = [_row(each.interaction, each.inclusion_probability, _encode(each.scrubbed)) for each in admitted]
    return _taken([each.origin for each in admitted], rows)


def _plain_row(interaction: Interaction, chance: float) -> Row | None:
    """The row of an interaction in which nothing was masked; None for one that has no JSON form."""
    try:
        return _row(pseudonymous(interaction), chance, b"{}")
    except (UnicodeError, RecursionError):
        return None


def _row(interaction: Interaction, chance: float, scrubbed: bytes) -> Row:
    response, truth = interaction.response, interaction.ground_truth
    return (
        *_call(interaction),
        *_said(response),
        _encode(interaction.request),
        _encode(response.tool_calls) if response.tool_calls else b"[]",
        _encode(interaction.tags),
        None if truth is None else _encode(truth),
        interaction.subject_key,
        chance,
        scrubbed,
    )


def _taken(origins: list[Origin], rows: Sequence[Row]) -> Taken:
    values = zip(*rows, strict=True) if rows else ([] for _ in _NAMES)
    places = zip(*map(_place, origins), strict=True) if origins else ([] for _ in _PLACE)
    named = [*zip(_NAMES, values, strict=True), *zip(_PLACE, places, strict=True)]
    return Taken(origins, pl.DataFrame([column(name, each) for name, each in named]))


def _suspect(frame: pl.DataFrame) -> pl.Series:
    """For each row whether a rule may find something in it; False is certain, True is not."""
    signs = (signs_in(frame[name]) for name in _SCRUBBED if frame[name].null_count() < frame.height)
    return functools.reduce(operator.or_, signs, pl.repeat(value=False, n=frame.height, eager=True))
