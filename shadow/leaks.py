"""The record of leak trials: plant canaries, scrub them as the workflow does, append what got through, read it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import polars as pl

from shadow.scrub import SCRUB_VERSION, Policy
from shadow.scrub.leaks import Leak, leaks
from shadow.scrub.recogniser import is_installed
from shadow.store import Store

EVERY = timedelta(hours=6)
"""How often a workflow is tried again, each time with other values."""

_COLUMNS = {"kind": pl.String, "is_name": pl.Boolean, "planted": pl.Int64, "leaked": pl.Int64}
_NEWEST = """
SELECT DISTINCT workflow, kind, is_name, planted, leaked
FROM leaks JOIN (
    SELECT workflow, max(tried_at) AS tried_at FROM leaks
    WHERE list_contains($workflows, workflow) AND tried_at <= $as_of GROUP BY workflow
) USING (workflow, tried_at)
ORDER BY workflow, kind
"""
_TRIED = "SELECT max(tried_at) AS tried_at FROM leaks WHERE workflow = $workflow AND scrub_version = $version"


class Leakage(msgspec.Struct, frozen=True, kw_only=True):
    """What the newest trial of a workflow showed: canaries planted and let through, those with a form and names apart.

    All zeros: nothing was tried, or the policy masks nothing. `leaky` are the kinds of which any got through.
    """

    planted: int = 0
    leaked: int = 0
    planted_names: int = 0
    leaked_names: int = 0
    leaky: list[str] = []


class Trials:
    """Tries the scrubbing of each workflow when the rules have changed, and every six hours. Use it in one thread."""

    def __init__(self, store: Store, policies: Mapping[str, Policy]) -> None:
        self._store, self._policies = store, policies

    def run_due(self, now: datetime) -> list[str]:
        """Try the workflows whose trial is due at `now`, and return their names; what was found is in the store then.

        One whose names nobody can recognise here is left for a process that can.
        """
        due = [name for name, policy in self._policies.items() if self._is_due(name, policy, now)]
        for name in due:
            tried(self._store, name, self._policies[name], seed=int(now.timestamp()))
        return due

    def _is_due(self, workflow: str, policy: Policy, now: datetime) -> bool:
        if not policy.finds or (policy.names and not is_installed()):
            return False
        params = {"workflow": workflow, "version": policy.version(SCRUB_VERSION)}
        last = self._store.read(_TRIED, params).item()
        return last is None or now - last >= EVERY


def tried(store: Store, workflow: str, policy: Policy, seed: int) -> list[Leak]:
    """Plant canaries and scrub them with a workflow's policy; what got through, by kind, which is appended as well."""
    found = leaks(policy, seed)
    rows = [msgspec.structs.asdict(each) for each in found]
    store.append(
        "leaks",
        pl.DataFrame(rows, schema=_COLUMNS).with_columns(
            workflow=pl.lit(workflow),
            scrub_version=pl.lit(policy.version(SCRUB_VERSION)),
            tried_at=pl.lit(datetime.now(UTC)).cast(pl.Datetime("us", "UTC")),
        ),
    )
    return found


def leakage(store: Store, workflows: Sequence[str], as_of: datetime) -> dict[str, Leakage]:
    """What the last trial before `as_of` showed, by workflow; one without a trial is left out. A readiness line holds
    the upper bounds of both rates against `max_leak_rate` and `max_name_leak_rate` of the workflow's scrub settings.
    """
    rows = store.read(_NEWEST, {"workflows": list(workflows), "as_of": as_of})
    return {str(workflow): _leakage(part) for (workflow,), part in rows.group_by("workflow", maintain_order=True)}


def _leakage(rows: pl.DataFrame) -> Leakage:
    forms, names = rows.filter(~pl.col("is_name")), rows.filter(pl.col("is_name"))
    return Leakage(
        planted=int(forms["planted"].sum()),
        leaked=int(forms["leaked"].sum()),
        planted_names=int(names["planted"].sum()),
        leaked_names=int(names["leaked"].sum()),
        leaky=rows.filter(pl.col("leaked") > 0)["kind"].to_list(),
    )
