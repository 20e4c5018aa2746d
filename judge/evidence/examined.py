"""Read what the checks made of the pairs: strata, what did not pass, and what still waits for them."""

from collections.abc import Mapping
from typing import Any

from judge.evidence.asking import ASKED, Asking, Key
from judge.evidence.record import CheckCount, SettledCount
from judge.outcomes import Stratum
from shadow.bits import blocks, in_block, lacking

FIRST = 200
"""So many pairs say what mix of strata the guesses are made for."""
Strata = list[dict[str, Any]]
"""Rows of stratum, severity and pairs."""
_OURS = "checked SEMI JOIN asked USING (workflow, fingerprint, checks_version)"
_CHECKED = "checked_at <= $as_of {of_candidate}"
_BY = ("fingerprint",)
_STRATA = f"""
WITH {ASKED}
SELECT workflow, fingerprint, stratum, severity, count(*) AS pairs FROM {_OURS} WHERE {_CHECKED}
GROUP BY ALL ORDER BY ALL
"""
# Only blocks with a record that was stored as checked twice are looked at pair by pair.
_REPEATS = f"""
WITH {ASKED},
doubled AS MATERIALIZED (SELECT * FROM ({blocks(_OURS, _CHECKED, by=_BY)}) WHERE n > coalesce(bit_count(bits), 0))
SELECT workflow, fingerprint, stratum, severity, count(*) - count(DISTINCT pair_id) AS repeats
FROM {_OURS} SEMI JOIN doubled ON {in_block("checked", "doubled", _BY)} WHERE {_CHECKED} GROUP BY ALL
"""
_LEFT_OPEN = f"""
WITH {ASKED}
SELECT workflow, fingerprint, count(DISTINCT pair_id) AS pairs FROM {_OURS}
WHERE {_CHECKED} AND textless AND stratum <> 'settled' GROUP BY ALL
"""
_MIRRORED = "pairs JOIN asked USING (workflow, fingerprint)"
_CHECKABLE = "mirrored_at <= $overdue_at AND (examined_by IS NULL OR examined_by = checks_version) {of_candidate}"
_OVERDUE = f"""
WITH {ASKED},
waiting AS MATERIALIZED (
    SELECT * FROM ({lacking(blocks(_MIRRORED, _CHECKABLE, by=_BY), blocks(_OURS, _CHECKED, by=_BY), by=_BY)})
    WHERE lacking > 0
),
seen AS (SELECT pair_id FROM {_OURS} SEMI JOIN waiting ON {in_block("checked", "waiting", _BY)} WHERE {_CHECKED})
SELECT workflow, fingerprint, count(DISTINCT pair_id) AS pairs
FROM {_MIRRORED} SEMI JOIN waiting ON {in_block("pairs", "waiting", _BY)} ANTI JOIN seen USING (pair_id)
WHERE {_CHECKABLE} GROUP BY ALL
"""
# Whole seconds first and the draw within one: pairs that were checked together have one time.
_FIRST = f"""
WITH {ASKED},
labels AS (
    SELECT workflow, fingerprint, min(judged_at) AS said_at
    FROM verdicts SEMI JOIN asked USING (workflow, fingerprint, epoch)
    WHERE judged_at <= $as_of {{of_candidate}} GROUP BY ALL
    UNION ALL
    SELECT workflow, fingerprint, min(reviewed_at) FROM reviews SEMI JOIN asked USING (workflow, fingerprint)
    WHERE reviewed_at <= $as_of {{of_candidate}} GROUP BY ALL
),
begun AS (SELECT workflow, fingerprint, min(said_at) AS said_at FROM labels GROUP BY ALL),
first AS (
    SELECT workflow, fingerprint, unnest(arg_min(
        stratum, epoch_us(checked_at) // 1000000 * 1000000000 + (draw * 1000000000)::BIGINT, {FIRST}
    )) AS stratum
    FROM {_OURS} LEFT JOIN begun USING (workflow, fingerprint)
    WHERE {_CHECKED} AND checked_at <= coalesce(said_at, $as_of) GROUP BY workflow, fingerprint
)
SELECT workflow, fingerprint, stratum, count(*) AS pairs FROM first GROUP BY ALL ORDER BY ALL
"""
_CHECKS = f"""
WITH {ASKED}
SELECT workflow, fingerprint, check_name AS "check", status, count(DISTINCT pair_id) AS pairs
FROM check_results SEMI JOIN asked USING (workflow, fingerprint, checks_version) WHERE {_CHECKED}
GROUP BY ALL ORDER BY ALL
"""


def strata(asking: Asking) -> Mapping[Key, Strata]:
    """Checked pairs by stratum and severity, each pair once."""
    found = asking.by_candidate(_STRATA)
    for key, repeats in asking.by_candidate(_REPEATS).items():
        many = {(row["stratum"], row["severity"]): row["repeats"] for row in repeats}
        for row in found[key]:
            row["pairs"] -= many.get((row["stratum"], row["severity"]), 0)
    return found


def settled(rows: Strata) -> list[SettledCount]:
    """The pairs whose outcome the checks know."""
    return [SettledCount(row["severity"], row["pairs"]) for row in rows if row["stratum"] == Stratum.SETTLED]


def still_open(rows: Strata) -> dict[str, int]:
    """The pairs that checks leave open, by stratum."""
    return {row["stratum"]: row["pairs"] for row in rows if row["stratum"] != Stratum.SETTLED}


def left_open(asking: Asking) -> Mapping[Key, int]:
    """Pairs that checks leave open and nobody can read; a candidate without any is left out."""
    return {key: rows[0]["pairs"] for key, rows in asking.by_candidate(_LEFT_OPEN).items()}


def overdue(asking: Asking) -> Mapping[Key, int]:
    """Pairs that were stored a minute ago and are not checked; a candidate without any is left out."""
    return {key: rows[0]["pairs"] for key, rows in asking.by_candidate(_OVERDUE).items()}


def check_counts(asking: Asking) -> Mapping[Key, list[CheckCount]]:
    """Pairs on which a check did not pass; a candidate without any is left out."""
    return {key: [CheckCount(**row) for row in rows] for key, rows in asking.by_candidate(_CHECKS).items()}


def first_pairs(asking: Asking) -> Mapping[Key, dict[str, int]]:
    """The first FIRST pairs that were checked before anybody labelled one, by stratum; who has none is left out.

    Before the labels, so that these shares cannot depend on what they serve; and they never change once there is one.
    """
    found = asking.by_candidate(_FIRST)
    return {key: {row["stratum"]: row["pairs"] for row in rows} for key, rows in found.items()}
