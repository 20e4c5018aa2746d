"""`shadowjudge doctor`: one line a part, and what to do where it fails."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import typer

from connectors.errors import RetryLater, UserError
from connectors.types import Model
from dashboards import wiring
from judge.checking.loading import load_checks
from judge.judging.rubric import load_rubric
from shadow.config import Config, load
from shadow.funnel import funnel
from shadow.scrub import recogniser
from shadow.store.shown import shown

FAILED = 2


def doctor(path: Path) -> int:
    """Print the state of every part; returns 0 when all are well, else 2."""
    try:
        config = load(path)
    except UserError as error:
        _say("config", "FAIL", str(error))
        return FAILED
    _say("config", "ok", f"{path}: {', '.join(config.workflows)}")
    parts: list[tuple[str, Callable[[], str]]] = [
        ("store", lambda: _store(config)),
        ("source", lambda: _source(config)),
        *((f"scrub {name}", lambda name=name: _scrub(config, name)) for name in config.workflows),
        *((f"checks {name}", lambda name=name: _checks(config, name, path)) for name in config.workflows),
        *((f"candidate {name}", lambda name=name: _model(config, name)) for name in sorted(wiring.candidates(config))),
        *((f"judge {name}", lambda name=name: _model(config, name)) for name in sorted(wiring.judges(config))),
    ]
    answers = [_ask(name, part) for name, part in parts]
    return 0 if all(answers) else FAILED


def _ask(name: str, part: Callable[[], str]) -> bool:
    try:
        _say(name, "ok", part())
    except (UserError, RetryLater) as error:
        _say(name, "FAIL", str(error).removeprefix(f"{name}: "))
        return False
    return True


def _say(name: str, state: str, sentence: str) -> None:
    typer.echo(f"{state:<5} {name}: {sentence}")


def _store(config: Config) -> str:
    with wiring.open_store(config) as store:
        return f"{shown(config.store.url)}: {funnel(store).sentence}"


def _source(config: Config) -> str:
    source = wiring.connect_source(config)
    source.close()
    return f"{config.source.kind} answers"


def _checks(config: Config, name: str, path: Path) -> str:
    workflow = config.workflows[name]
    loaded = load_checks(name, workflow.checks, str(path))
    parts = [each.name for each in loaded] or ["no check"]
    if workflow.judge:
        load_rubric(workflow.judge.rubric, str(path))
        parts.append(f"rubric {workflow.judge.rubric}")
    return ", ".join(parts)


def _scrub(config: Config, name: str) -> str:
    settings = config.workflows[name].scrub
    if settings.names:
        recogniser.require(f"scrub {name}")
    kept = f", {', '.join(settings.keep)} kept" if settings.keep else ""
    return f"{settings.policy}{kept}, names {recogniser.described() if settings.names else 'not looked for'}"


def _model(config: Config, name: str) -> str:
    return asyncio.run(_probe(wiring.connect_model(name, config.models[name])))


async def _probe(model: Model) -> str:
    try:
        return await model.probe()
    finally:
        await model.close()
