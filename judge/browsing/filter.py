"""Which pairs of a workflow somebody looks at, as SQL on the narrow table `checked`."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from judge.outcomes import Outcome, Severity, Stratum
from shadow.store import Store


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Checked pairs of one workflow. None and () leave a key open; several keys must all hold.

    severities: of the defect, as a check knows it, else as a person or the judge says
    failed:     a check that the pair failed
    verdicts:   what the judge said in the newest epoch of `setup`
    contradicts: True for pairs of whose verdict the judge's reason says the opposite
    reviewed:   whether a person has labelled the pair
    since:      the earliest time of the production call, UTC; `until` is the first time that is out
    tag:        a name and its value, from the tags of the captured call
    setup:      the judge as it is configured (judge.judging.epoch), whose verdicts count; empty: none's
    """

    workflow: str
    fingerprint: str | None = None
    strata: tuple[Stratum, ...] = ()
    severities: tuple[Severity, ...] = ()
    failed: str | None = None
    verdicts: tuple[Outcome, ...] = ()
    contradicts: bool = False
    reviewed: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    tag: tuple[str, str] | None = None
    setup: str | None = None


class Show(StrEnum):
    """The lists that a reviewer works through, each a filter."""

    ALL = "all"
    DEFECT = "defect"
    DISAGREE = "disagree"
    AGREE = "agree"
    UNREVIEWED = "unreviewed"
    REVIEWED = "reviewed"
    JUDGED_WORSE = "judged_worse"
    UNDECIDED = "undecided"


WORSE = tuple(outcome for outcome in Outcome if outcome.severity)
_SHOWN: Mapping[Show, dict[str, Any]] = {
    Show.ALL: {},
    Show.DEFECT: {"strata": (Stratum.SETTLED,), "severities": tuple(Severity)},
    Show.DISAGREE: {"strata": (Stratum.DISAGREE,)},
    Show.AGREE: {"strata": (Stratum.AGREE,)},
    Show.UNREVIEWED: {"strata": (Stratum.DISAGREE, Stratum.AGREE), "reviewed": False},
    Show.REVIEWED: {"reviewed": True},
    Show.JUDGED_WORSE: {"verdicts": WORSE},
    Show.UNDECIDED: {"verdicts": (Outcome.UNDECIDED,)},
}

# The checks that count are the newest, and so is the epoch of the judge; "newest" is read once, and is a filter then.
_NEWEST = """
SELECT (SELECT checks_version FROM checked WHERE workflow = $workflow ORDER BY checked_at DESC LIMIT 1) AS version,
    (SELECT epoch FROM verdicts WHERE workflow = $workflow AND ($setup IS NULL OR setup = $setup)
        ORDER BY judged_at DESC LIMIT 1) AS epoch
"""
SAID = """
WITH judged AS (
    SELECT pair_id, arg_min(outcome, judged_at) AS verdict, arg_min(contradicts_itself, judged_at) AS contradicts
    FROM verdicts
    WHERE workflow = $workflow AND epoch = $epoch GROUP BY pair_id
),
reviewed AS (SELECT pair_id, outcome AS review FROM current_reviews WHERE workflow = $workflow),
said AS (SELECT pair_id, coalesce(review, verdict) AS outcome FROM judged FULL JOIN reviewed USING (pair_id))
"""
"""What the judge and people said of the workflow's pairs, for the queries that name a filter."""
_LISTED = "FROM checked WHERE workflow = $workflow AND checks_version = $version"
_OF_SEVERITY = """(
    (stratum = 'settled' AND severity IN $severities)
    OR (stratum <> 'settled' AND pair_id IN (SELECT pair_id FROM said WHERE outcome IN $outcomes))
)"""


def shown(workflow: str, show: Show, fingerprint: str | None = None, setup: str | None = None) -> Filter:
    """The filter of one of the reviewers' lists."""
    return Filter(workflow=workflow, fingerprint=fingerprint, setup=setup, **_SHOWN[show])


def listed(store: Store, which: Filter) -> tuple[str, dict[str, Any]]:
    """`FROM checked WHERE ...` for a filter, to stand behind SAID, and its parameters."""
    params: dict[str, Any] = {name: _plain(getattr(which, name)) for name in which.__struct_fields__}
    params |= store.read(_NEWEST, params).to_dicts()[0]
    params["outcomes"] = [str(outcome) for outcome in WORSE if outcome.severity in which.severities]
    if which.tag:
        name, params["tag"] = which.tag
        params["pointer"] = pointer(name)
    conditions = {
        "fingerprint = $fingerprint": which.fingerprint,
        "stratum IN $strata": which.strata,
        _OF_SEVERITY: which.severities,
        "list_contains(failed, $failed)": which.failed,
        "pair_id IN (SELECT pair_id FROM judged WHERE verdict IN $verdicts)": which.verdicts,
        "pair_id IN (SELECT pair_id FROM judged WHERE contradicts)": which.contradicts,
        "pair_id IN (SELECT pair_id FROM reviewed)": which.reviewed,
        "pair_id NOT IN (SELECT pair_id FROM reviewed)": which.reviewed is False,
        "occurred_at >= $since": which.since,
        "occurred_at < $until": which.until,
        "(tags ->> $pointer) = $tag": which.tag,
    }
    return " AND ".join([_LISTED, *(sql for sql, asked in conditions.items() if asked)]), params


def pointer(tag: str) -> str:
    """Where a tag's value lies in the JSON of all tags."""
    return "/" + tag.replace("~", "~0").replace("/", "~1")


def _plain(value: Any) -> Any:
    return [str(each) for each in value] if isinstance(value, tuple) else value
