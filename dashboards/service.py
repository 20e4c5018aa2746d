"""The long-running parts in one process: the mirror, the scorer beside it, the pages in a process of their own.

the mirror fails     the service ends with the mirror's traceback: nothing may look as if traffic were mirrored
the scorer fails     it is told and started again; pairs wait in the store meanwhile, and the mirror goes on
the pages fail       they are told and started again
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
import typer

from connectors.errors import RetryLater, UserError
from connectors.types import Model
from dashboards import wiring
from dashboards.gate.server import gate
from dashboards.retention import has_retention, retention
from dashboards.serving import serve_dashboard
from judge.noise.asking import Again
from judge.scoring.examined import examiners
from judge.scoring.scorer import Scorer
from shadow import collector
from shadow.config import Config
from shadow.mirror import Mirror
from shadow.scrub import recogniser
from shadow.store import Store

log = structlog.get_logger()
INTERRUPTED = 130
RESTART_S = 5.0


class Stop:
    """Set by SIGINT or SIGTERM. `exit_code` is 130 after SIGINT, else 0: SIGTERM asks for a good end and gets it."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.exit_code = 0

    def interrupt(self) -> None:
        self.exit_code = INTERRUPTED
        self.event.set()


@contextmanager
def stopping() -> Iterator[Stop]:
    """A Stop that hears the signals of this process.

    A second Ctrl-C ends the process where it stands: as after kill -9, what was not stored comes again.
    """
    loop = asyncio.get_running_loop()
    stop = Stop()

    def interrupted() -> None:
        if stop.event.is_set():
            os._exit(INTERRUPTED)
        stop.interrupt()
        with suppress(OSError):  # nobody may be reading any more
            typer.echo("Storing what was begun; Ctrl-C again ends at once.", err=True)

    loop.add_signal_handler(signal.SIGINT, interrupted)
    loop.add_signal_handler(signal.SIGTERM, stop.event.set)
    try:
        yield stop
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)


async def mirror(config: Config) -> int:
    """Mirror until a signal, or the end of a file source. Returns the exit code."""
    with stopping() as stop, wiring.open_store(config) as store:
        candidates = wiring.connect_models(config, wiring.candidates(config))
        try:
            await (await make_mirror(config, candidates, store)).run(stop.event)
        finally:
            await close(candidates)
        return stop.exit_code


async def score(config: Config, path: Path, once: bool) -> int:
    """Check and judge what is in the store: all of it once, or whatever comes until a signal. Returns the exit code."""
    with stopping() as stop, wiring.open_store(config) as store:
        models = wiring.connect_models(config, wiring.candidates(config) - wiring.judges(config))
        models |= wiring.connect_judges(config)
        again = wiring.connect_asked_again(config)
        scorer = Scorer(store, config, models, str(path), self_test=True)
        floor = Again(store, config, again, str(path))
        try:
            if once:
                await score_once(scorer, stop.event)
                await floor.ask_once()
            else:
                await asyncio.gather(scorer.run(stop.event), floor.run(stop.event))
        finally:
            await close(models)
            await close(again)
        return stop.exit_code


async def up(config: Config, path: Path, with_pages: bool) -> int:
    """Mirror, scorer, gate and, where asked for, the pages until a signal. Returns the exit code."""
    with stopping() as stop, wiring.open_store(config) as store:
        candidates = wiring.connect_models(config, wiring.candidates(config))
        judges = wiring.connect_judges(config)
        again = wiring.connect_asked_again(config)
        try:
            scorer = Scorer(store, config, candidates | judges, str(path), self_test=True)
            mirror = await make_mirror(config, candidates, store)
            beside = [keep_running("scorer", scorer.run, stop.event)]
            beside.append(keep_running("gate", gate(config, store), stop.event))
            if again:
                beside.append(keep_running("noise floor", Again(store, config, again, str(path)).run, stop.event))
            if has_retention(config):
                beside.append(keep_running("retention", retention(config, store), stop.event))
            if with_pages:
                beside.append(keep_running("dashboard", pages(config, path), stop.event))
            await run_beside(mirror, beside, stop.event)
        finally:
            await close(candidates)
            await close(judges)
            await close(again)
        return stop.exit_code


async def run_beside(mirror: Mirror, beside: Sequence[Awaitable[None]], stop: asyncio.Event) -> None:
    """Run the mirror and what stands beside it until `stop`; raises what the mirror raises, after the others ended."""
    others = asyncio.gather(*beside)
    try:
        await mirror.run(stop)
        await stop.wait()
    finally:
        stop.set()
        await others


async def keep_running(part: str, run: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    """Run a part until `stop`; when it fails, say so and start it again after RESTART_S seconds."""
    while not stop.is_set():
        try:
            await run(stop)
            return
        except (UserError, RetryLater) as error:
            log.error("part_failed", part=part, reason=str(error), again_in_s=RESTART_S)
        except Exception:
            log.exception("part_failed", part=part, again_in_s=RESTART_S)
        try:
            await asyncio.wait_for(stop.wait(), RESTART_S)
        except TimeoutError:
            continue


async def serve(config: Config) -> int:
    """The gate over HTTP until a signal. Returns the exit code."""
    with stopping() as stop, wiring.existing_store(config) as store:
        await gate(config, store)(stop.event)
        return stop.exit_code


async def dashboard(config: Config, path: Path) -> int:
    """The pages until a signal. Returns the exit code; raises UserError when they end by themselves."""
    with stopping() as stop, wiring.open_store(config):
        await pages(config, path)(stop.event)
        return stop.exit_code


def pages(config: Config, path: Path) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A part that serves the dashboard until it is stopped; raises UserError when its process ends by itself."""

    async def run(stop: asyncio.Event) -> None:
        with serve_dashboard(path, config.dashboard.host, config.dashboard.port) as dashboard:
            await asyncio.to_thread(dashboard.wait_until_healthy)
            log.info("dashboard_ready", url=dashboard.url)
            while not stop.is_set():
                if dashboard.process.poll() is not None:
                    raise UserError(f"the dashboard ended with exit code {dashboard.process.returncode}")
                await asyncio.sleep(0.5)

    return run


async def score_once(scorer: Scorer, stop: asyncio.Event) -> None:
    """Score what is unscored now, and say what was done; a signal ends it between two answers of the judge."""
    work, halt = asyncio.create_task(scorer.score_once()), asyncio.create_task(stop.wait())
    await asyncio.wait((work, halt), return_when=asyncio.FIRST_COMPLETED)
    halt.cancel()
    if not work.done():
        work.cancel()
        await asyncio.wait((work,))
        return
    done = work.result()
    log.info("scored", checked=done.checked, judged=done.judged, waiting=done.waiting, notes=done.notes)


async def close(models: Mapping[str, Model]) -> None:
    """Let go of the models."""
    for model in models.values():
        await model.close()


async def make_mirror(config: Config, candidates: Mapping[str, Model], store: Store) -> Mirror:
    """The mirror of a configuration, its source connected and each candidate asked for a sign of life.

    A typing error in a model's address must not become a stream of failed pairs. Raises UserError for what is missing.
    """
    for name, workflow in config.workflows.items():
        if workflow.scrub.names:
            recogniser.require(f"workflows.{name}.scrub")
    imported = sorted(name for name in candidates if config.models[name].kind == "imported")
    if imported and config.source.kind != "none":
        raise UserError(
            f"models.{imported[0]} has imported answers only and cannot be asked; import its pairs with shadowjudge "
            'import, in a configuration of its own whose source has kind = "none".'
        )
    examine = examiners(config)
    source = wiring.connect_source(config)
    try:
        for name, model in candidates.items():
            log.info("candidate", name=name, fingerprint=model.fingerprint, served=await model.probe())
    except BaseException:
        source.close()
        raise
    collector.calm()
    return Mirror(config, source, candidates, store, examine)
