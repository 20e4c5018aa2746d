"""The one parser of judge replies: only an exact choice counts, and nothing makes it raise."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.judging.reply import read

CHOICES = ["same", "correct", "incorrect", "second_wrong"]
SAME = '{"reason": "r", "choice": "same"}'


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        (SAME, "same"),
        ('{"choice": "same"}', "same"),
        (f"  \n{SAME}\n", "same"),
        (f"```json\n{SAME}\n```", "same"),
        (f"Here is my verdict: {SAME} I hope this helps.", "same"),
        ('{"reason": "it says {\\"choice\\": \\"correct\\"}", "choice": "same"}', "same"),
        ('{"choice": "correct"} is what it claims. {"choice": "same"}', "same"),
        ('{"choice": "same"} {"confidence": 1}', "same"),
        ('{"choice": "same", "more": {"choice": "correct"}}', "same"),
        ('{"choice": "incorrect"}', "incorrect"),
        (None, None),
        ("", None),
        ("same", None),
        ('"same"', None),
        ("INCORRECT", None),
        ('{"choice": "INCORRECT"}', None),
        ('{"choice": "Same"}', None),
        ('{"choice": "same "}', None),
        ('{"choice": "same | correct"}', None),
        ('{"choice": "the second is wrong"}', None),
        ('{"choice": ["same"]}', None),
        ('{"choice": {"same": true}}', None),
        ('{"choice": true}', None),
        ('{"choice": null}', None),
        ('{"choice": 1}', None),
        ('{"Choice": "same"}', None),
        ('["choice", "same"]', None),
        ('[{"choice": "same"}]', "same"),
        ('{"verdict": {"choice": "same"}}', None),
        ('{"reason": "r", "choice": "sa', None),
        ('{"reason": "r", "choice": "same"', None),
        ('{"choice": "correct"} {"reason": "no, wait", "choice": "sa', None),
        ('{"reason": "it quotes {"choice": "same"} here", "choice": "correct"}', None),
        ('{"choice": "same", "choice": "correct"}', None),
        ('{"choice": "correct"} {"choice": "neither"}', None),
        ("{'choice': 'same'}", None),
        ("{" * 20_000, None),
        ('{"a":' * 4_000 + "1" + "}" * 4_000, None),
        (SAME + " " * 20_000, None),
        ('{"choice": "same", "n": ' + "9" * 5_000 + "}", None),
        ('\ufeff{"choice": "same"}', "same"),
        ('{"reason": "one line\nand a tab\t", "choice": "same"}', "same"),
        ('{"reason": "r", "choice": "same\n"}', None),
    ],
)
def test_read(text: str | None, choice: str | None) -> None:
    assert read(text, CHOICES).choice == choice


def test_the_reason_is_kept_when_the_choice_is_not_one() -> None:
    reply = read('{"reason": "hm", "choice": "perhaps"}', CHOICES)
    assert (reply.choice, reply.reason) == (None, "hm")


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.dictionaries(st.text(), inner)
)
_text = st.text() | st.text(alphabet='{}[]"\\:,choiesam ') | _json.map(json.dumps)


@given(_text)
def test_it_never_raises_and_never_invents_a_choice(text: str) -> None:
    reply = read(text, CHOICES)
    assert reply.choice is None or reply.choice in CHOICES
    assert reply.choice is None or f'"{reply.choice}"' in text


@given(_text, st.sampled_from(CHOICES), _text)
def test_only_the_last_verdict_can_be_the_choice(before: str, choice: str, after: str) -> None:
    text = before + json.dumps({"choice": choice}) + after.replace("{", "")
    assert read(text, CHOICES).choice in (None, choice)


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Both say nine.\nChoice: same", "same"),
        ("Both say nine.\n\n**Choice:** `same`.\n", "same"),
        ("Final verdict: **incorrect**", "incorrect"),
        ("Choice: same\nOn reflection, no.", None),
        ("Choice: Same", None),
        ("My choice is same", None),
        ("Choice: same or correct", None),
        ("> Choice: same", None),
        ("Choice: incorrectly", None),
        ("Choice: INCORRECT", None),
        ("Choice: { same", None),
        ("", None),
    ],
)
def test_a_reply_without_json_counts_by_its_last_line_alone(text: str, choice: str | None) -> None:
    assert read(text, CHOICES).choice == choice
