"""`gate`, `calibrate`, `signoff` and `verify`: what a release needs to know, and the decision on it."""

import getpass
from pathlib import Path

import msgspec
import typer

from connectors.errors import unknown
from dashboards import wiring
from dashboards.commands.junit import junit, markdown
from judge.actions import Decision, sign_off
from judge.board import readiness_of
from judge.outcomes import Phase, State
from judge.partly import partly
from judge.people import Actor, Role
from judge.readiness.assess import Readiness
from judge.signing import chain
from judge.signing.signoff import verify
from shadow.config import Config

BROKEN, UNSIGNED = 3, 4
EXIT_CODES = {State.READY: 0, State.BLOCKED: 3, State.INSUFFICIENT_EVIDENCE: 4}


def gate(
    config: Config,
    workflow: str,
    phase: str,
    candidate: str | None,
    as_json: bool,
    junit_file: Path | None = None,
    summary_file: Path | None = None,
) -> int:
    """Print the readiness of a phase; returns 0 ready, 3 blocked, 4 insufficient evidence.

    It is also written to `junit_file`, and as Markdown to the end of `summary_file`.
    """
    fingerprint = candidate or _configured(config, workflow)
    with wiring.existing_store(config) as store:
        readiness = readiness_of(store, config, workflow, _phase(phase), fingerprint=fingerprint)
        parts = partly(store, [readiness])
    if as_json:
        _print_json(readiness, partly=parts)
    else:
        _print(readiness)
        for each in parts:
            typer.echo(f"{each.phase} in part: {each.suggestion}")
    if junit_file is not None:
        junit_file.write_bytes(junit(readiness))
    if summary_file is not None:
        with summary_file.open("a", encoding="utf-8") as summary:
            summary.write(markdown(readiness))
    return EXIT_CODES[readiness.state]


def signoff(
    config: Config,
    workflow: str,
    phase: str,
    candidate: str | None,
    decision: Decision,
    reason: str,
    name: str | None,
) -> None:
    """Read a phase's readiness, print it, and sign the decision on exactly what was printed."""
    fingerprint = candidate or _configured(config, workflow)
    everyone = Actor(name or getpass.getuser(), frozenset({Role.ADMIN}), authenticated=False)
    with wiring.open_store(config) as store:
        seen = readiness_of(store, config, workflow, _phase(phase), fingerprint=fingerprint)
        _print(seen)
        signed = sign_off(
            store, config, everyone, workflow, seen.fingerprint, seen.phase, decision, reason, seen.as_of, seen.digest
        )
    typer.echo(f"sign-off {signed.number}: {decision} by {signed.actor} (not authenticated), digest {signed.digest}")


def verify_chain(config: Config, as_json: bool) -> int:
    """Print what is wrong with the chain of sign-offs, or its newest hash; returns 0 when all holds, 3 when something
    does not, 4 when nobody has signed.
    """
    with wiring.existing_store(config) as store:
        signed = chain.standing(chain.links(store))[0]
        findings = verify(store)
    newest = signed[-1].record_hash if signed else None
    if as_json:
        _print_json({"signoffs": len(signed), "newest_hash": newest, "findings": findings})
    else:
        for finding in findings:
            typer.echo(finding.sentence)
        typer.echo(_conclusion(config, len(signed), newest, bool(findings)))
    if findings:
        return BROKEN
    return 0 if signed else UNSIGNED


def _conclusion(config: Config, signed: int, newest: str | None, broken: bool) -> str:
    if broken:
        return "the chain is broken"
    if not signed:
        return f"no decision has been signed in {config.store.url}"
    return f"{signed} sign-off{' holds' if signed == 1 else 's hold'}; newest hash {newest}"


def _configured(config: Config, workflow: str) -> str | None:
    """The fingerprint of the workflow's one candidate as it is configured now, whether or not it has a pair.

    None for an unknown workflow or several candidates, which the readiness refuses. Raises UserError as
    `wiring.connect_model` does.
    """
    names = config.workflows[workflow].candidates if workflow in config.workflows else []
    return wiring.connect_model(names[0], config.models[names[0]]).fingerprint if len(names) == 1 else None


def _phase(name: str) -> Phase:
    if name not in list(Phase):
        raise unknown("phase", name, [each.value for each in Phase])
    return Phase(name)


def _print(readiness: Readiness) -> None:
    typer.echo(f"{readiness.workflow}, candidate {readiness.fingerprint}, as of {readiness.as_of.isoformat()}")
    for line in readiness.lines:
        typer.echo(f"  {line.sentence}")
    for missing in readiness.missing:
        typer.echo(f"  missing: {missing}")
    typer.echo(readiness.sentence)


def _print_json(value: object, **beside: object) -> None:
    typer.echo(msgspec.json.encode({"data": value, **beside}).decode())
