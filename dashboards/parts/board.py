"""Readiness as tables: the board of all workflows and phases, and the lines of one phase."""

from collections.abc import Sequence
from itertools import groupby

from dashboards.parts.markup import badge, sentence, table
from dashboards.parts.visible import escaped
from judge.outcomes import Phase
from judge.readiness.assess import Readiness


def board_table(found: Sequence[Readiness]) -> str:
    """Workflows as rows, phases as columns, in each cell the state and its sentence; on a phone one below another."""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("workflow", *Phase))
    rows = [
        _row(workflow, fingerprint, {item.phase: item for item in group})
        for (workflow, fingerprint), group in groupby(found, key=lambda item: (item.workflow, item.fingerprint))
    ]
    return (
        '<table class="sj-table sj-board" aria-label="readiness board">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def lines_table(shown: Readiness) -> str:
    """Every line of a phase: its state and its sentence."""
    return table(("state", "line"), [(badge(line.state), sentence(line.sentence)) for line in shown.lines], "lines")


def _row(workflow: str, fingerprint: str, by_phase: dict[str, Readiness]) -> str:
    cells = "".join(_cell(phase, by_phase[phase]) for phase in Phase if phase in by_phase)
    named = f'<strong>{escaped(workflow)}</strong><p class="sj-mono">{escaped(fingerprint)}</p>'
    return f"<tr><td>{named}</td>{cells}</tr>"


def _cell(phase: Phase, shown: Readiness) -> str:
    return f'<td data-phase="{phase}">{badge(shown.state)}<p>{sentence(shown.sentence)}</p></td>'
