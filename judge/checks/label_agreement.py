"""Do both answers name the same label?"""

from typing import Any

from connectors.types import Completion
from judge.checking.check import Agreement
from judge.checking.example import Example
from judge.checking.labels import Vocabulary


class LabelAgreement(Agreement[frozenset[str]], Vocabulary):
    """Both answers name the same label, or the same set of labels. Case and white space around them never matter.

    The ground truth is the label, a list of labels, or an object that holds it: under `field`, or as its only value.
    """

    def value(self, answer: Completion) -> frozenset[str]:
        return self.read_labels(answer)

    def truth(self, ground_truth: Any) -> frozenset[str]:
        if isinstance(ground_truth, dict):
            only = self.field is None and len(ground_truth) == 1
            ground_truth = next(iter(ground_truth.values())) if only else self.pick(ground_truth)
        return self.named(ground_truth)

    def difference(self, one: frozenset[str], other: frozenset[str]) -> str:
        if one == other:
            return ""
        return f"{_listed(one - other)} against {_listed(other - one)}"


def _listed(labels: frozenset[str]) -> str:
    return ", ".join(repr(each) for each in sorted(labels)) or "none"


PASSES = [
    Example(production="billing", candidate=" Billing\n"),
    Example(production="billing", candidate="invoices", settings={"aliases": {"Invoices": "billing"}}),
    Example(production='{"queue": "it"}', candidate='{"queue": "IT", "why": ""}', settings={"field": "queue"}),
    Example(production="billing", candidate="billing", truth="billing"),
    Example(production="a, b", candidate="b, a", settings={"several": "comma"}),
]
FAILS = [
    Example(production="billing", candidate="access"),
    Example(production="correct", candidate="incorrect"),
    Example(production="access", candidate="access", truth="billing"),
    Example(production="billing", candidate="Billing, I think", settings={"labels": ["billing", "access"]}),
]
