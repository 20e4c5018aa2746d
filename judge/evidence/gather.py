"""Read the evidence on candidates. Every read is bounded by `as_of`, so that the same question has one answer.

However many candidates are asked about, it takes the same number of queries: each counts for all of them at once.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from judge.degenerate.measuring import newest
from judge.degenerate.tells import Degeneracy
from judge.evidence.asking import Asking, Subject
from judge.evidence.captured import intake, missing_records, pairs, tokens
from judge.evidence.crossings import crossings
from judge.evidence.examined import check_counts, first_pairs, left_open, overdue, settled, still_open, strata
from judge.evidence.judged import Labelling, judge_records, labelling, said
from judge.evidence.latencies import latencies
from judge.evidence.measured import confidences, noises
from judge.evidence.record import Decision, Evidence, Intake, JudgeRecord, Noise, Pace, Textless, Versions
from judge.signing.chain import history
from judge.signing.standing import recorded_terms
from shadow.leaks import Leakage, leakage
from shadow.store import Store


def gather(store: Store, subjects: Sequence[Subject], as_of: datetime) -> list[Evidence]:
    """The evidence at `as_of` (UTC) on each candidate, in their order."""
    if not subjects:
        return []
    asking = Asking(store, subjects, as_of)
    counted, fates, missing, timed = pairs(asking), intake(asking), missing_records(store, as_of), latencies(asking)
    checked, open_textless, late, failed = strata(asking), left_open(asking), overdue(asking), check_counts(asking)
    labelled, going_on, judges = said(asking), labelling(asking), judge_records(asking)
    again, crossed, first = noises(asking), crossings(asking), first_pairs(asking)
    sure = confidences(asking, {key: sum(row["pairs"] for row in rows) for key, rows in checked.items()})
    workflows = list(dict.fromkeys(each.workflow for each in subjects))
    tells, leaked = newest(store, workflows, as_of), leakage(store, workflows, as_of)
    signed = _decisions(store, as_of)
    found = []
    for each in subjects:
        ours, of_checks, of_people = (
            counted[each.key], checked.get(each.key, []), going_on.get(each.workflow, Labelling())
        )  # fmt: skip
        found.append(
            Evidence(
                workflow=each.workflow,
                fingerprint=each.fingerprint,
                as_of=as_of,
                intake=Intake(**fates[each.workflow], missing=missing, repeats=ours["repeats"]),
                captured=ours["stored"] - ours["repeats"],
                unscrubbed=ours["unscrubbed"],
                candidate_errors=ours["candidate_errors"],
                inclusion=None if ours["low"] is None else (ours["low"], ours["high"]),
                checked=sum(row["pairs"] for row in of_checks),
                overdue=late.get(each.key, 0),
                checks=failed.get(each.key, []),
                settled=settled(of_checks),
                strata=still_open(of_checks),
                first=first.get(each.key, {}),
                labels=labelled.labels.get(each.key, []),
                reviews=of_people.reviews,
                judge=msgspec.structs.replace(
                    judges.get(each.workflow, JudgeRecord()),
                    pool=labelled.pools[each.key],
                ),
                candidate_latency=timed[each.key]["candidate"],
                production_latency=timed[each.key]["production"],
                candidate_tokens=tokens(ours, "candidate"),
                production_tokens=tokens(ours, "production"),
                days=ours["days"],
                hours=ours["hours"],
                pace=Pace(pairs=ours["lately"], verdicts=of_people.verdicts_lately, reviews=of_people.reviews_lately),
                tells=tells.get(each.key, Degeneracy(0, [])),
                leakage=leaked.get(each.workflow, Leakage()),
                textless=Textless(
                    pairs=ours["textless"],
                    left_open=open_textless.get(each.key, 0),
                    other_checks=ours["other_checks"],
                ),
                noise=again.get(each.key, Noise()),
                confidences=sure.get(each.key, []),
                crossings=crossed.get(each.key, []),
                decisions=signed.get(each.workflow, []),
                versions=Versions(
                    checks=each.checks_version,
                    setup=each.setup,
                    epoch=asking.epochs.get(each.workflow),
                    scrub=_known(ours["scrub"]),
                    production_models=_known(ours["production_models"]),
                ),
            )
        )
    return found


def counts(store: Store, subject: Subject, as_of: datetime) -> Evidence:
    """The part of the evidence that decides where the next labels tell most: strata, labels and the judge's pool."""
    asking = Asking(store, [subject], as_of)
    rows, labelled = strata(asking).get(subject.key, []), said(asking)
    return Evidence(
        workflow=subject.workflow,
        fingerprint=subject.fingerprint,
        as_of=as_of,
        checked=sum(row["pairs"] for row in rows),
        settled=settled(rows),
        strata=still_open(rows),
        first=first_pairs(asking).get(subject.key, {}),
        labels=labelled.labels.get(subject.key, []),
        textless=Textless(left_open=left_open(asking).get(subject.key, 0)),
        judge=JudgeRecord(pool=labelled.pools[subject.key]),
        versions=Versions(
            checks=subject.checks_version, setup=subject.setup, epoch=asking.epochs.get(subject.workflow)
        ),
    )


def _decisions(store: Store, as_of: datetime) -> Mapping[str, list[Decision]]:
    found: defaultdict[str, list[Decision]] = defaultdict(list)
    for signed in history(store):
        if signed.signed_at <= as_of:
            found[signed.workflow].append(
                Decision(
                    number=signed.number,
                    fingerprint=signed.fingerprint,
                    phase=signed.phase,
                    decision=signed.decision,
                    signed_at=signed.signed_at,
                    actor=signed.actor,
                    authenticated=signed.authenticated,
                    terms=recorded_terms(signed.readiness),
                )
            )
    return found


def _known(values: list[str | None]) -> list[str]:
    return sorted(value for value in values if value)
