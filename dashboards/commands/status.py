"""`shadowjudge status`: the funnel, and the readiness of every workflow and phase."""

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboards import wiring
from judge.board import board
from judge.describing.comparing import comparisons
from judge.outcomes import State
from judge.partly import partly
from judge.readiness.assess import Readiness
from shadow.config import Config
from shadow.funnel import Funnel, funnel

WIDTH = 120
_STYLES = {State.READY: "green", State.BLOCKED: "bold red", State.INSUFFICIENT_EVIDENCE: "yellow"}


def status(config: Config, as_json: bool) -> None:
    """Print the funnel and the board to standard output."""
    with wiring.existing_store(config) as store:
        counts, phases = funnel(store), board(store, config)
        beside, parts = comparisons(store, phases), partly(store, phases)
    if as_json:
        print(msgspec.json.encode(_plain(counts, phases) | {"comparisons": beside, "partly": parts}).decode())  # noqa: T201
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    console.print(Text(f"funnel: {counts.sentence}\n"))
    console.print(_fates(counts))
    for (workflow, fingerprint), lines in _by_candidate(phases).items():
        console.print(Text(f"\n{workflow}, candidate {fingerprint}", style="bold"))
        console.print(_phases(lines))
        for part in parts:
            if (part.workflow, part.fingerprint) == (workflow, fingerprint):
                console.print(Text(f"  {part.phase} in part: {part.suggestion}"))
    for each in beside:
        console.print(Text(f"\n{each.workflow}: {each.sentence}"))


def _plain(counts: Funnel, phases: list[Readiness]) -> dict[str, object]:
    numbers = {name: getattr(counts, name) for name in counts.__struct_fields__ if name != "rows"}
    return {
        "funnel": {**numbers, "adds_up": counts.adds_up, "sentence": counts.sentence, "rows": counts.rows.to_dicts()},
        "phases": phases,
    }


def _fates(counts: Funnel) -> Table:
    table = Table("workflow", "fate", "reason", box=None, pad_edge=False)
    table.add_column("records", justify="right")
    for row in counts.rows.iter_rows(named=True):
        table.add_row(*(Text(str(row[name])) for name in ("workflow", "fate", "reason")), f"{row['records']:,}")
    return table


def _by_candidate(phases: list[Readiness]) -> dict[tuple[str, str], list[Readiness]]:
    groups: dict[tuple[str, str], list[Readiness]] = {}
    for each in phases:
        groups.setdefault((each.workflow, each.fingerprint), []).append(each)
    return groups


def _phases(phases: list[Readiness]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for each in phases:
        state = Text(each.state.replace("_", " "), style=_STYLES[each.state])
        table.add_row(f"  {each.phase}", state, Text(each.sentence))
    return table
