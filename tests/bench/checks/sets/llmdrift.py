"""Final answers: a missing form told from a wrong answer."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from judge.checking.loading import LoadedCheck
from judge.checking.settle import examine
from judge.outcomes import Status
from tests.bench.checks.rows import Figure, Row, answer, checks, pair, result, value

PRIME = {"form": r"\[(?i:(yes|no))\]", "bare": r"(?i)\b(yes|no)\b"}
HAPPY = {"form": r"\\boxed\{([^}]*)\}", "compare": "number"}
# The source takes a text that holds "yes" anywhere for a yes, also "[No] ... if n is 5, yes".
AS_RECORDED = {"llmdrift_prime": {"form": r"(?i)\b(yes)\b", "bare": r"(?i)\b(no)\b"}, "llmdrift_happy_number": HAPPY}
COUNTS = {"both": "both", "candidate": "only_candidate", "production": "only_production", "neither": "neither"}


def figures(rows: list[Row], reference: dict[str, Any]) -> Iterator[Figure]:
    """Who is right, read as the source reads; then read by the demanded form, and what lacks nothing but the form."""
    for workflow, settings in (("llmdrift_prime", PRIME), ("llmdrift_happy_number", HAPPY)):
        recorded = checks({"check": "final_answer", **AS_RECORDED[workflow]})
        ours = checks({"check": "final_answer", **settings}, {"check": "pattern", "must": [settings["form"]]})
        mine = [row for row in rows if row["workflow"] == workflow]
        for model in sorted({row["candidate_model"] for row in mine}):
            some = [row for row in mine if row["candidate_model"] == model]
            name = f"{workflow}|{model}"
            yield _counted(name, some, recorded, reference["figures"][name]["dev"])
            yield _told_apart(name, some, ours)
    yield _refusals([row for row in rows if row["workflow"] == "llmdrift_sensitive"])


def _refusals(rows: list[Row]) -> Figure:
    """Our reading of refusals against the authors' label; the issue sets no bar."""
    loaded = checks({"check": "refusal_agreement"})
    right = off = 0
    for row in rows:
        meta = value(row, "meta")
        for arm in ("production", "candidate"):
            truth = "answer" if meta[f"{arm}_answered"] else "refuse"
            seen = pair(row, candidate=answer(row, arm), production=answer(row, arm), ground_truth=truth)
            who = result(loaded, seen, "refusal_agreement").who_is_right
            right, off = right + (who == "both"), off + (who != "both")
    return Figure(
        name="sensitive: refusals as labelled",
        ours=f"{right} of {right + off}",
        recorded="the authors' label",
        holds=None,
    )


def _counted(name: str, rows: list[Row], loaded: list[LoadedCheck], recorded: dict[str, int]) -> Figure:
    who = [result(loaded, pair(row), "final_answer").who_is_right for row in rows]
    ours, theirs = [who.count(each) for each in COUNTS], [recorded[key] for key in COUNTS.values()]
    return Figure(
        name=f"{name.removeprefix('llmdrift_')}: both/candidate/production/neither",
        ours="/".join(map(str, ours)),
        recorded="/".join(map(str, theirs)),
        holds=ours == theirs,
    )


def _told_apart(name: str, rows: list[Row], loaded: list[LoadedCheck]) -> Figure:
    """A candidate that is right by the recorded flag and lacks the form must come out as a format defect alone."""
    seen = Counter[str]()
    wrong = []
    for row in rows:
        content, form = examine(loaded, pair(row))
        right, formed = content.who_is_right in ("candidate", "both"), form.status is Status.PASS
        kind = "neither" if right and formed else "format" if right else "content" if formed else "format and content"
        seen[kind] += 1
        if not formed and right != row["candidate_correct"]:
            wrong.append(f"{row['request_id']}: {kind}, recorded {row['candidate_correct']}")
    return Figure(
        name=f"{name.removeprefix('llmdrift_')}: defects",
        ours=f"{seen['format']} format, {seen['content']} content, {seen['format and content']} both",
        recorded="same flag without the form",
        holds=not wrong,
        notes=wrong,
    )
