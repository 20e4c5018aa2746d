"""An answer and a request as a reviewer reads them: plain text, nothing that tells which model wrote it."""

import json
from typing import Any

from connectors.types import Completion, Request


def answer_text(answer: Completion) -> str:
    """The text, refusal and tool calls of an answer, or the reason why there is none."""
    if answer.error is not None:
        return f"[no answer: {answer.error}]"
    parts = [answer.text or ""]
    if answer.refusal:
        parts.append(f"[refusal] {answer.refusal}")
    parts += [f"[tool call] {call.name}({call.arguments})" for call in answer.tool_calls]
    return "\n".join(part for part in parts if part) or "[empty answer]"


def request_text(request: Request) -> str:
    """The whole request: every message under its role, then tools, response format and parameters where given."""
    parts = [f"{str(message.get('role', '?')).upper()}\n{_content(message)}" for message in request.messages]
    rest = {"tools": request.tools, "tool_choice": request.tool_choice, "response_format": request.response_format}
    parts += [f"{name.upper()}\n{_json(value)}" for name, value in {**rest, "params": request.params}.items() if value]
    return "\n\n".join(parts)


def _content(message: dict[str, Any]) -> str:
    content = message.get("content")
    rest = {key: value for key, value in message.items() if key not in ("role", "content")}
    text = content if isinstance(content, str) else _json(content)
    return f"{text}\n{_json(rest)}" if rest else text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
