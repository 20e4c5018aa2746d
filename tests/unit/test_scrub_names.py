"""Names, addresses, dates and ages, found by forms and by the real recognisers."""

import pytest

from connectors.errors import UserError
from shadow.scrub import Policy, recogniser, scrub_all, scrub_text
from shadow.scrub.addresses import forms
from tests.unit.test_scrub_interaction import message

NAMES = Policy(names=True)

FORMS = [
    ("ship to 12 Elm Street, please", "address", "12 Elm Street"),
    ("bei Hauptstraße 12a wohnt", "address", "Hauptstraße 12a"),
    ("at 44 Rue Abderrahmen Ziad", "address", "44 Rue Abderrahmen Ziad"),
    ("PO Box 46", "address", "PO Box 46"),
    ("Apt. 252", "address", "Apt. 252"),
    ("Austin, TX 78701", "address", "TX 78701"),
    ("born on 12/31/1999", "date", "12/31/1999"),
    ("on 2024-05-17 10:20", "date", "2024-05-17 10:20"),
    ("since 3rd of May 2021", "date", "3rd of May 2021"),
    ("she just turned 53", "age", "53"),
    ("a 7-year-old", "age", "7"),
    ("my driver's license number is LH329609T", "license", "LH329609T"),
    ("see https://ana.example/me now", "url", "https://ana.example/me"),
    ("Dear Anna,\nthe", "person", "Anna"),
    ("ask Dr. Anna Berg now", "person", "Dr. Anna Berg"),
    ("my name is Zbyněk Vávra and", "person", "Zbyněk Vávra"),
]
NO_FORMS = [
    "order ORD-20391 of 12 items", "version 4.12.3", "in 2024", "INV-2024-00017", "12 parcels", "at 10:20",
    "error 80070005",
    "10/20", "turned 180.5 degrees", "the 5 main streets", "building 7, floor 3", "Street view",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "value"), FORMS)
def test_a_form_is_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in [(found.kind, text[found.start : found.end]) for found in forms(text)]


@pytest.mark.parametrize("text", NO_FORMS)
def test_what_only_looks_like_a_form_stays(text: str) -> None:
    assert list(forms(text)) == []


def test_the_recognisers_mask_names_and_leave_masks_alone() -> None:
    text = "Hi, this is Anna Berg from Siemens in Berlin. Mail anna@berg.example or <EMAIL>; order ORD-20391, error 7."
    clean, counts = scrub_text(text, policy=NAMES)
    for gone in ("Anna", "Berg", "Siemens", "Berlin"):
        assert gone not in clean
    assert "ORD-20391" in clean
    assert clean.count("<EMAIL>") == 2
    assert {"person", "organization", "location", "email"} <= counts.keys()


def test_names_are_masked_in_json_and_it_stays_json() -> None:
    clean, _ = scrub_text('{"customer": "Maria Schmidt", "ids": ["ORD-20391"], "n": 7}', policy=NAMES)
    assert clean == '{"customer": "<PERSON>", "ids": ["ORD-20391"], "n": 7}'


def test_the_same_name_has_the_same_pseudonym() -> None:
    policy = Policy(mode="hashed", names=True, key=b"k" * 16)
    first, second = (scrub_text(text, policy=policy)[0] for text in ("my name is Anna Berg", "Dear Anna  Berg, hello"))
    assert first.split("<")[1].split(">")[0] == second.split("<")[1].split(">")[0]


def test_a_text_of_any_length_is_read_to_its_end() -> None:
    clean, _ = scrub_text("Nothing to see here at all. " * 1500 + "My name is Anna Berg.", policy=NAMES)
    assert clean.endswith("My name is <PERSON>.")


def test_without_the_recognisers_nothing_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser, "is_installed", lambda: False)
    with pytest.raises(UserError, match=r"install them with pip install 'shadowjudge\[names\]'"):
        recogniser.require("workflows.triage.scrub")
    [result] = scrub_all([message("a text that nobody read before")], {"triage": NAMES})
    assert isinstance(result, UserError)
