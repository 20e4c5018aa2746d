"""`shadowjudge calibrate`: the judge against people, against itself, and against defects that were made for it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import typer

from connectors.errors import UserError, unknown
from connectors.types import Model
from dashboards import wiring
from dashboards.commands.decide import EXIT_CODES
from judge.board import judge_report
from judge.calibration.report import Report
from judge.calibration.tally import Agreement
from judge.calibration.trials import repeat, seed
from judge.judging.panel import Judge
from judge.scoring.paid import Paid
from judge.scoring.scorer import Scorer
from judge.statistics.bounds import Estimate
from shadow.config import Config
from shadow.store import Store
from shadow.types import Pair

CLOSING_S = 5.0


def calibrate(config: Config, path: Path, workflow: str, spoilt: int, again: int, as_json: bool) -> int:
    """Print all that is known of the judge, after so many trials; returns the exit code of its state, as `gate`."""
    if workflow not in config.workflows:
        raise unknown("workflow", workflow, config.workflows)
    with wiring.existing_store(config) as store:
        if spoilt or again:
            asyncio.run(_try(store, config, path, workflow, spoilt, again))
        report = judge_report(store, config, workflow, datetime.now(UTC) if spoilt or again else None)
    if as_json:
        typer.echo(msgspec.json.encode({"data": report}).decode())
    else:
        for line in _lines(report):
            typer.echo(line)
    return EXIT_CODES[report.calibration.state]


async def _try(store: Store, config: Config, path: Path, workflow: str, spoilt: int, again: int) -> None:
    """Have the judge read spoilt answers, and its own questions again."""
    candidates, judges = wiring.connect_models(config, wiring.candidates(config)), wiring.connect_judges(config)
    scorer = Scorer(store, config, candidates | judges, str(path))
    plan = scorer.plan_of(workflow)
    try:
        if plan.judge is None:
            raise UserError(f"workflows.{workflow} has no judge; add a [workflows.{workflow}.judge] table to have one.")
        judge = plan.judge

        def through(one: Judge, pair: Pair, fresh: bool) -> Model:
            return Paid(scorer.till, judge.priced(one), pair, fresh=fresh, served=judge.epochs.seen[one.name].model)

        if spoilt:
            await seed(store, plan, judge, through, spoilt)
        if again:
            await repeat(store, plan, judge, through, again)
    finally:
        await scorer.till.close(CLOSING_S)
        for model in (*candidates.values(), *judges.values()):
            await model.close()


def _lines(report: Report) -> Iterator[str]:
    found = report.calibration
    yield f"{report.workflow}: {found.sentence}"
    yield f"  epoch {report.epoch or 'none: the judge as configured has not spoken yet'}, setup {report.setup}"
    for judge in report.judges:
        yield (
            f"  judge {judge.judge} ({judge.model}): {judge.pairs:,} pairs, {judge.flips:,} order flips, "
            f"{judge.undecided:,} undecided"
        )
    for kin in report.kin:
        yield f"  note: {kin.sentence}"
    leaning = ": the judge prefers a place" if found.position_alarm else ""
    yield (
        f"  order flips {_rate(found.flips)} of {found.verdicts:,} verdicts; for the first answer "
        f"{found.flips_first:,}, for the second {found.flips_second:,}{leaning}"
    )
    yield (
        f"  reasons that say the opposite of their choice {_rate(found.contradictions)} of "
        f"{found.contradictions_of:,} verdicts"
    )
    yield f"  repeat noise {_rate(found.repeat_noise)} of {found.repeats:,} questions asked again"
    if found.reviewers.n:
        covered = f"{100 * found.reviewers.covered:.0f} % of verdicts are of an outcome that was reviewed"
        yield f"  against reviewers, {found.reviewers.n:,} labels; {covered}"
        for severity, table in report.by_severity.items():
            yield f"    {severity} or worse: {_table(table)}"
    if found.ground_truth.n:
        yield f"  against ground truth, {found.ground_truth.n:,} pairs: {_table(found.ground_truth)}"
    for each in report.seeded:
        yield (
            f"  spoilt answers, {each.mutation}: {each.caught} of {each.shown} caught, {each.flagged} flagged in one "
            f"order or both; sensitivity at most {each.sensitivity.upper:.2f}"
        )
    for part in report.slices:
        yield f"  {part.dimension} {part.value}: {part.agreement.n} labels, {_table(part.agreement)}"


def _table(table: Agreement) -> str:
    kappa = "" if table.kappa is None else f", kappa {table.kappa:.2f} (standard error {table.kappa_error or 0.0:.2f})"
    return (
        f"agreement {_rate(table.agreement)}, sensitivity {_rate(table.sensitivity)}, specificity "
        f"{_rate(table.specificity)}{kappa}"
    )


def _rate(estimate: Estimate) -> str:
    if estimate.rate is None:
        return "unknown"
    return f"{estimate.rate:.2f} [{estimate.lower:.2f}, {estimate.upper:.2f}]"
