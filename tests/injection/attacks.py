"""The attacks of attacks.toml, each as the text that an answer of one side would hold."""

import tomllib
from pathlib import Path

import msgspec


class Attack(msgspec.Struct, frozen=True):
    """One attack: `text` as the file has it."""

    name: str
    text: str
    repeat: int = 1

    def told(self, here: str) -> str:
        """The text as written by the answer `here`: first or second."""
        there = "second" if here == "first" else "first"
        return self.text.replace("THERE", there).replace("HERE", here) * self.repeat


def attacks() -> list[Attack]:
    """All of them."""
    raw = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text(encoding="utf-8"))
    return msgspec.convert(raw["attack"], list[Attack])
