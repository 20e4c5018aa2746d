"""Counts of many workflows by slice, kept up to date: seeded from the store once, then advanced by what is newer.

A full count of ten million pairs takes part of a second; one new verdict is a look at a few rows. What it must equal is
the full count, `cells` at the same time, and a test holds it to that.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from judge.evidence.cells import (
    Slice,
    SliceCounts,
    Wanted,
    add_label,
    add_mix,
    cells,
    in_window,
    parts_of,
    read_said,
    read_slices,
)  # fmt: skip
from shadow.store import Store

_STRENGTH = (None, "control", "confirm", "audit", "random")


class _Said(msgspec.Struct):
    """What was said of an open pair, and the slices that it is in."""

    stratum: str
    parts: list[Slice]
    verdict: str | None = None
    review: str | None = None
    offered: str | None = None

    @property
    def row(self) -> dict[str, Any]:
        return {"pairs": 1, **{name: getattr(self, name) for name in ("stratum", "verdict", "review", "offered")}}


class Counters:
    """`counts` of every candidate and slice as of the time last advanced to. Use it in one thread at a time."""

    def __init__(self, store: Store, wanted: Sequence[Wanted], as_of: datetime, with_tags: bool = False) -> None:
        self._store, self._wanted, self._with_tags = store, list(wanted), with_tags
        self._as_of = as_of
        self.counts = cells(store, wanted, as_of, with_tags)
        self._said: dict[str, _Said] = {}
        for row in read_said(store, wanted, as_of, with_tags).iter_rows(named=True):
            self._said[row["pair_id"]] = _Said(
                row["stratum"], list(parts_of(row)), row["verdict"], row["review"], row["offered"]
            )

    def advance(self, as_of: datetime) -> set[Slice]:
        """Count what was stored since, up to `as_of`; returns the slices whose counts have changed.

        As everywhere, rows must be stored by the time that is asked about: see `judge.board.SETTLING`.
        """
        changed: set[Slice] = set()
        for row in in_window(self._store, "mix", self._wanted, self._as_of, as_of, self._with_tags):
            for part in parts_of(row):
                add_mix(self.counts.setdefault(part, SliceCounts()), row)
                changed.add(part)
        verdicts = in_window(self._store, "verdicts", self._wanted, self._as_of, as_of, self._with_tags)
        reviews = in_window(self._store, "reviews", self._wanted, self._as_of, as_of, self._with_tags)
        self._learn([*verdicts, *reviews], as_of)
        for row in verdicts:
            changed |= self._change(row["pair_id"], verdict=row["outcome"])
        for row in reviews:
            changed |= self._change(row["pair_id"], review=row["outcome"], offered=row["reason"])
        self._as_of = as_of
        return changed

    def _learn(self, rows: Iterable[dict[str, Any]], as_of: datetime) -> None:
        """The stratum and slices of pairs that nobody had said anything of; settled pairs are none of ours."""
        new = {row["pair_id"]: row["occurred_at"] for row in rows if row["pair_id"] not in self._said}
        for row in read_slices(self._store, self._wanted, new, as_of, self._with_tags).iter_rows(named=True):
            said = _Said(row["stratum"], list(parts_of(row)))
            self._said[row["pair_id"]] = said

    def _change(self, pair_id: str, verdict: str | None = None, **review: str | None) -> set[Slice]:
        said = self._said.get(pair_id)
        if said is None:
            return set()
        if any((said.verdict, said.review)):
            for part in said.parts:
                add_label(self.counts[part], {**said.row, "pairs": -1})
        said.verdict = said.verdict or verdict  # the first word of an epoch stands
        if review:
            said.review = review["review"]
            reason = review["offered"] if review["offered"] in _STRENGTH else None
            said.offered = max(said.offered, reason, key=_STRENGTH.index)
        for part in said.parts:
            add_label(self.counts.setdefault(part, SliceCounts()), said.row)
        return set(said.parts)
