"""What holds of the whole text: its language, its case, its start and end, its punctuation."""

from collections.abc import Callable

from judge.checking.counting import tokens
from judge.checking.instructions.length import Relation, compare
from judge.checking.language import language_of

_PARTED = "******"


def response_language(text: str, language: str) -> bool:
    """The language is a code of ISO 639-1; a text in which no language can be told follows."""
    return language_of(text) in (language, None)


def english_capital(text: str) -> bool:
    return text.isupper() and response_language(text, "en")


def english_lowercase(text: str) -> bool:
    return text.islower() and response_language(text, "en")


def capital_word_frequency(text: str, capital_frequency: int, capital_relation: Relation) -> bool:
    """Words all in capital letters; a hyphenated word is one."""
    return compare(sum(1 for each in tokens(text) if each.isupper()), capital_relation, capital_frequency)


def no_comma(text: str) -> bool:
    return "," not in text


def quotation(text: str) -> bool:
    """The whole text stands in double quotation marks."""
    text = text.strip()
    return len(text) > 1 and text[0] == text[-1] == '"'


def end_checker(text: str, end_phrase: str) -> bool:
    return text.strip().strip('"').lower().endswith(end_phrase.strip().lower())


def repeat_prompt(text: str, prompt_to_repeat: str) -> bool:
    """The text begins with the prompt, word for word."""
    return text.strip().lower().startswith(prompt_to_repeat.strip().lower())


def two_responses(text: str) -> bool:
    """Two different responses, parted by six asterisks."""
    parts = [part.strip() for part in text.split(_PARTED)]
    given = [part for part in parts if part]
    return all(parts[1:-1]) and len(given) == 2 and given[0] != given[1]


INSTRUCTIONS: dict[str, Callable[..., bool]] = {
    "language:response_language": response_language,
    "change_case:english_capital": english_capital,
    "change_case:english_lowercase": english_lowercase,
    "change_case:capital_word_frequency": capital_word_frequency,
    "punctuation:no_comma": no_comma,
    "startend:quotation": quotation,
    "startend:end_checker": end_checker,
    "combination:repeat_prompt": repeat_prompt,
    "combination:two_responses": two_responses,
}
