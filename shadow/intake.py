"""What becomes of a record before any candidate sees it: admitted, skipped or rejected. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from connectors.interaction import Interaction, decode
from connectors.types import Origin, Record
from shadow.config import Workflow
from shadow.sampling import share_of
from shadow.scrub import MASKED, Policy, Scrubbed, scrub_all


class Admitted(msgspec.Struct, frozen=True):
    """An interaction to mirror, scrubbed by `policy`; `scrubbed` counts what was masked, by kind."""

    origin: Origin
    interaction: Interaction
    scrubbed: Mapping[str, int]
    inclusion_probability: float
    policy: Policy = MASKED


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


Fate = Admitted | Skipped | Rejected


def admit_all(
    records: Sequence[Record], workflows: Mapping[str, Workflow], now: datetime, keep: float = 1.0
) -> list[Fate]:
    """The fate of each record, in order. Never raises for what a record holds: bad input loses nothing.

    `keep` is the share of the workflow's sample, 0..1, that is mirrored now; the rest of the sample is shed.

    The sample is drawn before scrubbing, since it looks at ids only and scrubbing is the dear part.
    """
    found = [read(record, workflows, now, keep) for record in records]
    policies = {name: workflow.scrub.as_policy for name, workflow in workflows.items()}
    scrubbed = iter(scrub_all([item for item in found if isinstance(item, Interaction)], policies))
    return [
        _scrubbed(record, next(scrubbed), workflows, now, keep) if isinstance(item, Interaction) else item
        for record, item in zip(records, found, strict=True)
    ]


def read(
    record: Record, workflows: Mapping[str, Workflow], now: datetime, keep: float
) -> Interaction | Skipped | Rejected:
    """The interaction in a record when it is to be mirrored, not yet scrubbed."""
    try:
        interaction = decode(record.value)
    except ValueError as error:
        return _rejected(record, str(error), now)
    name = interaction.workflow
    workflow = workflows.get(name)
    if workflow is None:
        return Skipped(record.origin, name, "not_enabled", 0.0, now)
    chance = workflow.sample * keep
    if chance < 1 and (share := share_of(interaction.request_id, salt=name)) >= chance:
        return Skipped(record.origin, name, "shed" if share < workflow.sample else "sampled_out", chance, now)
    return interaction


def _scrubbed(
    record: Record, clean: Scrubbed | Exception, workflows: Mapping[str, Workflow], now: datetime, keep: float
) -> Admitted | Rejected:
    if isinstance(clean, Exception):
        return _rejected(record, f"the record cannot be scrubbed: {type(clean).__name__}", now)
    workflow = workflows[clean.interaction.workflow]
    chance = workflow.sample * keep
    return Admitted(record.origin, clean.interaction, clean.counts, chance, workflow.scrub.as_policy)


def _rejected(record: Record, reason: str, now: datetime) -> Rejected:
    return Rejected(record.origin, reason, None if record.value is None else len(record.value), now)
