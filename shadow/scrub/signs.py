"""Which texts may hold anything to mask: one pass of one automaton over a whole batch, before any rule is tried.

A sign is what every value of a rule shows, with some texts beside that hold none: a text without a sign is clean, one
with a sign is for the rules to decide. The automaton (Rust's regex, by polars) reads a kilobyte in about a
microsecond and knows no look-around; therefore boundaries are spelled out as the characters that may stand there.

The texts may be JSON, so a value may stand behind an escape (`\\n`), and one that is itself written with escapes
(`\\u0040`, `\\/`) counts as a sign.
"""

from collections.abc import Sequence

import polars as pl

_WORD = r"(?:[0-9A-Za-z_-]|[^\x00-\x7F])"
_LEFT = r"(?:^|[^0-9A-Za-z]|\\[bfnrt])"
# Behind "/", "." or "-" only when no digit stands before that.
_NUMBER = r"(?:^[./-]?|[^0-9A-Za-z./-]|[^0-9][./-]|\\[bfnrt])"
_NUMBER_END = r"(?:$|[^0-9A-Za-z.-]|[.-](?:$|[^0-9]))"
_NETWORK = (
    r"(?:4(?:\d{12}|\d{15}|\d{18})|5\d{15}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|(?:2131|1800)\d{11}"
    r"|6\d{15,18}|(?:0604|5[0678]\d\d|6\d{3})\d{8})"
)
_GAP = r"""(?:[\s\x1c-\x1f"'.:#=(\\-]|\\[bfnrt])*"""


def _spoken(words: str) -> str:
    """Words in any case, as Python's re has it: there "i" is the Turkish dotless one as well."""
    return "(?i:" + words.replace("i", "[iıİ]") + ")"


_PHONE = _spoken("phone|mobile|whatsapp|tel|cell|fax|sms|call|text|reach")
_MORE = _spoken("number|no|nr|num|me|us|him|her|them|back|is|at|on|to|under|via")

SIGNS = {
    "written with escapes": r"\\[u/]",
    "digits of another script": r"[\p{Nd}--[0-9]]",
    "file part": r"input_audio|file_data",
    "data": r";base64,",
    "private key": r"-----BEGIN",
    "key": rf"(?:sk-|[sr]k_(?:live|test)_|gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|hf_|npm_){_WORD}{{16}}"
    rf"|A[KS]IA[0-9A-Z]{{16}}|AIza{_WORD}{{35}}|eyJ{_WORD}{{8}}",
    "bearer": r"[Bb]earer[^0-9A-Za-z.,]",
    "email": rf"@{_WORD}+\.",
    "ipv6": r"::|(?::[0-9A-Fa-f]{1,4}){6}",
    "iban": rf"{_LEFT}[A-Za-z]{{2}}\d\d(?: ?[A-Za-z0-9]{{4}}){{2}}",
    "ipv4": rf"{_NUMBER}\d{{1,3}}(?:\.\d{{1,3}}){{3}}{_NUMBER_END}",
    "ssn": rf"{_NUMBER}(?:\d{{3}}-\d\d-\d{{4}}|\d{{3}} \d\d \d{{4}}){_NUMBER_END}",
    "bare ssn": _spoken("ssn|social[ _-]security"),
    "card": rf"{_NUMBER}\d{{4}}[ -](?:\d{{4}}[ -]\d{{4}}[ -]\d{{4}}|\d{{6}}[ -]\d{{4}})",
    "bare card": rf"{_NUMBER}{_NETWORK}{_NUMBER_END}",
    "phone with +": r"\+\d(?:[ ./-]?[()]?\d){6}",
    "phone of the US": r"(?:\(\d{3}\)[ -]?|\d{3}[ .-])\d{3}[ .-]\d{4}",
    "phone with 0": rf"{_NUMBER}\(?0(?:[ ./)-]{{0,2}}\d){{8}}",
    "phone, said before": rf"{_PHONE}(?:[ _.:#-]*{_MORE})*{_GAP}(?:\[|\(?\d(?:[ ./()-]{{0,2}}\d){{5}})",
    "phone, said behind": rf"\d(?:[ \t-]|\\+t){{0,2}}{_spoken('office|fax|mobile|cell')}",
}
_ANY = "|".join(f"(?:{sign})" for sign in SIGNS.values()).replace(r"\d", "[0-9]")


def suspects(texts: Sequence[str]) -> list[bool]:
    """For each text whether a rule may find something in it; False is certain, True is not."""
    return signs_in(pl.Series(texts, dtype=pl.String)).to_list()


def signs_in(texts: pl.Series) -> pl.Series:
    """The same of a column, which may hold nulls: these have no sign."""
    return texts.str.contains(_ANY).fill_null(value=False)
