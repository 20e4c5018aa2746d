"""Readiness from a store and a configuration: one phase, or the whole board."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.errors import UserError, unknown
from judge.calibration.calibrate import Calibration, calibrate
from judge.calibration.report import Report, by_severity, judges_said, seeded, slices
from judge.checking.loading import checks_version, load_checks
from judge.evidence.asking import Asking, Subject
from judge.evidence.cells import Wanted, cells, with_few_tags
from judge.evidence.gather import gather
from judge.evidence.record import Evidence
from judge.judging.arms import kin
from judge.judging.epoch import setup_of
from judge.outcomes import Phase
from judge.readiness.assess import Readiness, assess, assess_all
from judge.readiness.policy import JudgePolicy, policy_of
from judge.readiness.slices import SliceState, by_slice
from shadow.config import Config
from shadow.store import Store

SETTLING = timedelta(seconds=2)
_FINGERPRINTS = """
SELECT workflow, fingerprint FROM pairs WHERE {which} AND mirrored_at <= $as_of
GROUP BY ALL ORDER BY max(mirrored_at) DESC, fingerprint
"""


def a_moment_ago() -> datetime:
    """The newest time to ask about: rows are stamped before they are stored, so the last seconds still change."""
    return datetime.now(UTC) - SETTLING


def candidates_of(store: Store, config: Config, workflow: str, as_of: datetime) -> list[str]:
    """The fingerprint of each configured candidate's newest pair; the bare name of one that has no pair yet."""
    return _candidates(store, config, [workflow], as_of)[workflow]


def board(store: Store, config: Config, as_of: datetime | None = None) -> list[Readiness]:
    """Every phase of every configured workflow and candidate, in the order of the configuration."""
    as_of = as_of or a_moment_ago()
    found = _candidates(store, config, list(config.workflows), as_of)
    return readings(store, config, [(workflow, each) for workflow, names in found.items() for each in names], as_of)


def board_of(store: Store, config: Config, workflow: str, as_of: datetime) -> list[Readiness]:
    """Every phase of every candidate of one workflow at `as_of` (UTC); raises UserError for an unknown workflow."""
    _known(config, workflow)
    names = candidates_of(store, config, workflow, as_of)
    return readings(store, config, [(workflow, each) for each in names], as_of)


def readings(store: Store, config: Config, of: Sequence[tuple[str, str]], as_of: datetime) -> list[Readiness]:
    """Every phase of some candidates, given by workflow and fingerprint; the number of queries does not grow with them.

    Raises UserError for an unknown workflow.
    """
    policies = {
        workflow: policy_of(config.workflows[workflow], config.models) for workflow in dict.fromkeys(w for w, _ in of)
    }
    found = gather(store, [subject_of(config, *each) for each in of], as_of)
    return assess_all([(policies[each.workflow], each, phase) for each in found for phase in Phase])


def readiness_of(
    store: Store,
    config: Config,
    workflow: str,
    phase: Phase,
    as_of: datetime | None = None,
    fingerprint: str | None = None,
) -> Readiness:
    """The readiness of one phase at `as_of` (UTC, default a moment ago).

    Raises UserError for an unknown workflow, and where a workflow has several candidates and none is named.
    """
    as_of = as_of or a_moment_ago()
    fingerprint = fingerprint or only_candidate(store, config, workflow, as_of)
    evidence = evidence_of(store, config, workflow, fingerprint, as_of)
    return assess(policy_of(config.workflows[workflow], config.models), evidence, phase)


def calibration_of(store: Store, config: Config, workflow: str, as_of: datetime | None = None) -> Calibration:
    """The judge of a workflow against its reviewers. Raises UserError when the workflow has no judge."""
    settings, evidence = _judged(store, config, workflow, as_of or a_moment_ago())
    return calibrate(settings, evidence.judge)


def judge_report(store: Store, config: Config, workflow: str, as_of: datetime | None = None) -> Report:
    """All that is known of a workflow's judge. Raises UserError when the workflow has no judge."""
    as_of = as_of or a_moment_ago()
    settings, evidence = _judged(store, config, workflow, as_of)
    versions, record = evidence.versions, evidence.judge
    params = {"workflow": workflow, "epoch": versions.epoch, "checks": versions.checks, "as_of": as_of}
    return Report(
        workflow=workflow,
        as_of=as_of,
        setup=versions.setup,
        epoch=versions.epoch,
        calibration=calibrate(settings, record),
        by_severity=by_severity(record.against_reviews, record.by_outcome),
        judges=judges_said(store, params),
        kin=kin(config.workflows[workflow], config.models, versions.production_models),
        seeded=seeded(store, params),
        slices=slices(store, params),
    )


def slices_of(
    store: Store, config: Config, workflow: str, phase: Phase, fingerprint: str, as_of: datetime | None = None
) -> list[SliceState]:
    """The defect budgets of a phase in every slice of a candidate's traffic: by length, language, tools, tags, week."""
    as_of = as_of or a_moment_ago()
    _known(config, workflow)
    subject = subject_of(config, workflow, fingerprint)
    epoch = Asking(store, [subject], as_of).epochs.get(workflow)
    wanted = [Wanted(workflow, subject.checks_version, epoch)]
    found = cells(store, wanted, as_of, with_tags=bool(with_few_tags(store, [workflow], as_of)))
    ours = {part: counts for part, counts in found.items() if part.fingerprint == fingerprint}
    return by_slice(policy_of(config.workflows[workflow], config.models), ours, phase)


def only_candidate(store: Store, config: Config, workflow: str, as_of: datetime) -> str:
    """The workflow's one candidate; raises UserError when there are several to choose from."""
    _known(config, workflow)
    found = candidates_of(store, config, workflow, as_of)
    if len(found) > 1:
        raise UserError(f"workflows.{workflow} has {len(found)} candidates; name one of: {', '.join(found)}.")
    return found[0]


def evidence_of(store: Store, config: Config, workflow: str, fingerprint: str, as_of: datetime) -> Evidence:
    """The evidence at `as_of` (UTC) on a candidate, as the configured checks and judge saw it."""
    return gather(store, [subject_of(config, workflow, fingerprint)], as_of)[0]


def subject_of(config: Config, workflow: str, fingerprint: str) -> Subject:
    """A candidate with the configured checks and judge. Raises UserError for an unknown workflow."""
    _known(config, workflow)
    checks = load_checks(workflow, config.workflows[workflow].checks, "the configuration")
    return Subject(workflow, fingerprint, checks_version(checks), setup_of(config, workflow))


def _candidates(store: Store, config: Config, workflows: Sequence[str], as_of: datetime) -> dict[str, list[str]]:
    which = "workflow = ($workflows)[1]" if len(workflows) == 1 else "list_contains($workflows, workflow)"
    params = {"workflows": list(workflows), "as_of": as_of}
    newest: dict[tuple[str, str], str] = {}
    for workflow, fingerprint in store.read(_FINGERPRINTS.format(which=which), params).iter_rows():
        newest.setdefault((workflow, fingerprint.rpartition("@")[0]), fingerprint)
    return {
        workflow: [newest.get((workflow, name), name) for name in config.workflows[workflow].candidates]
        for workflow in workflows
    }


def _judged(store: Store, config: Config, workflow: str, as_of: datetime) -> tuple[JudgePolicy, Evidence]:
    """What a judge must be to count, and the evidence on it. Raises UserError when the workflow has no judge."""
    _known(config, workflow)
    policy = policy_of(config.workflows[workflow], config.models)
    if policy.judge is None:
        raise UserError(f"workflows.{workflow} has no judge; add a [workflows.{workflow}.judge] table to have one.")
    fingerprint = candidates_of(store, config, workflow, as_of)[0]
    return policy.judge, evidence_of(store, config, workflow, fingerprint, as_of)


def _known(config: Config, workflow: str) -> None:
    if workflow not in config.workflows:
        raise unknown("workflow", workflow, config.workflows)
