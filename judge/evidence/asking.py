"""Many candidates asked about at once: each query joins them as a relation, so their number adds none."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import polars as pl

from shadow.store import Store

GRACE = timedelta(minutes=1)
DAY = timedelta(days=1)
ASKED = """asked AS (
    SELECT unnest($workflows) AS workflow, unnest($fingerprints) AS fingerprint, unnest($checks) AS checks_version,
        unnest($setups) AS setup, unnest($epochs) AS epoch
)"""
"""SQL of the relation: one row a candidate; setup and epoch are empty where there is none."""
_EPOCHS = f"""
WITH {ASKED},
epochs AS (
    SELECT workflow, epoch, max(judged_at) AS last FROM verdicts SEMI JOIN asked USING (workflow, setup)
    WHERE judged_at <= $as_of {{of_workflow}} GROUP BY ALL
)
SELECT workflow, epoch FROM epochs
QUALIFY row_number() OVER (PARTITION BY workflow ORDER BY last DESC, epoch) = 1
"""
Key = tuple[str, str]
"""A candidate: workflow and fingerprint."""
Rows = list[dict[str, Any]]


class Subject(NamedTuple):
    """A candidate of a workflow, the version of the checks and the setup of the judge that count for it."""

    workflow: str
    fingerprint: str
    checks_version: str
    setup: str | None

    @property
    def key(self) -> Key:
        return self.workflow, self.fingerprint


class Asking:
    """Reads what is stored of candidates up to `as_of` (UTC). A workflow has one version of checks and one setup."""

    def __init__(self, store: Store, subjects: Sequence[Subject], as_of: datetime) -> None:
        self.store, self.subjects, self.as_of = store, list(subjects), as_of
        self._params: dict[str, Any] = {
            "workflows": [each.workflow for each in subjects],
            "fingerprints": [each.fingerprint for each in subjects],
            "checks": [each.checks_version for each in subjects],
            "setups": [each.setup or "" for each in subjects],
            "epochs": [""] * len(self.subjects),
            "as_of": as_of,
            "overdue_at": as_of - GRACE,
            "day_ago": as_of - DAY,
        }
        self.epochs: Mapping[str, str] = dict(self.read(_EPOCHS).iter_rows())
        """By workflow, the newest epoch of its judge as configured; none where that judge has said nothing yet."""
        self._params["epochs"] = [self.epochs.get(each.workflow, "") for each in subjects]

    def read(self, sql: str, **more: Any) -> pl.DataFrame:
        """A query over `asked`. Of one candidate or one workflow it reads the rows of that alone: in the SQL
        `{of_candidate}` and `{of_workflow}` stand for these conditions.
        """
        workflow = "AND workflow = ($workflows)[1]" if len({each.workflow for each in self.subjects}) == 1 else ""
        candidate = f"{workflow} AND fingerprint = ($fingerprints)[1]" if len(self.subjects) == 1 else ""
        return self.store.read(sql.format(of_workflow=workflow, of_candidate=candidate), {**self._params, **more})

    def by_candidate(self, sql: str, **more: Any) -> Mapping[Key, Rows]:
        """The rows of each candidate in their order, without workflow and fingerprint."""
        found: defaultdict[Key, Rows] = defaultdict(list)
        for row in self.read(sql, **more).iter_rows(named=True):
            found[row.pop("workflow"), row.pop("fingerprint")].append(row)
        return found

    def by_workflow(self, sql: str, **more: Any) -> Mapping[str, Rows]:
        """The rows of each workflow in their order, without its name."""
        found: defaultdict[str, Rows] = defaultdict(list)
        for row in self.read(sql, **more).iter_rows(named=True):
            found[row.pop("workflow")].append(row)
        return found
