"""What becomes of a record before any candidate sees it: admitted, skipped or rejected. Pure."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from connectors.interaction import Interaction, decode
from connectors.types import Origin, Record
from shadow.config import Workflow
from shadow.sampling import share_of
from shadow.scrub import scrub


class Admitted(msgspec.Struct, frozen=True):
    """An interaction to mirror, scrubbed; `scrubbed` counts what was masked, by kind."""

    origin: Origin
    interaction: Interaction
    scrubbed: Mapping[str, int]
    inclusion_probability: float


class Skipped(msgspec.Struct, frozen=True):
    """A readable record that is not mirrored: `reason` is sampled_out, shed or not_enabled."""

    origin: Origin
    workflow: str
    reason: str
    inclusion_probability: float
    skipped_at: datetime


class Rejected(msgspec.Struct, frozen=True):
    """A record that cannot be read or scrubbed; its text is not kept, its origin says where to find it."""

    origin: Origin
    reason: str
    size_bytes: int | None
    rejected_at: datetime


def admit(
    record: Record, workflows: Mapping[str, Workflow], now: datetime, keep: float = 1.0
) -> Admitted | Skipped | Rejected:
    """The fate of one record. Never raises for what a record holds: bad input loses nothing.

    `keep` is the share of the workflow's sample, 0..1, that is mirrored now; the rest of the sample is shed.

    The sample is drawn before scrubbing, since it looks at ids only and scrubbing is the dear part.
    """
    size = None if record.value is None else len(record.value)
    try:
        interaction = decode(record.value)
    except ValueError as error:
        return Rejected(record.origin, str(error), size, now)
    workflow = workflows.get(interaction.workflow)
    if workflow is None:
        return Skipped(record.origin, interaction.workflow, "not_enabled", 0.0, now)
    share, chance = share_of(interaction.request_id, salt=interaction.workflow), workflow.sample * keep
    if share >= chance:
        reason = "shed" if share < workflow.sample else "sampled_out"
        return Skipped(record.origin, interaction.workflow, reason, chance, now)
    try:
        clean = scrub(interaction)
    except Exception as error:  # fail closed: what cannot be scrubbed is neither stored nor sent on
        return Rejected(record.origin, f"the record cannot be scrubbed: {type(error).__name__}", size, now)
    return Admitted(record.origin, clean.interaction, clean.counts, chance)
