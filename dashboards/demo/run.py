"""`shadowjudge demo`: the product with everything embedded, in a folder of its own."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import typer

from connectors.broker import embedded_broker
from connectors.errors import UserError
from connectors.interaction import encode
from connectors.publisher import ensure_topics
from dashboards import service, wiring
from dashboards.commands.status import status
from dashboards.demo import written
from dashboards.demo.feed import SEED, feed
from dashboards.demo.progress import progress
from dashboards.demo.traffic import interactions
from dashboards.gate.server import gate
from dashboards.logs import configure
from judge.board import SETTLING
from judge.scoring.scorer import Scorer
from shadow.config import Config, load

PARTITIONS = 2
FILE_RECORDS = 5_000


def demo(minutes: float | None, headless: bool) -> int:
    """Run the demo until a signal, or for so many minutes of traffic. Returns the exit code."""
    folder = _new_folder()
    typer.echo(f"Everything is kept in {folder}; the log is demo.log there.")
    with ExitStack() as stack:
        configure(stack.enter_context((folder / "demo.log").open("w", encoding="utf-8")))
        address = stack.enter_context(_broker())
        source = written.kafka(address) if address else written.file(_recorded(folder))
        path = written.write(folder, source, written.free_port())
        config = load(path)
        if not headless:
            _say_where(config.dashboard.port, path)
        code = asyncio.run(_run(config, path, address, minutes, headless))
        configure()
    if headless and code == 0:
        status(config, as_json=False)
    typer.echo(f"\nLook at it again: shadowjudge dashboard --config {path}")
    return code


async def _run(config: Config, path: Path, address: str | None, minutes: float | None, headless: bool) -> int:
    with service.stopping() as stop, wiring.open_store(config) as store:
        candidates = wiring.connect_models(config, wiring.candidates(config))
        judges = wiring.connect_models(config, wiring.judges(config))
        try:
            scorer = Scorer(store, config, candidates | judges, str(path), self_test=True)
            mirror = await service.make_mirror(config, candidates, store)
            beside = [
                service.keep_running("scorer", scorer.run, stop.event),
                service.keep_running("gate", gate(config, store), stop.event),
                feed(address, store, minutes, stop.event) if address else _wait(minutes, stop.event),
                progress(store, config, stop.event),
            ]
            if not headless:
                beside.append(service.keep_running("dashboard", service.pages(config, path), stop.event))
            await service.run_beside(mirror, beside, stop.event)
            if stop.exit_code == 0:
                await scorer.check()
                await asyncio.sleep(SETTLING.total_seconds())
        finally:
            await service.close(candidates | judges)
        return stop.exit_code


async def _wait(minutes: float | None, stop: asyncio.Event) -> None:
    """Set `stop` after so many minutes, unless somebody sets it before."""
    try:
        await asyncio.wait_for(stop.wait(), minutes and 60 * minutes)
    except TimeoutError:
        stop.set()


@contextmanager
def _broker() -> Iterator[str | None]:
    """The address of an embedded broker with the topic; None, and a sentence, where there is no build of it."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(embedded_broker())
        except UserError as error:
            typer.echo(f"{error} The demo reads its traffic from a file instead.")
            yield None
            return
        ensure_topics([address], {written.TOPIC: PARTITIONS})
        yield address


def _recorded(folder: Path) -> Path:
    """A file of synthetic traffic, for a machine without the broker."""
    path = folder / "interactions.jsonl"
    with path.open("wb") as lines:
        lines.writelines(encode(each) + b"\n" for each in itertools.islice(interactions(SEED), FILE_RECORDS))
    return path


def _new_folder() -> Path:
    folder = Path.cwd() / ".shadowjudge" / f"demo-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    folder.mkdir(parents=True)
    return folder


def _say_where(port: int, path: Path) -> None:
    taken = "" if port == written.FIRST_PORT else f" (port {written.FIRST_PORT} is taken)"
    typer.echo(f"Dashboard: http://localhost:{port}{taken}, in a few seconds. Ctrl-C ends the demo.")
    typer.echo(f"From a second terminal: shadowjudge status --config {path}")
