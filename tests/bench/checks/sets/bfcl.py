"""Tool calls: our verdict against the leaderboard's, for each model."""

from collections.abc import Iterator
from typing import Any

from tests.bench.checks.rows import Figure, Row, checks, pair, result, value

BAR = 0.995
PYTHON = ("simple", "multiple_function", "parallel_function", "parallel_multiple_function", "relevance")


def figures(rows: list[Row], reference: dict[str, Any]) -> Iterator[Figure]:
    """A figure for each candidate and for production; java and javascript have other types, and are only counted."""
    loaded = checks({"check": "tool_calls"})
    ours: dict[str, list[tuple[bool, Row, str]]] = {}
    recorded_only = 0
    for row in rows:
        if _category(row) not in PYTHON:
            recorded_only += 1
            continue
        found = result(loaded, pair(row), "tool_calls")
        right = found.who_is_right
        arms = [("candidate", row["candidate_model"])]
        if not any(done["group_id"] == row["group_id"] for _, done, _ in ours.get("production", [])[-1:]):
            arms.append(("production", "production"))
        for arm, name in arms:
            ours.setdefault(name, []).append((right in (arm, "both"), row, found.detail or found.status))
    for name, verdicts in sorted(ours.items()):
        arm = "production" if name == "production" else "candidate"
        off = [(row, said, why) for said, row, why in verdicts if said != row[f"{arm}_correct"]]
        rate = 1 - len(off) / len(verdicts)
        yield Figure(
            name=f"tool calls: {rows[0]['production_model'] if arm == 'production' else name}",
            ours=f"{rate:.2%} of {len(verdicts)} agree",
            recorded=f"at least {BAR:.1%}",
            holds=rate >= BAR,
            notes=[f"{row['request_id']}: ours {said}: {why}; theirs {_theirs(row, arm)}" for row, said, why in off],
        )
    yield Figure(
        name="tool calls: java and javascript", ours="not judged", recorded=f"{recorded_only} recorded", holds=None
    )


def _category(row: Row) -> str:
    return str(value(row, "meta")["bfcl_id"]).rsplit("_", 1)[0]


def _theirs(row: Row, arm: str) -> str:
    return f"{row[f'{arm}_correct']} ({value(row, 'meta')[f'{arm}_error_type']})"
