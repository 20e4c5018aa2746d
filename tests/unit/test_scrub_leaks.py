"""Planted personal data: what a sound scrubber lets through is nothing, and what a broken one does is seen."""

import random
import re

import pytest

from shadow.scrub import MASKED, Policy, rules, text
from shadow.scrub.canaries import PHRASES, VALUES
from shadow.scrub.leaks import leaks
from shadow.scrub.policy import KINDS


def test_every_kind_has_canaries_and_phrases() -> None:
    assert VALUES.keys() == PHRASES.keys() == KINDS


@pytest.mark.parametrize("policy", [MASKED, Policy(mode="hashed", key=b"k" * 16)], ids=["masked", "hashed"])
def test_nothing_with_a_form_gets_through(policy: Policy) -> None:
    found = leaks(policy, seed=7, planted=800)
    assert {leak.kind for leak in found} == {rule.kind for rule in rules.RULES}
    assert sum(leak.planted for leak in found) == 800
    assert [leak.kind for leak in found if leak.leaked] == []


def test_the_same_seed_plants_the_same() -> None:
    first, again = random.Random(3), random.Random(3)
    assert [draw(first) for draw in VALUES.values()] == [draw(again) for draw in VALUES.values()]


def test_a_kind_that_is_kept_is_not_planted_and_full_plants_nothing() -> None:
    assert {leak.kind for leak in leaks(Policy(keep=frozenset({"ip"})), seed=1)} == KINDS_WITH_FORM - {"ip"}
    assert leaks(Policy(mode="full"), seed=1) == []


KINDS_WITH_FORM = {rule.kind for rule in rules.RULES}


def test_a_broken_rule_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_START", re.compile(r"[\d:(+]|data:|sk[-_]"))
    leaked = {leak.kind: leak.leaked for leak in leaks(MASKED, seed=1)}
    assert leaked["email"] > 40
    assert 0 < leaked["secret"] < 50
    assert leaked["card"] == 0


def test_half_a_value_is_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = next(rule for rule in rules.RULES if rule.kind == "email")
    half = rule._replace(span=lambda match: match.span())  # the domain only
    monkeypatch.setattr(text, "RULES", tuple(half if each is rule else each for each in rules.RULES))
    assert {leak.kind: leak.leaked for leak in leaks(MASKED, seed=1)}["email"] == 50


def test_names_are_planted_where_the_policy_masks_them() -> None:
    found = leaks(Policy(names=True), seed=5, planted=80, planted_names=40)
    names = [leak for leak in found if leak.is_name]
    assert sum(leak.planted for leak in names) == 40
    assert sum(leak.leaked for leak in names) <= 8
