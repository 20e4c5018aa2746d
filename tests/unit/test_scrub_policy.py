"""What a workflow's policy changes: masks or pseudonyms, kinds that stay, nothing at all; and what it refuses."""

import re
from typing import Any

import pytest
from hypothesis import given, settings

from connectors.errors import UserError
from connectors.types import Completion
from shadow.config import ScrubSettings, validate
from shadow.scrub import (
    MASKED,
    SCRUB_VERSION,
    Policy,
    scrub,
    scrub_all,
    scrub_completion,
    scrub_completions,
    scrub_text,
)
from tests.unit.test_scrub_interaction import MAIL, PLACES, interaction, message
from tests.unit.test_scrub_text import MASKED as EXAMPLES
from tests.unit.test_scrub_text import texts

HASHED = Policy(mode="hashed", key=b"k" * 16)
FULL = Policy(mode="full")
PSEUDONYM = re.compile(r"<([A-Z]+) [a-p]{10}>")


@pytest.mark.parametrize(("text", "clean"), EXAMPLES)
def test_a_pseudonym_stands_where_a_mask_would(text: str, clean: str) -> None:
    hashed, counts = scrub_text(text, policy=HASHED)
    assert PSEUDONYM.sub(r"<\1>", hashed) == clean
    assert counts == scrub_text(text)[1]


def test_equal_values_stay_equal_however_they_are_written() -> None:
    def pseudonyms(text: str, policy: Policy = HASHED) -> list[str]:
        return [found[0] for found in PSEUDONYM.finditer(scrub_text(text, policy=policy)[0])]

    for text in (
        "jo@example.org or JO@Example.org",
        "4111-1111-1111-1111, 4111 1111 1111 1111 and 4111111111111111",
        "415-555-2671 or (415) 555-2671",
        "GB82 WEST 1234 5698 7654 32, gb82west12345698765432",
    ):
        assert len(set(pseudonyms(text))) == 1, text
    assert len(set(pseudonyms("jo@example.org, bo@example.org"))) == 2
    assert pseudonyms("jo@example.org") != pseudonyms("jo@example.org", Policy(mode="hashed", key=b"other" * 4))


@settings(max_examples=200, deadline=None)
@given(texts)
def test_scrubbing_what_was_scrubbed_changes_nothing(text: str) -> None:
    clean, counts = scrub_text(text, policy=HASHED)
    assert scrub_text(clean, policy=HASHED) == (clean, {})
    assert (clean == text) == (not counts)


def test_kinds_that_are_kept_stay_whole_and_are_not_counted() -> None:
    policy = Policy(keep=frozenset({"ip", "email"}))
    assert scrub_text("jo@example.org at 10.0.0.1, card 4111111111111111", policy=policy) == (
        "jo@example.org at 10.0.0.1, card <CARD>",
        {"card": 1},
    )


@pytest.mark.parametrize("place", PLACES)
def test_full_changes_nothing_but_the_subject(place: str) -> None:
    assert scrub(PLACES[place], FULL).interaction == PLACES[place]
    assert scrub(interaction(subject_key=MAIL), FULL).interaction.subject_key == FULL.subject(MAIL)
    answer = Completion(text=MAIL)
    assert scrub_completion(answer, FULL) == (answer, {})


def test_each_workflow_has_its_own_policy_in_a_batch() -> None:
    by_workflow = [message(MAIL), interaction(workflow="open", tags={"from": MAIL}), interaction(workflow="other")]
    results = scrub_all(by_workflow, {"triage": HASHED, "open": FULL})
    assert [type(result).__name__ for result in results] == ["Scrubbed"] * 3
    assert [dict(result.counts) for result in results if not isinstance(result, Exception)] == [{"email": 1}, {}, {}]
    answers = scrub_completions([Completion(text=MAIL)] * 3, [MASKED, FULL, HASHED])
    said = [answer[0].text for answer in answers if not isinstance(answer, Exception)]
    assert said[:2] == ["<EMAIL>", MAIL]
    assert PSEUDONYM.fullmatch(said[2] or "")


def test_a_subject_is_kept_under_a_keyed_hash_where_there_is_a_key() -> None:
    keys = {policy.subject(MAIL) for policy in (MASKED, HASHED, Policy(key=b"k" * 16), Policy(key=b"x" * 16))}
    assert len(keys) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)


def test_the_version_on_a_pair_says_what_the_policy_changes() -> None:
    assert MASKED.version(SCRUB_VERSION) == SCRUB_VERSION
    versions = [policy.version(SCRUB_VERSION) for policy in (HASHED, FULL, Policy(keep=frozenset({"ip"})))]
    assert [version.split()[1] for version in versions] == ["hashed", "full", "masked"]
    assert len({*versions, Policy(mode="hashed", key=b"x" * 16).version(SCRUB_VERSION)}) == 4


def test_the_key_is_never_shown() -> None:
    secret = "correct horse battery"
    settings = validate(ScrubSettings, {"policy": "hashed", "key": secret}, "scrub")
    assert secret not in repr(settings) + str(settings) + repr(settings.as_policy) + str(settings.as_policy)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"policy": "hidden"}, "'full', 'masked', 'hashed' or 'drop'"),
        ({"policy": "hashed"}, 'policy "hashed" needs a key; write key = "env:NAME" and export NAME.'),
        ({"policy": "full", "names": True}, 'policy "full" masks nothing; leave names and keep out.'),
        ({"keep": ["e-mail"]}, "unknown kind 'e-mail'; did you mean 'email'? known: address, age, card,"),
        ({"key": "short"}, "the key must have 16 to 64 bytes"),
        ({"max_leak_rate": 0}, "greater than 0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(raw: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=re.escape(sentence)):
        validate(ScrubSettings, raw, "workflows.triage.scrub")
