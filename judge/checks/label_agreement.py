"""Do both answers name the same label?"""

from typing import Any

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.labels import Vocabulary


class LabelAgreement(Agreement[str], Vocabulary):
    """Both answers name the same label. The right answer, where known, is the label, or an object that holds it.

    `labels`: the known labels; without it any answer is a label. Case and white space around it never matter.
    `aliases`: other spellings, each with the label it stands for.
    `field`: the answer is a JSON object, and this field of it holds the label.
    """

    def value(self, answer: Completion) -> str:
        return self.read(answer)

    def truth(self, ground_truth: Any) -> str:
        return self.known(self.pick(ground_truth) if isinstance(ground_truth, dict) else ground_truth)

    def difference(self, one: str, other: str) -> str:
        return "" if one == other else f"{one!r} against {other!r}"


PASSES = [
    Example(production="billing", candidate=" Billing\n"),
    Example(production="billing", candidate="invoices", settings={"aliases": {"Invoices": "billing"}}),
    Example(production='{"queue": "it"}', candidate='{"queue": "IT", "why": ""}', settings={"field": "queue"}),
    Example(production="billing", candidate="billing", truth="billing"),
]
FAILS = [
    Example(production="billing", candidate="access"),
    Example(production="correct", candidate="incorrect"),
    Example(production="access", candidate="access", truth="billing"),
    Example(production="billing", candidate="Billing, I think", settings={"labels": ["billing", "access"]}),
]
