"""JSON Schema: validity of every case of the official suite, drafts 7 and 2020-12."""

from collections.abc import Iterator
from typing import Any

from judge.outcomes import Status
from tests.bench.checks.rows import Figure, Row, checks, pair, result, value


def figures(rows: list[Row], reference: dict[str, Any]) -> Iterator[Figure]:
    """A figure for each draft; cases that need remote references or \\p classes are listed, and may be undecided."""
    for draft in ("7", "2020-12"):
        loaded = checks({"check": "json_schema", "draft": draft})
        mine = [row for row in rows if value(row, "meta")["draft"].removeprefix("draft") == draft]
        wrong, exempt = [], []
        for row in mine:
            found = result(loaded, pair(row), "json_schema")
            if (found.status is Status.PASS) == value(row, "ground_truth")[
                "valid"
            ] and found.status is not Status.ERROR:
                continue
            remote = value(row, "meta")["needs_remote_ref"]
            allowed = remote or r"\\p" in row["response_schema"]
            why = "needs a remote reference" if remote else "has a \\p class" if allowed else found.detail
            (exempt if allowed else wrong).append(
                f"{row['request_id']} {value(row, 'meta')['file']}: {found.status}, {why}"
            )
        yield Figure(
            name=f"JSON Schema draft {draft}",
            ours=f"{len(mine) - len(wrong) - len(exempt)} of {len(mine)} right",
            recorded=f"all but {len(exempt)} exempt",
            holds=not wrong,
            notes=wrong + exempt,
        )
