"""Field extraction: how many answers parse, how many are exact, and each field's score by words."""

import json
from collections.abc import Iterator
from typing import Any

from judge.checking.reading import Unreadable
from judge.checking.wordsets import LINK, Overlap, overlaps
from judge.checks.field_words import FieldWords
from judge.outcomes import Status
from tests.bench.checks.rows import Figure, Row, checks, pair, result, value

TASKS = {
    "nerre_extraction_general": (
        "formula",
        ["acronym", "applications", "name", "formula", "structure_or_phase", "description"],
    ),
    "nerre_extraction_mof": (
        "mof_formula",
        ["name_of_mof", "mof_formula", "mof_description", "guest_species", "applications"],
    ),
}
CLOSE = 1e-6
Scores = tuple[float, float, float]


def figures(rows: list[Row], reference: dict[str, Any]) -> Iterator[Figure]:
    """The set has no recorded figures: the reference is the source's own scoring, written out again below."""
    for task, (root, fields) in TASKS.items():
        mine = [row for row in rows if row["workflow"] == task]
        for arm in ("production", "candidate"):
            yield from _arm(task.removeprefix("nerre_extraction_"), mine, arm, root, fields)


def _arm(task: str, rows: list[Row], arm: str, root: str, fields: list[str]) -> Iterator[Figure]:
    loaded = checks(
        {"check": "json_schema", "json_schema": {}},
        {"check": "json_agreement", "fields": {"$": "unordered"}},
        {"check": "field_words", "fields": fields, "root": root},
    )
    # Each arm takes the candidate's place in turn, so that the validations look at it.
    pairs = [pair(row, candidate=getattr(pair(row), arm)) for row in rows]
    name = f"{task}, {rows[0][f'{arm}_model']}"
    parsed = sum(result(loaded, each, "json_schema").status is Status.PASS for each in pairs)
    parses = [_parsed(row[f"{arm}_output"]) for row in rows]
    theirs = sum(each is not None for each in parses)
    yield Figure(name=f"{name}: parse", ours=f"{parsed} of {len(rows)}", recorded=f"{theirs}", holds=parsed == theirs)
    golds = [value(row, "ground_truth") for row in rows]
    exact = sum(result(loaded, each, "json_agreement").who_is_right in ("candidate", "both") for each in pairs)
    theirs = sum(said is not None and _sorted(said) == _sorted(gold) for said, gold in zip(parses, golds, strict=True))
    yield Figure(name=f"{name}: exact", ours=f"{exact} of {len(rows)}", recorded=f"{theirs}", holds=exact == theirs)
    yield _fields(name, loaded[2].check, pairs, [each or [] for each in parses], golds, root, fields)


def _fields(
    name: str, check: Any, pairs: list[Any], said: list[Any], golds: list[Any], root: str, fields: list[str]
) -> Figure:
    assert isinstance(check, FieldWords)
    total: dict[str, Overlap] = {}
    for each, gold in zip(pairs, golds, strict=True):
        wanted = check.truth(gold)
        try:
            found = check.value(each.candidate)
        except Unreadable:
            found = check.truth([])
        for field, overlap in overlaps(found, wanted).items():
            total[field] = total.get(field, Overlap()).plus(overlap)
    ours = {field: (each.precision or 0.0, each.recall or 0.0, each.f1) for field, each in total.items()}
    theirs = _scores(said, golds, root, fields)
    gap = max(abs(a - b) for field in ours for a, b in zip(ours[field], theirs[field], strict=True))
    notes = [f"{field:<36} P {p:.6f}  R {r:.6f}  F1 {f:.6f}" for field, (p, r, f) in ours.items()]
    return Figure(
        name=f"{name}: {len(ours)} fields and links",
        ours=f"apart by at most {gap:.1e}",
        recorded=f"{CLOSE:.0e}",
        holds=gap <= CLOSE and ours.keys() == theirs.keys(),
        notes=notes,
    )


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return None


def _sorted(entries: list[Any]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in entries)


def _scores(said: list[Any], golds: list[Any], root: str, fields: list[str]) -> dict[str, Scores]:
    """Precision, recall and F1 from a list of marks, one a word: found and right, made up, missed."""
    marks: dict[str, list[str]] = {}
    for answer, gold in zip(said, golds, strict=True):
        one, other = _accounts(answer, root, fields), _accounts(gold, root, fields)
        for field in other:
            marks.setdefault(field, [])
            marks[field] += ["right" if word in other[field] else "made up" for word in one[field]]
            marks[field] += ["missed" for word in other[field] if word not in one[field]]
    scores = {}
    for field, seen in marks.items():
        right, made_up, missed = (seen.count(each) for each in ("right", "made up", "missed"))
        precision = right / (right + made_up) if right + made_up else 0.0
        recall = right / (right + missed) if right + missed else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else float(not seen)
        scores[field] = (precision, recall, f1)
    return scores


def _accounts(entries: list[Any], root: str, fields: list[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {field: set() for field in fields}
    for field in fields:
        if field != root:
            found[f"{root}{LINK}{field}"] = set()
    for entry in entries:
        for field in fields:
            texts = entry.get(field, "")
            words = [word.strip() for word in " ".join(texts if isinstance(texts, list) else [texts]).split(" ")]
            words = [word for word in words if word]
            found[field] |= set(words)
            if field != root and entry.get(root):
                found[f"{root}{LINK}{field}"] |= {f"{entry[root]}{LINK}{word}" for word in words if word != entry[root]}
    return found
