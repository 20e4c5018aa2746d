"""The part of docs/checks.md that says what each check does: its docstring, its keys, its examples.

python -m judge.checking.page docs/checks.md     writes it there, between the two marks
"""

import importlib
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from connectors.types import Completion
from judge.checking.check import Check
from judge.checking.example import Example
from judge.checking.loading import check_class, known_checks
from judge.outcomes import Status

BEGIN = "<!-- what follows is written by `make docs` -->"
END = "<!-- up to here -->"
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def page(text: str) -> str:
    """The page with its generated part renewed; raises ValueError when it lacks the two marks."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{sections()}\n{END}{tail}"


def sections() -> str:
    """A section for each check, in the order of their names."""
    return "\n".join(_section(name) for name in known_checks())


def _section(name: str) -> str:
    check = check_class(name)
    module = importlib.import_module(check.__module__)
    severity = "no severity" if check.severity is None else f"severity {check.severity}"
    parts = [
        f"## `{name}`",
        f"*{check.kind.capitalize()}* of the {check.aspect}, {severity} unless configured.",
        _prose(check),
        _keys(check.model_fields) if check.model_fields else "It has no keys of its own.",
        _toml(name, next((each.settings for each in module.PASSES if each.settings), module.PASSES[0].settings)),
        _examples([(Status.PASS, each) for each in module.PASSES] + [(Status.FAIL, each) for each in module.FAILS]),
    ]
    return "\n\n".join(parts) + "\n"


def _prose(check: type[Check]) -> str:
    return inspect.cleandoc(check.__doc__ or "")


def _keys(fields: dict[str, FieldInfo]) -> str:
    lines = ["| key | default | meaning |", "|---|---|---|"]
    lines += [f"| `{name}` | {_default(field)} | {_meaning(field)} |" for name, field in fields.items()]
    return "\n".join(lines)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    return "" if value is None else f"`{_value(value)}`"


def _meaning(field: FieldInfo) -> str:
    choices = [each for part in (field.annotation, *get_args(field.annotation)) for each in get_args(part)]
    named = [each for each in choices if isinstance(each, str) and f'"{each}"' not in (field.description or "")]
    listed = f" ({', '.join(f'`{_value(each)}`' for each in dict.fromkeys(named))})" if named else ""
    return _cell(f"{field.description or ''}{listed}")


def _toml(name: str, settings: dict[str, Any]) -> str:
    keys = [f"{_key(key)} = {_value(value)}" for key, value in settings.items()]
    return "\n".join(["```toml", "[[workflows.example.checks]]", f'check = "{name}"', *keys, "```"])


def _value(value: Any) -> str:
    """A TOML value on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key)


def _examples(examples: list[tuple[Status, Example]]) -> str:
    lines = ["| | production | candidate | more |", "|---|---|---|---|"]
    for status, each in examples:
        pair = each.pair()
        compared = each.production or each.production_calls
        arms = [_answer(pair.production) if compared else "", _answer(pair.candidate)]
        lines.append(f"| {status} | {' | '.join(arms)} | {_more(each)} |")
    return "\n".join(lines)


def _answer(answer: Completion) -> str:
    calls = [f"{call.name}({call.arguments})" for call in answer.tool_calls]
    shown = answer.text or " ".join(calls)
    return _code(shown) if shown else "*nothing*"


def _more(example: Example) -> str:
    parts = [_code(f"{key} = {_value(value)}") for key, value in example.settings.items() if key != "json_schema"]
    if example.prompt != "example":
        parts.append(f"the prompt is {_code(example.prompt)}")
    if example.truth is not None:
        parts.append(f"the truth is {_code(json.dumps(example.truth, ensure_ascii=False))}")
    parts += [_code(f"{key} = {_value(value)}") for key, value in example.answer.items()]
    if example.note:
        parts.append(_cell(example.note))
    return "; ".join(parts)


def _code(text: str) -> str:
    short = text if len(text) <= 160 else text[:157] + "..."
    fence = "``" if "`" in short else "`"
    pad = " " if "`" in short else ""
    return _cell(f"{fence}{pad}{short}{pad}{fence}")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "⏎")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(page(target.read_text(encoding="utf-8")), encoding="utf-8")
