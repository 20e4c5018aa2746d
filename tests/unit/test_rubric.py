"""Rubrics: the ones in the folder are usable, a mistake in one is a sentence, and its hash is that of its content."""

import re
from pathlib import Path

import msgspec
import pytest

from connectors.errors import UserError
from connectors.types import Request
from judge.checking.example import Example
from judge.judging.combine import of_examined, outcome_of
from judge.judging.prompt import build
from judge.judging.rubric import Rubric, known_rubrics, load_rubric
from judge.outcomes import Outcome, Severity

GOOD = """
question = "Which is better?"
[[choices]]
name = "same"
meaning = "alike"
worse = "neither"
[[choices]]
name = "first_wrong"
meaning = "the first is wrong"
worse = "first"
severity = "major"
[[choices]]
name = "second_wrong"
meaning = "the second is wrong"
worse = "second"
severity = "major"
"""


def rubric(folder: Path, text: str) -> Rubric:
    file = folder / "mine.toml"
    file.write_text(text)
    return load_rubric(str(file), "f.toml: workflows.w.judge")


@pytest.mark.parametrize("name", known_rubrics())
def test_a_rubric_of_ours_offers_a_way_out_and_every_severity(name: str) -> None:
    mine = load_rubric(name, "")
    worse = {choice.worse for choice in mine.choices}
    way_out = {"first", "second", "both", "neither", "unknown"} if mine.compares else {"answer", "nothing", "unknown"}
    assert worse == way_out
    assert {choice.severity for choice in mine.choices} == {None, *Severity}


@pytest.mark.parametrize("name", known_rubrics())
def test_a_rubric_of_ours_has_an_example_that_it_can_ask_about(name: str) -> None:
    mine = load_rubric(name, "")
    for each in mine.example:
        pair = msgspec.structs.replace(
            Example(production=each.production, candidate=each.candidate, truth=each.reference).pair(),
            request=Request([{"role": "user", "content": each.request}]),
        )
        request = build(mine, pair, "candidate", "B0")
        shown = request.messages[1]["content"]
        assert each.candidate in shown
        assert each.request in shown
        assert (each.production in shown) is mine.compares
        assert each.reference is None or each.reference in shown
        assert each.why not in str(request.messages), "the example is for people, not for the judge"
    assert mine.example


@pytest.mark.parametrize("name", known_rubrics())
def test_a_rubric_of_ours_is_described(name: str) -> None:
    assert f"`{name}`" in (Path(__file__).parents[2] / "docs" / "rubrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", known_rubrics())
def test_choices_about_the_first_answer_mirror_those_about_the_second(name: str) -> None:
    sides = {
        side: [(choice.meaning, choice.severity) for choice in load_rubric(name, "").choices if choice.worse == side]
        for side in ("first", "second")
    }
    swap = {"first": "second", "second": "first"}
    turned = [
        (re.sub("first|second", lambda word: swap[word[0]], meaning), severity) for meaning, severity in sides["first"]
    ]
    assert turned == sides["second"]


@pytest.mark.parametrize(
    ("production", "candidate", "outcome"),
    [
        ("agrees", "agrees", Outcome.EQUIVALENT),
        ("wrong", "agrees", Outcome.CANDIDATE_BETTER),
        ("agrees", "partial", Outcome.WORSE_MINOR),
        ("agrees", "wrong", Outcome.WORSE_MAJOR),
        ("partial", "wrong", Outcome.WORSE_MAJOR),
        ("wrong", "harmful", Outcome.WORSE_CRITICAL),
        ("wrong", "wrong", Outcome.BOTH_BAD),
        ("harmful", "wrong", Outcome.BOTH_BAD),
        ("harmful", "harmful", Outcome.BOTH_BAD),
        ("partial", "partial", Outcome.EQUIVALENT),
        ("wrong", "partial", Outcome.CANDIDATE_BETTER),
        ("cannot_tell", "agrees", Outcome.UNDECIDED),
        ("agrees", "cannot_tell", Outcome.UNDECIDED),
    ],
)
def test_two_answers_examined_alone_become_one_outcome(production: str, candidate: str, outcome: Outcome) -> None:
    mine = load_rubric("reference_answer", "")
    assert of_examined(mine.choice(production), mine.choice(candidate)) is outcome


def test_same_answer_can_say_every_outcome() -> None:
    choices = load_rubric("same_answer", "").choices
    assert {outcome_of(choice, first) for choice in choices for first in ("production", "candidate")} == set(Outcome)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('severity = "major"', 'severity = "grave"', "should be 'critical', 'major' or 'minor'"),
        ('worse = "second"\nseverity = "major"', 'worse = "second"\nseverity = "minor"', "the same severities"),
        ('worse = "neither"', 'worse = "neither"\nseverity = "minor"', "a severity belongs to"),
        ('worse = "first"\nseverity = "major"', 'worse = "first"', "a severity belongs to"),
        ('name = "second_wrong"', 'name = "first_wrong"', "two choices have the same name"),
        ('worse = "neither"', 'worse = "none"', "choices.0.worse"),
        ('name = "same"', 'name = "the same"', "choices.0.name"),
        ('meaning = "alike"', 'meanings = "alike"', "meaning"),
        ('worse = "neither"', 'worse = "nothing"', "'nothing' has no meaning in a rubric of kind 'pairwise'"),
        ("question", 'kind = "severity"\nquestion', "'neither' has no meaning in a rubric of kind 'severity'"),
        ("question", 'kind = "absolute"\nquestion', "should be 'pairwise', 'reference' or 'severity'"),
        ("question", "qestion", "question"),
        ("[[choices]]", "[[choices", "not valid TOML"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        rubric(tmp_path, GOOD.replace(old, new))
    assert sentence in str(error.value)
    assert "mine.toml" in str(error.value)


def test_unknown_names_and_files() -> None:
    with pytest.raises(UserError, match=r"w: unknown rubric 'same_anser'; did you mean 'same_answer'\?"):
        load_rubric("same_anser", "w")
    with pytest.raises(UserError, match="cannot be read"):
        load_rubric("/nowhere/mine.toml", "w")


def test_the_hash_is_of_the_content(tmp_path: Path) -> None:
    plain = rubric(tmp_path, GOOD).hash
    assert rubric(tmp_path, "# a comment\n" + GOOD).hash == plain
    assert rubric(tmp_path, GOOD.replace("alike", "Alike")).hash != plain
    assert rubric(tmp_path, GOOD.replace("question", "max_answer_chars = 999\nquestion", 1)).hash != plain


def test_an_example_changes_no_hash_and_must_fit(tmp_path: Path) -> None:
    example = '[[example]]\nrequest = "r"\nproduction = "p"\ncandidate = "c"\nchoice = "same"\nwhy = "w"\n'
    assert rubric(tmp_path, GOOD + example).hash == rubric(tmp_path, GOOD).hash
    with pytest.raises(UserError, match="an example has the choice 'sme', which is none of: same, first_wrong"):
        rubric(tmp_path, GOOD + example.replace('"same"', '"sme"'))
    with pytest.raises(UserError, match="an example has a reference where the kind is 'reference', and only there"):
        rubric(tmp_path, GOOD + example + 'reference = "x"\n')
