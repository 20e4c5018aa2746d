"""One synthetic production call, before it has a time and a number."""

from typing import Any

import msgspec

from connectors.types import Request


class Call(msgspec.Struct, frozen=True):
    """A request, what the pretended production model answered, and the right answer where there is one."""

    request: Request
    answer: str
    truth: Any = None


def chat(system: str, user: str, examples: list[tuple[str, str]] | None = None) -> list[dict[str, Any]]:
    """The messages of a chat: instruction, worked examples, question."""
    turns = [("system", system)]
    for question, answer in examples or []:
        turns += [("user", question), ("assistant", answer)]
    return [{"role": role, "content": text} for role, text in [*turns, ("user", user)]]
