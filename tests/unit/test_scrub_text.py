"""What is masked, what only looks like it, and what masking never does."""

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadow.scrub import SCRUB_VERSION, scrub_text

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

MASKED = [
    ("write to jo.doe+x@mail.example.co.uk today", "write to <EMAIL> today"),
    ("<a@b.org>,O'Neil@Sub.Example.IE;", "<<EMAIL>>,<EMAIL>;"),
    ("jürgen@bücher.example", "<EMAIL>"),
    ("https://bob:pw@host.example/x", "https://bob:<EMAIL>/x"),
    ("call (415) 555-2671.", "call <PHONE>."),
    ("415-555-2671 or 415.555.2671x12", "<PHONE> or <PHONE>"),
    ("ring +44 20 7946 0958 now", "ring <PHONE> now"),
    ("+1-962-819-8200, +4915123456789", "<PHONE>, <PHONE>"),
    ("001-415-555-2671 ext. 7", "<PHONE>"),
    ("650 253 0000", "<PHONE>"),
    ("0479 50 54 03 / 020 7946 0958 / 030/1234567", "<PHONE> / <PHONE> / <PHONE>"),
    ("my phone number is 4155552671", "my phone number is <PHONE>"),
    ("Call me on (64) 3591-3246", "Call me on <PHONE>"),
    ("WhatsApp: 61 51 81", "WhatsApp: <PHONE>"),
    ("97 111421 office", "<PHONE> office"),
    ("pay with 4111 1111 1111 1111 12/27 123", "pay with <CARD> 12/27 123"),
    ("4111-1111-1111-1111, 378282246310005", "<CARD>, <CARD>"),
    ("3782 822463 10005", "<CARD>"),
    ("5555555555554444", "<CARD>"),
    ("4222222222222, 30569309025904, 3530111333300000", "<CARD>, <CARD>, <CARD>"),
    ("GB82 WEST 1234 5698 7654 32 and DE89370400440532013000", "<IBAN> and <IBAN>"),
    ("gb82west12345698765432", "<IBAN>"),
    ("NL91 ABNA 0417 1643 00 THEN go", "<IBAN> THEN go"),
    ("SSN 536-90-4399", "SSN <SSN>"),
    ("social security number: 536904399", "social security number: <SSN>"),
    ("from 10.218.6.131:8080", "from <IP>:8080"),
    ("host 2001:db8::8a2e:370:7334 is", "host <IP> is"),
    ("fe80::1 and 3b20:9a3a:1b2f:7ce:9ef1:4787:85fc:261e", "<IP> and <IP>"),
    ("::ffff:192.168.1.10", "<IP>"),
    ("key sk-proj-abcdefghij0123456789", "key <SECRET>"),
    ("ghp_0123456789abcdefghij0123456789abcdef", "<SECRET>"),
    ("AKIAIOSFODNN7EXAMPLE", "<SECRET>"),
    ("github_pat_0123456789abcdefghijKL", "<SECRET>"),
    ("token=xoxb-123456789012-abcdefghijkl", "token=<SECRET>"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuv", "<SECRET>"),
    (f"cookie: {JWT};", "cookie: <SECRET>;"),
    (f"a {PEM} b", "a <SECRET> b"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE cut off", "<SECRET>"),
    ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer <SECRET>"),
    ("see data:image/png;base64,iVBORw0KGgo= here", "see <DATA> here"),
    ('{"phone": "4155552671", "n": 1', '{"phone": "<PHONE>", "n": 1'),
    ('{"text": "hi\\n415-555-2671', '{"text": "hi\\n<PHONE>'),
]

NEAR_MISSES = [
    "", "1234", "order ORD-20391", "A1234567", "INV-2024-00017", "ticket 4155552671",
    "@team look", "a@b", "foo@1.2.3", "npm i @types/node", "5 @ 3.50",
    "2024-05-17 10:20:30", "01/02/2024 10:30", "0001-01-01 00:00:00", "17.05.2024", "1732329774", "1732329774123",
    "4111 1111 1111 1112", "4111111111111112", "1111111111111117", "3474370026019", "378282246310006",
    "GB82 WEST 1234 5698 7654 33", "GB12", "AB12CDEF",
    "000-12-3456", "666-12-3456", "536904399", "12-34-5678",
    "1.2.3", "256.1.1.1", "1.2.3.4.5", "v1.2.3.4", "12:30:45", "00:1a:2b:3c:4d:5e", "std::vector", "a::b1", "::",
    "123e4567-e89b-12d3-a456-426614174000", "978-3-16-148410-0",
    "sk-learn", "risk-adjusted-performance-2024-review", "sk-a-hyphenated-word-without-digits", "bearer of bad news",
    "eyJ", "AKIA", "-----BEGIN CERTIFICATE-----", "call 12345", "hotel: 1234567", "revenue 1,234,567.89",
    "3.14159265358979", "100 200 3000", "+5", "<EMAIL> <PHONE> <CARD>",
]  # fmt: skip


@pytest.mark.parametrize(("text", "clean"), MASKED)
def test_personal_data_is_masked(text: str, clean: str) -> None:
    found, counts = scrub_text(text)
    assert found == clean
    masks = re.findall(r"<([A-Z]+)>", clean)
    assert counts == {kind.lower(): masks.count(kind) for kind in masks}


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert scrub_text(text) == (text, {})


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('{"mail": "a@b.org",  "n": 1.50}', '{"mail": "<EMAIL>",  "n": 1.50}'),
        ('{"mail": "a\\u0040b.org"}', '{"mail": "<EMAIL>"}'),
        ('{"card": 4111111111111111, "qty": 2}', '{"card": "<CARD>", "qty": 2}'),
        ('{"phone": 4155552671, "contactPhone": "4155552672"}', '{"phone": "<PHONE>", "contactPhone": "<PHONE>"}'),
        ('{"phone_number": "4155552671", "order": "4155552671"}', '{"phone_number": "<PHONE>", "order": "4155552671"}'),
        ('{"a@b.org": {"a@b.org": [1, "a@b.org"]}}', '{"<EMAIL>": {"<EMAIL>": [1, "<EMAIL>"]}}'),
        ('["line\\n415-555-2671", "\\"a@b.org\\""]', '["line\\n<PHONE>", "\\"<EMAIL>\\""]'),
        ('{"inner": "{\\"card\\": 4111111111111111}"}', '{"inner": "{\\"card\\": \\"<CARD>\\"}"}'),
        ('{"k": 1, "k": "a@b.org"}', '{"k": 1, "k": "<EMAIL>"}'),
    ],
)
def test_a_json_document_stays_one(text: str, clean: str) -> None:
    assert scrub_text(text)[0] == clean
    json.loads(clean)


def test_the_label_of_a_text_may_say_what_it_is() -> None:
    assert scrub_text("4155552671", "phone") == ("<PHONE>", {"phone": 1})
    assert scrub_text("4155552671", "order") == ("4155552671", {})


def test_the_version_names_the_rules() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", SCRUB_VERSION)


PIECES = (
    [text for text, _ in MASKED]
    + NEAR_MISSES
    + ["{", "}", '"', "\\", "[", "]", ":", ",", "@", ".", " ", "\n", "0", "+1", "x"]
)
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map("".join)
documents = st.recursive(
    texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(texts)
def test_scrubbing_never_raises_and_scrubbed_text_is_clean(text: str) -> None:
    clean, counts = scrub_text(text)
    assert (clean == text) == (not counts)
    assert scrub_text(clean) == (clean, {})


@settings(max_examples=200, deadline=None)
@given(st.lists(documents, max_size=3), st.booleans())
def test_json_stays_json_of_the_same_shape(document: list[object], ascii_only: bool) -> None:
    clean, counts = scrub_text(json.dumps(document, ensure_ascii=ascii_only))
    after = json.loads(clean)
    assert len(after) == len(document)
    if not counts:
        assert after == document
    assert scrub_text(clean) == (clean, {})


@pytest.mark.parametrize(
    "text", ["@.", "1 ", "4", "sk-", "eyJaaaaaaaa.", "data:", ":", "-----BEGIN ", "[", '{"a":', "(1", "01-", "GB12 "]
)
def test_the_time_is_linear_in_the_text(text: str) -> None:
    """A quadratic rule would take minutes here."""
    begun = time.monotonic()
    scrub_text(text * (100_000 // len(text)) + "1@")
    assert time.monotonic() - begun < 20
