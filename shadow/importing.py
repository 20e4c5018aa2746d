"""Import recorded pairs: the same scrubbing and the same tables as a mirrored pair, and no call to anybody."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from connectors.recorded import BATCH, RecordedFile, Row
from connectors.types import Completion, Origin, Partition
from shadow.answered import NOBODY, Answered, pairs_of
from shadow.held import held
from shadow.intake import Admitted, Rejected, Skipped
from shadow.outbox import Outbox
from shadow.recorded import COLUMNS, Recorded, recorded
from shadow.scrub import Policy, scrub_all
from shadow.store import Store
from shadow.textless import Examine
from shadow.types import Pair


class Chosen(msgspec.Struct, frozen=True):
    """What to import of a file: the rows whose column `workflow` holds `of` (None: all), as pairs of `workflow`.

    `fingerprints` are those of the candidates by the value of candidate_model; under None that for rows without one.
    """

    workflow: str
    of: str | None
    fingerprints: Mapping[str | None, str]


class Imported(msgspec.Struct, frozen=True):
    """Rows by what became of them; `known` were there before, `skipped` belong to another workflow of the file."""

    paired: int
    rejected: int
    skipped: int
    known: int
    reasons: Mapping[str, int]


class Contents(msgspec.Struct, frozen=True):
    """The values of two columns in a file, None where a row has none, and the columns that are not read."""

    workflows: Counter[str | None]
    candidate_models: Counter[str | None]
    unread_columns: list[str]


def contents(file: RecordedFile, progress: Callable[[int], None]) -> Contents:
    """What a file holds, read once; `progress` hears how many rows were read."""
    workflows, models, columns = Counter[str | None](), Counter[str | None](), set[str]()
    for batch in file.batches():
        rows = [row for row in batch if row is not None]
        workflows.update(row.get("workflow") for row in rows)
        models.update(row.get("candidate_model") for row in rows)
        for row in rows:
            columns |= row.keys()
        progress(len(batch))
    return Contents(workflows, models, sorted(columns - COLUMNS))


def import_pairs(
    store: Store,
    file: RecordedFile,
    chosen: Chosen,
    policy: Policy,
    now: datetime,
    progress: Callable[[int], None],
    stored: Callable[[Sequence[tuple[Pair, str | None]]], None] = lambda _: None,
    examine: Mapping[str, Examine] = NOBODY,
) -> Imported:
    """Store what a file holds and the store does not; `stored` hears of pairs behind their append, with their labels.

    A row is known by the workflow, the file's content and its number, so that importing again adds nothing. `examine`
    is that of `pairs_of`. Raises RetryLater when the store does not answer; what was stored by then is known next time.
    """
    place = Partition(f"import:{chosen.workflow}:{file.digest}", 0)
    there = held(store, [place])[place]
    counts, reasons = Counter[str](), Counter[str]()
    for first, batch in zip(itertools.count(0, BATCH), file.batches(), strict=False):
        rows = {Origin(*place, first + n): row for n, row in enumerate(batch) if first + n not in there}
        counts["known"] += len(batch) - len(rows)
        taken, others = _sorted(rows, chosen, now)
        admitted, unclean = _scrubbed(taken, policy, now)
        entries = pairs_of([Answered(each, _answer(taken[each.origin], chosen)) for each in admitted], examine)
        outbox = Outbox(store)
        outbox.put([*entries, *((fate.origin, (fate,)) for fate in (*others, *unclean))])
        outbox.flush()
        stored([(pair, taken[origin].human_label) for origin, (pair,) in entries])
        counts["paired"] += len(entries)
        counts["skipped"] += sum(isinstance(fate, Skipped) for fate in others)
        reasons.update(fate.reason for fate in (*others, *unclean) if isinstance(fate, Rejected))
        progress(len(batch))
    return Imported(
        paired=counts["paired"],
        rejected=reasons.total(),
        skipped=counts["skipped"],
        known=counts["known"],
        reasons=dict(reasons.most_common()),
    )


def _sorted(
    rows: Mapping[Origin, Row], chosen: Chosen, now: datetime
) -> tuple[dict[Origin, Recorded], list[Skipped | Rejected]]:
    """The rows that are chosen recorded pairs, and what became of the others."""
    taken: dict[Origin, Recorded] = {}
    others: list[Skipped | Rejected] = []
    for origin, row in rows.items():
        if row is not None and chosen.of is not None and row.get("workflow") != chosen.of:
            others.append(Skipped(origin, str(row.get("workflow")), "not_enabled", 0.0, now))
            continue
        try:
            found = recorded(row, chosen.workflow, now)
        except ValueError as error:
            others.append(Rejected(origin, str(error), None, now))
            continue
        if found.candidate_model in chosen.fingerprints:
            taken[origin] = found
        else:
            others.append(Rejected(origin, "candidate_model is missing", None, now))
    return taken, others


def _scrubbed(taken: Mapping[Origin, Recorded], policy: Policy, now: datetime) -> tuple[list[Admitted], list[Rejected]]:
    """The pairs' interactions scrubbed; one that cannot be scrubbed is rejected."""
    admitted: list[Admitted] = []
    rejected: list[Rejected] = []
    results = scrub_all([each.interaction for each in taken.values()], dict.fromkeys(_workflows(taken), policy))
    for origin, clean in zip(taken, results, strict=True):
        if isinstance(clean, Exception):
            rejected.append(Rejected(origin, f"the row cannot be scrubbed: {type(clean).__name__}", None, now))
        else:
            admitted.append(Admitted(origin, clean.interaction, clean.counts, 1.0, policy))
    return admitted, rejected


def _workflows(taken: Mapping[Origin, Recorded]) -> set[str]:
    return {each.interaction.workflow for each in taken.values()}


def _answer(found: Recorded, chosen: Chosen) -> dict[str, Completion]:
    return {chosen.fingerprints[found.candidate_model]: found.candidate}
