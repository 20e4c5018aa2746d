"""The captured record: one production call, as it travels through Kafka. Documented in docs/interaction.md."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from connectors.types import Completion, Request

VERSION = "shadowjudge.interaction/1"


class Interaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One production call: the request complete, and what production answered.

    `ground_truth` is the right answer where somebody knows it (a label set later, a booking made), as any JSON value.
    `subject_key` names whom the data is about, for erasure.
    """

    schema: Literal["shadowjudge.interaction/1"]
    workflow: str
    request_id: str
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    request: Request
    response: Completion
    trace_id: str | None = None
    span_id: str | None = None
    subject_key: str | None = None
    tags: dict[str, str] = {}
    ground_truth: Any = None


_decoder = msgspec.json.Decoder(Interaction)
_encoder = msgspec.json.Encoder()


def encode(interaction: Interaction) -> bytes:
    """The record's JSON form; NaN and infinity become null."""
    return _encoder.encode(interaction)


def decode(value: bytes | None) -> Interaction:
    """The interaction in a record's value.

    Raises ValueError with a sentence for a person when it is not one: a tombstone, not UTF-8, not JSON, another
    version, a missing or mistyped field, a time without a zone.
    """
    if value is None:
        raise ValueError("the record is empty (a tombstone)")
    try:
        interaction = _decoder.decode(value)
    except UnicodeDecodeError as error:
        raise ValueError(f"the record is not UTF-8: {error}") from error
    except msgspec.DecodeError as error:
        raise ValueError(f"the record is not an interaction: {error}") from error
    except RecursionError as error:
        raise ValueError("the record is nested too deeply") from error
    if interaction.occurred_at.tzinfo is UTC:
        return interaction
    try:
        occurred_at = interaction.occurred_at.astimezone(UTC)
    except OverflowError:
        raise ValueError("the record is not an interaction: occurred_at is out of range") from None
    return msgspec.structs.replace(interaction, occurred_at=occurred_at)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the captured record, as shipped in docs/interaction.schema.json."""
    schema = msgspec.json.schema(Interaction)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": VERSION, **schema}
