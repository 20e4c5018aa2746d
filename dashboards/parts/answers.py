"""An answer as a reviewer compares it: its text, or its tool calls as structure."""

import msgspec

from connectors.types import Completion
from judge.judging.prompt import show_answer


def answer_text(answer: Completion) -> str:
    """The answer; one that consists of tool calls alone as JSON, so that two of them are compared field by field."""
    if answer.error is not None or answer.text or answer.refusal is not None or not answer.tool_calls:
        return show_answer(answer)
    calls = [{"tool": call.name, "arguments": _arguments(call.arguments)} for call in answer.tool_calls]
    return msgspec.json.encode(calls).decode()


def _arguments(text: str) -> object:
    """The arguments as a value; as the text they are where they are no JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text
