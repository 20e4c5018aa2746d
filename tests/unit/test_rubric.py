"""Rubrics: the ones in the folder are usable, a mistake in one is a sentence, and its hash is that of its content."""

from pathlib import Path

import pytest

from connectors.errors import UserError
from judge.judging.rubric import Rubric, known_rubrics, load_rubric
from judge.outcomes import Outcome

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
def test_a_rubric_of_ours_offers_a_way_out(name: str) -> None:
    worse = {choice.worse for choice in load_rubric(name, "").choices}
    assert worse == {"first", "second", "both", "neither", "unknown"}


def test_same_answer_can_say_every_outcome() -> None:
    from judge.judging.verdict import outcome_of

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
