"""Numeric answers: who came to the right number, against the recorded flags."""

from collections.abc import Iterator
from typing import Any

from tests.bench.checks.rows import Figure, Row, checks, pair, result, value


def figures(rows: list[Row], reference: dict[str, Any]) -> Iterator[Figure]:
    """The recorded flags compare runs of digits; the check's own reading of numbers is shown beside them."""
    counts = reference["figures"]["dev"]
    for name, settings, barred in (("runs of digits", {"digits": True}, True), ("numbers", {}, False)):
        loaded = checks({"check": "numeric_agreement", "truth_field": "answer", **settings})
        right = [result(loaded, pair(row), "numeric_agreement").who_is_right for row in rows]
        off = [
            row
            for row, who in zip(rows, right, strict=True)
            if (who in ("production", "both"), who in ("candidate", "both"))
            != (row["production_correct"], row["candidate_correct"])
        ]
        ours = {each: right.count(each) for each in ("both", "neither", "production", "candidate")}
        yield Figure(
            name=f"numeric answer, read as {name}",
            ours=f"{len(rows) - len(off)} of {len(rows)} as recorded",
            recorded=f"{counts['n']} of {counts['n']}",
            holds=not off if barred else None,
            notes=[] if barred else [_why(row) for row in off],
        )
        if barred:
            yield Figure(
                name="numeric answer: both, neither, production, candidate",
                ours=", ".join(str(each) for each in ours.values()),
                recorded=", ".join(
                    str(counts[each]) for each in ("both", "neither", "only_production", "only_candidate")
                ),
                holds=ours["both"] == counts["both"] and ours["production"] == counts["only_production"],
            )


def _why(row: Row) -> str:
    ends = [repr(str(row[f"{arm}_output"]).strip()[-40:]) for arm in ("production", "candidate")]
    flags = f"{row['production_correct']}, {row['candidate_correct']}"
    return f"{row['request_id']}: the truth is {value(row, 'ground_truth')['answer']}, {ends} recorded {flags}"
