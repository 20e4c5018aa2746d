"""The command line. Imports late: a command loads what it needs, and --help loads nothing."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from shadow.config import Config

app = typer.Typer(
    help="May this small language model take over from the large one?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
ConfigFile = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WorkflowName = Annotated[str, typer.Option("--workflow", "-w", help="A workflow of the configuration.")]
PhaseName = Annotated[str, typer.Option("--phase", "-p", help="instrument, shadow, limited or expand.")]
Candidate = Annotated[str | None, typer.Option(help="A candidate's fingerprint, where the workflow has several.")]
HERE = Path("shadowjudge.toml")


@app.callback()
def logs() -> None:
    from dashboards.logs import configure

    configure()


@app.command()
def demo(
    minutes: Annotated[float | None, typer.Option(min=0.1, help="End after so many minutes.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No dashboard; needs --minutes.")] = False,
) -> None:
    """Everything embedded: broker, synthetic traffic, a real small model, scorer, dashboard. No Docker, no API key."""
    from dashboards.demo.run import demo as run_demo

    if headless and minutes is None:
        raise typer.BadParameter("--headless needs --minutes, else nothing ends it")
    raise typer.Exit(run_demo(minutes, headless))


@app.command()
def up(
    config: ConfigFile = HERE,
    pages: Annotated[bool, typer.Option("--dashboard/--no-dashboard", help="Serve the pages as well.")] = True,
) -> None:
    """The service: mirror, scorer, gate and dashboard, until a signal."""
    from dashboards import service

    raise typer.Exit(asyncio.run(service.up(_load(config), config, pages)))


@app.command()
def mirror(config: ConfigFile = HERE) -> None:
    """Mirror traffic to the candidates and store the pairs, until a signal or the end of a file."""
    from dashboards import service

    raise typer.Exit(asyncio.run(service.mirror(_load(config))))


@app.command()
def score(
    config: ConfigFile = HERE,
    once: Annotated[bool, typer.Option("--once", help="Score what is unscored now, then exit.")] = False,
) -> None:
    """Check and judge the stored pairs."""
    from dashboards import service

    raise typer.Exit(asyncio.run(service.score(_load(config), config, once)))


@app.command()
def serve(config: ConfigFile = HERE) -> None:
    """The gate over HTTP, with figures for Prometheus, until a signal."""
    from dashboards import service

    raise typer.Exit(asyncio.run(service.serve(_load(config))))


@app.command()
def dashboard(config: ConfigFile = HERE) -> None:
    """The pages, until a signal."""
    from dashboards import service

    raise typer.Exit(asyncio.run(service.dashboard(_load(config), config)))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Recorded pairs: JSON lines or Parquet.")],
    workflow: WorkflowName,
    of: Annotated[str | None, typer.Option("--of", metavar="NAME", help="Which workflow of the file.")] = None,
    labels_by: Annotated[
        str | None, typer.Option("--labels-by", metavar="NAME", help="Store human_label as reviews by this person.")
    ] = None,
    config: ConfigFile = HERE,
) -> None:
    """Store recorded pairs from a file as pairs of a workflow, with no call to any candidate."""
    from dashboards.commands.import_pairs import import_file

    import_file(_load(config), file, workflow, of, labels_by)


@app.command()
def status(config: ConfigFile = HERE, as_json: AsJson = False) -> None:
    """The funnel, and the readiness of every workflow and phase."""
    from dashboards.commands.status import status as show

    show(_load(config), as_json)


@app.command()
def gate(
    workflow: WorkflowName,
    phase: PhaseName,
    config: ConfigFile = HERE,
    candidate: Candidate = None,
    as_json: AsJson = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the lines as JUnit XML.")] = None,
    summary: Annotated[Path | None, typer.Option(metavar="FILE", help="Append the lines as Markdown.")] = None,
) -> None:
    """May a phase begin? Exit code 0 ready, 3 blocked, 4 insufficient evidence."""
    from dashboards.commands import decide

    raise typer.Exit(decide.gate(_load(config), workflow, phase, candidate, as_json, junit, summary))


@app.command()
def calibrate(
    workflow: WorkflowName,
    config: ConfigFile = HERE,
    seeded: Annotated[int, typer.Option(min=0, help="Show the judge so many spoilt answers first; costs calls.")] = 0,
    repeat: Annotated[int, typer.Option(min=0, help="Ask so many questions again first; costs calls.")] = 0,
    as_json: AsJson = False,
) -> None:
    """The judge against the reviewers. Exit code 0 accepted, 3 refused, 4 too few labels to say."""
    from dashboards.commands.calibrate import calibrate as compare

    raise typer.Exit(compare(_load(config), config, workflow, seeded, repeat, as_json))


@app.command()
def signoff(
    workflow: WorkflowName,
    phase: PhaseName,
    decision: Annotated[Literal["approve", "waive", "reject"], typer.Option(help="The decision.")],
    reason: Annotated[str, typer.Option(help="One sentence that a later reader will understand.")],
    name: Annotated[str | None, typer.Option(help="Who signs; the login name unless given.")] = None,
    config: ConfigFile = HERE,
    candidate: Candidate = None,
) -> None:
    """Sign a decision on a phase's readiness, as it is now."""
    from dashboards.commands import decide

    decide.signoff(_load(config), workflow, phase, candidate, decision, reason, name)


@app.command()
def verify(config: ConfigFile = HERE, as_json: AsJson = False) -> None:
    """Recompute every signed decision and check the chain. Exit code 3 when one does not hold, 4 when there is none."""
    from dashboards.commands import decide

    raise typer.Exit(decide.verify_chain(_load(config), as_json))


@app.command()
def report(
    workflow: WorkflowName,
    file: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A name that ends in .html or .json.")],
    pairs: Annotated[int, typer.Option(min=0, max=50, help="Sampled pairs of each stratum.")] = 4,
    config: ConfigFile = HERE,
) -> None:
    """Write the evidence pack that a committee reads: one file, as HTML or JSON."""
    from dashboards.commands.report import report as write

    write(_load(config), workflow, file, pairs)


@app.command()
def compact(config: ConfigFile = HERE) -> None:
    """Give back room in the store, and make what was deleted unreadable in its files."""
    from dashboards.commands import keep

    keep.compact(_load(config))


@app.command()
def export(
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="A folder; made when it is absent.")],
    workflow: Annotated[str | None, typer.Option("--workflow", "-w", help="Only the rows of this workflow.")] = None,
    config: ConfigFile = HERE,
) -> None:
    """Write the store's tables as Parquet, one file a table."""
    from dashboards.commands import keep

    keep.export(_load(config), folder, workflow)


@app.command()
def erase(
    subject: Annotated[str, typer.Option(help="The subject_key as the captured records have it.")],
    name: Annotated[str | None, typer.Option(help="Who asks for it; the login name unless given.")] = None,
    config: ConfigFile = HERE,
) -> None:
    """Delete every row that belongs to a subject key, for good. The service must be stopped, but on a lake."""
    from dashboards.commands import keep

    keep.erase(_load(config), subject, name)


@app.command()
def retain(config: ConfigFile = HERE) -> None:
    """Delete what is older than retention_days, as the service does every hour."""
    from dashboards.commands import keep

    keep.retain(_load(config))


@app.command()
def doctor(config: ConfigFile = HERE) -> None:
    """One line a part: configuration, store, source, checks, candidates, judges."""
    from dashboards.commands.doctor import doctor as examine

    raise typer.Exit(examine(config))


def main() -> None:
    """Run a command. A UserError is one sentence and exit code 2, a passing fault 1; a bug keeps its traceback."""
    try:
        app(prog_name="shadowjudge")
    except Exception as error:
        from connectors.errors import RetryLater, UserError

        if not isinstance(error, UserError | RetryLater):
            raise
        typer.echo(f"shadowjudge: {error}", err=True)
        sys.exit(2 if isinstance(error, UserError) else 1)


def _load(path: Path) -> "Config":
    from shadow.config import load

    return load(path)
