"""The workflows whose candidates are recordings, and the way of their records: polls in, rows of pairs out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from connectors.types import Model, Origin, Record, Replay
from shadow.columns.admitted import Taken, clean_of, taken
from shadow.columns.replayed import pairs_of
from shadow.config import Workflow
from shadow.intake import Admitted, Fate, admit_all


class Pairs(NamedTuple):
    """Rows of the `pairs` table, and the records that they settle."""

    origins: Sequence[Origin]
    frame: pl.DataFrame


class Replays:
    """Mirrors what needs no call and is scrubbed by the plain policy; false when no workflow is so. Keeps no state."""

    def __init__(self, workflows: Mapping[str, Workflow], models: Mapping[str, Model]) -> None:
        self._workflows = workflows
        self._candidates: dict[str, list[Replay]] = {}
        for name, workflow in workflows.items():
            candidates = [models[candidate] for candidate in workflow.candidates]
            replays = [each for each in candidates if isinstance(each, Replay)]
            if len(replays) == len(candidates) and workflow.scrub.as_policy.is_plain:
                self._candidates[name] = replays
        self._replayed = {name: workflows[name] for name in self._candidates}

    def __bool__(self) -> bool:
        return bool(self._candidates)

    def mirror(self, records: Sequence[Record], keep: float) -> tuple[list[Pairs], list[Fate]]:
        """The pairs of the interactions that recordings answer, and the fates of the other records.

        `keep` is that of shadow.intake.admit_all, which decides on every record that is not plain.
        """
        now = datetime.now(UTC)
        plain, rest = clean_of(records, self._replayed, now, keep)
        fates = admit_all(rest, self._workflows, now, keep)
        mine = [fate for fate in fates if self._is_mine(fate)]
        found = _joined(plain, taken([fate for fate in mine if isinstance(fate, Admitted)]))
        pairs = [
            Pairs(part.origins, pairs_of(part, self._candidates[name]))
            for name, part in _by_workflow(found, self._candidates).items()
        ]
        return pairs, [fate for fate in fates if not self._is_mine(fate)]

    def _is_mine(self, fate: Fate) -> bool:
        return isinstance(fate, Admitted) and fate.interaction.workflow in self._candidates


def _joined(first: Taken, second: Taken) -> Taken:
    return Taken(first.origins + second.origins, pl.concat([first.frame, second.frame]))


def _by_workflow(found: Taken, names: Mapping[str, object]) -> dict[str, Taken]:
    """The interactions of each workflow that has any."""
    if len(names) == 1:
        return dict.fromkeys(names, found) if found.origins else {}
    numbered = found.frame.with_row_index("number")
    parts = numbered.partition_by("workflow", as_dict=True)
    return {
        str(name): Taken([found.origins[number] for number in part["number"]], part.drop("number"))
        for (name,), part in parts.items()
    }
