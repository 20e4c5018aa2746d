"""Instructions: whether a prompt's instructions are all followed, against the benchmark's own verdicts."""

from collections.abc import Iterator
from typing import Any

from tests.bench.checks.rows import Figure, Row, checks, pair, result, value

BAR = 3


def figures(rows: list[Row], reference: dict[str, Any]) -> Iterator[Figure]:
    """A figure for each model, strict and loose; the bar is on the strict verdicts."""
    for reading, settings in (("strict", {}), ("loose", {"loose": True})):
        loaded = checks({"check": "instructions", **settings})
        found = [result(loaded, pair(row), "instructions") for row in rows]
        for arm in ("production", "candidate"):
            model = rows[0][f"{arm}_model"]
            said = [each.who_is_right in (arm, "both") for each in found]
            theirs = [all(value(row, "meta")[f"{arm}_{reading}"]) for row in rows]
            off = [row for row, one, other in zip(rows, said, theirs, strict=True) if one != other]
            recorded = (
                reference["models"][model]["prompt_strict_dev"] if reading == "strict" else (sum(theirs), len(rows))
            )
            yield Figure(
                name=f"instructions, {reading}: {model}",
                ours=f"{sum(said)} of {len(rows)} followed",
                recorded=f"{recorded[0]} of {recorded[1]}, {len(off)} differ",
                holds=len(off) <= BAR if reading == "strict" else None,
                notes=[
                    f"{row['request_id']}: {[each['instruction_id'] for each in value(row, 'ground_truth')]} theirs "
                    f"{value(row, 'meta')[f'{arm}_{reading}']}"
                    for row in off
                ],
            )
