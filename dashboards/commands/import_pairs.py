"""`shadowjudge import`: recorded pairs from a file into the store, with no call to any candidate."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connectors.errors import UserError, unknown
from connectors.models.imported import ImportedModel
from connectors.recorded import RecordedFile
from dashboards import wiring
from judge.labels import reviews_of
from judge.scoring.examined import examiners
from shadow.config import Config
from shadow.importing import Chosen, Contents, Imported, contents, import_pairs
from shadow.scrub import recogniser
from shadow.store import Store
from shadow.types import Pair

AFTER_S = 2.0


def import_file(config: Config, path: Path, workflow: str, of: str | None, labels_by: str | None) -> None:
    """Import the recorded pairs of a file, and say what became of its rows.

    Raises UserError for an unknown workflow, a file that cannot be read, or a candidate that the workflow lacks.
    """
    if workflow not in config.workflows:
        raise unknown("workflow", workflow, config.workflows, "--workflow")
    settings = config.workflows[workflow].scrub
    if settings.names:
        recogniser.require(f"workflows.{workflow}.scrub")
    file = RecordedFile(path)
    with _progress("reading", file.size) as progress:
        found = contents(file, progress)
    chosen = Chosen(workflow, _of(found, workflow, of), _fingerprints(config, workflow, found))
    with wiring.open_store(config) as store, _progress("importing", file.size) as progress:
        done = import_pairs(
            store,
            file,
            chosen,
            settings.as_policy,
            datetime.now(UTC),
            progress,
            _labelling(store, labels_by),
            examiners(config),
        )
    _say(done, found, path)


def _of(found: Contents, workflow: str, of: str | None) -> str | None:
    """Which of the file's workflows to import; None when it names one at most. Never a guess."""
    named = sorted(name for name in found.workflows if name is not None)
    if of is not None:
        if of not in named:
            raise unknown("workflow of the file", of, named, "--of")
        return of
    if len(named) > 1 and workflow not in named:
        raise UserError(f"the file holds several workflows: {', '.join(named)}; say which one with --of NAME.")
    return workflow if len(named) > 1 else None


def _fingerprints(config: Config, workflow: str, found: Contents) -> dict[str | None, str]:
    """The fingerprint of each candidate_model in the file; raises UserError with the tables to write if one lacks."""
    names = config.workflows[workflow].candidates
    models = [wiring.connect_model(name, config.models[name]) for name in names if _is_imported(config, name)]
    known: dict[str | None, str] = {each.model: each.fingerprint for each in models if isinstance(each, ImportedModel)}
    if missing := sorted(each for each in found.candidate_models if each is not None and each not in known):
        listed = ", ".join(f'"{_table(each)}"' for each in missing)
        tables = "".join(f'\n\n[models.{_table(each)}]\nkind = "imported"\nmodel = "{each}"' for each in missing)
        raise UserError(
            f"the file holds answers of {', '.join(missing)}, which no candidate of {workflow} stands for. Add to the "
            f"configuration, and to its candidates = [{listed}]:{tables}"
        )
    if None in found.candidate_models and len(known) == 1:
        known[None] = next(iter(known.values()))
    elif set(found.candidate_models) == {None}:
        raise UserError(
            f"rows without candidate_model need {workflow} to have exactly one candidate of kind "
            f'"imported", and it has {len(known)}.'
        )
    return known


def _is_imported(config: Config, name: str) -> bool:
    return config.models[name].kind == "imported"


def _table(model: str) -> str:
    """A name for a model's table in TOML that needs no quotes."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in model) or "model"


def _labelling(store: Store, labels_by: str | None) -> Callable[[Sequence[tuple[Pair, str | None]]], None]:
    def store_labels(pairs: Sequence[tuple[Pair, str | None]]) -> None:
        if labels_by and (labelled := [(pair, label) for pair, label in pairs if label]):
            store.append("reviews", reviews_of(labelled, labels_by, datetime.now(UTC)))

    return store_labels


def _say(done: Imported, found: Contents, path: Path) -> None:
    typer.echo(
        f"{path}: {done.paired:,} pairs imported, {done.known:,} rows known already, "
        f"{done.skipped:,} of other workflows, {done.rejected:,} rejected"
    )
    for reason, rows in done.reasons.items():
        typer.echo(f"  rejected, {rows:,} rows: {reason}")
    if found.unread_columns:
        typer.echo(f"  columns passed over: {', '.join(found.unread_columns)}")
    if done.paired:
        typer.echo("  next: shadowjudge score --once, then shadowjudge status")


@contextmanager
def _progress(what: str, rows: int) -> Iterator[Callable[[int], None]]:
    """What to tell how many rows were done; a bar shows after two seconds, on a terminal."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task, began = bar.add_task(what, total=rows), time.monotonic()

    def done(n: int) -> None:
        if not bar.live.is_started and bar.console.is_terminal and time.monotonic() - began > AFTER_S:
            bar.start()
        bar.advance(task, n)

    try:
        yield done
    finally:
        bar.stop()
