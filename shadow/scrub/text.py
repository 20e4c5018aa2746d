"""One string without personal data: masked in one pass, and a JSON document stays one."""

import re
from collections import Counter
from collections.abc import Callable

import msgspec

from shadow.scrub.names import names_in
from shadow.scrub.policy import MASKED, Policy
from shadow.scrub.rules import REACH, RULES, Rule, Span

_SHAPES = re.compile("|".join(f"(?P<rule{number}>{rule.shape})" for number, rule in enumerate(RULES)))
_SHAPE = [re.compile(rule.shape) for rule in RULES]
# Where a shape can start, never within a number: the alternation is tried there and nowhere else.
_START = re.compile(r"\d+|[@:(+]|data:|-----BEGIN|sk[-_]|rk_|g[hl][opiurst]|github_|xox|hf_|npm_|A[KSI]|eyJ|[Bb]earer")
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*')


def scrub_text(text: str, label: str = "", policy: Policy = MASKED) -> tuple[str, Counter[str]]:
    """The text with each value masked by the name of its kind (`<EMAIL>`), and how many of each kind there were.

    A policy that masks names has them masked last, so that no part of an address or a number is taken for one.

    `label` is what stands before the text, such as the key it lies under: "phone" makes a number of bare digits.

    A JSON document is masked inside its strings, keys included; a number that must go becomes a string. Its other bytes
    stay as they were. Scrubbing what was scrubbed changes nothing, but for names: who reads a text again with
    some names masked may see another.
    """
    counts: Counter[str] = Counter()
    if policy.mode == "full":
        return text, counts
    structured = msgspec.structs.replace(policy, names=False) if policy.names else policy
    while worth_a_look(text):
        before = counts.total()
        if _is_json(text):
            text = _document(text, counts, lambda value, beside: scrub_text(value, beside, structured))
        else:
            text = _plain(text, label[-REACH:], counts, policy)
        if counts.total() == before:
            break
    if policy.names:
        text, found = _without_names(text, policy)
        counts.update(found)
    return text, counts


def worth_a_look(text: str) -> bool:
    """False for most strings: those with nothing that every value with a rule has."""
    return "@" in text or _DIGIT.search(text) is not None or "-----BEGIN" in text or ";base64," in text


def _is_json(text: str) -> bool:
    """True for an object or an array; a bare scalar is text, and so is what nests too deeply for any reader."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True


def _document(text: str, counts: Counter[str], mask: Callable[[str, str], tuple[str, Counter[str]]]) -> str:
    """A JSON document, token by token, so that neither its form nor its duplicate keys are lost.

    `mask` is given a value and what stands before it.
    """

    def masked(token: re.Match[str]) -> str:
        raw = token[0]
        value = msgspec.json.decode(raw.encode(), type=str) if raw[0] == '"' else raw
        clean, found = mask(value, text[max(0, token.start() - REACH) : token.start()])
        if not found:
            return raw
        counts.update(found)
        return msgspec.json.encode(clean).decode()

    return _TOKEN.sub(masked, text)


def _plain(text: str, label: str, counts: Counter[str], policy: Policy) -> str:
    whole = f"{label} {text}" if label else text
    done = len(whole) - len(text)
    pieces: list[str] = []
    for start in _START.finditer(whole, done):
        if start.start() < done or not (match := _SHAPES.match(whole, start.start())):
            continue
        rule, span = _value(whole, match)
        if span is None or span[0] < done:
            continue
        if rule.kind in policy.keep:
            pieces.append(whole[done : span[1]])
        else:
            pieces += [whole[done : span[0]], policy.stands_for(rule.kind, whole[slice(*span)])]
            counts[rule.kind] += 1
        done = span[1]
    return "".join([*pieces, whole[done:]])


def _without_names(text: str, policy: Policy) -> tuple[str, Counter[str]]:
    counts: Counter[str] = Counter()
    if _is_json(text):
        return _document(text, counts, lambda value, _: _without_names(value, policy)), counts
    pieces: list[str] = []
    done = 0
    for name in names_in(text):
        if name.kind not in policy.keep:
            pieces += [text[done : name.start], policy.stands_for(name.kind, text[name.start : name.end])]
            done = name.end
            counts[name.kind] += 1
    return "".join([*pieces, text[done:]]), counts


def _value(text: str, match: re.Match[str]) -> tuple[Rule, Span | None]:
    """The rule that takes a match, and the value's span; when the first refuses, the rules behind it are asked."""
    first = int((match.lastgroup or "").removeprefix("rule"))
    if span := RULES[first].span(match):
        return RULES[first], span
    for number in range(first + 1, len(RULES)):
        again = _SHAPE[number].match(text, match.start())
        if again and (span := RULES[number].span(again)):
            return RULES[number], span
    return RULES[first], None
