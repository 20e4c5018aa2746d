"""`compact`, `export`, `erase` and `retain`: what happens to the store as a whole."""

import getpass
from datetime import UTC, datetime
from pathlib import Path

import typer

from connectors.errors import unknown
from dashboards import wiring
from dashboards.retention import has_retention, retain_now
from shadow import erasure
from shadow.config import Config
from shadow.export import export as write_tables


def compact(config: Config) -> None:
    """Compact the store, and say what was done."""
    with wiring.open_store(config) as store:
        typer.echo(store.compact())


def export(config: Config, folder: Path, workflow: str | None) -> None:
    """Write the tables, a line each. Raises UserError for a workflow that the configuration does not have."""
    if workflow is not None and workflow not in config.workflows:
        raise unknown("workflow", workflow, config.workflows, "--workflow")
    with wiring.open_store(config) as store:
        for path, rows in write_tables(store, folder, workflow):
            typer.echo(f"{path}: {rows:,} rows")


def erase(config: Config, subject: str, name: str | None) -> None:
    """Delete what belongs to a subject key, in the files too. Raises UserError while another process owns the store."""
    with wiring.open_store(config) as store:
        policies = [workflow.scrub.as_policy for workflow in config.workflows.values()]
        gone = erasure.erase_subject(store, subject, name or getpass.getuser(), datetime.now(UTC), policies)
        typer.echo(f"erased {gone.pairs:,} pairs, {gone.rows:,} rows in all")
        typer.echo(store.compact())


def retain(config: Config) -> None:
    """Delete what is older than the configuration keeps, a line for each workflow."""
    if not has_retention(config):
        typer.echo("nothing to do: neither [store] nor a workflow has retention_days")
        return
    with wiring.open_store(config) as store:
        gone = retain_now(config, store, getpass.getuser())
        for workflow, each in gone.items():
            typer.echo(f"{workflow}: removed {each.pairs:,} pairs, {each.rows:,} rows in all")
        if not gone:
            typer.echo("nothing is older than retention_days")
