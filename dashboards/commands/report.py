"""`report`: the evidence pack of a workflow, written as one file."""

from pathlib import Path

import typer

from connectors.errors import UserError
from dashboards import wiring
from dashboards.report.content import pack
from dashboards.report.render import as_html, as_json
from shadow.config import Config

_FORMS = {".html": as_html, ".json": as_json}


def report(config: Config, workflow: str, file: Path, pairs_each: int) -> None:
    """Write the pack; the name's ending says in which form. Raises UserError for another ending or workflow."""
    form = _FORMS.get(file.suffix)
    if form is None:
        raise UserError(f"{file}: name a file that ends in .html or .json.")
    with wiring.existing_store(config) as store:
        text = form(pack(store, config, workflow, pairs_each))
    file.write_text(text, encoding="utf-8")
    typer.echo(f"{file}: {len(text.encode()):,} bytes")
