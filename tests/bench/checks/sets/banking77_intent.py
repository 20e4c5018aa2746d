"""Labels: agreement, who is right, and labels outside the list, against the recorded counts."""

from collections.abc import Iterator
from typing import Any

from judge.checking.settle import examine
from judge.outcomes import Status
from tests.bench.checks.rows import Figure, Row, checks, pair, result, value


def figures(rows: list[Row], reference: dict[str, Any]) -> Iterator[Figure]:
    """A figure for each prompt and candidate, and one for the labels outside the prompt's list."""
    loaded = checks({"check": "label_agreement"})
    for name, recorded in reference["figures"].items():
        variant, models = name.split("|")
        candidate = models.split(" vs ")[1]
        mine = [
            row
            for row in rows
            if row["candidate_model"] == candidate and value(row, "meta")["prompt_variant"] == variant
        ]
        who = [result(loaded, pair(row), "label_agreement").who_is_right for row in mine]
        agree = [result(loaded, pair(row, ground_truth=None), "label_agreement").status for row in mine]
        ours = (
            agree.count(Status.PASS),
            sum(each in ("candidate", "both") for each in who),
            sum(each in ("production", "both") for each in who),
        )
        theirs = tuple(recorded["dev"][key] for key in ("agree", "candidate_correct", "production_correct"))
        yield Figure(
            name=f"agree, candidate, production: {name}",
            ours=f"{'/'.join(map(str, ours))} of {len(mine)}",
            recorded=f"{'/'.join(map(str, theirs))} of {recorded['dev']['n']}",
            holds=ours == theirs and len(mine) == recorded["dev"]["n"],
        )
    listed = [row for row in rows if value(row, "response_schema") is not None]
    labels = value(listed[0], "response_schema")["enum"]
    in_set = checks({"check": "label_in_set", "labels": labels})
    said = [examine(in_set, pair(row))[0].status is Status.PASS for row in listed]
    theirs_in = [value(row, "meta")["candidate_in_listed_labels"] for row in listed]
    yield Figure(
        name="candidate's label is in the prompt's list",
        ours=f"{sum(said)} of {len(listed)}",
        recorded=f"{sum(theirs_in)} of {len(listed)}",
        holds=said == theirs_in,
    )
