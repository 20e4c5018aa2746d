"""What a test needs from the machine: missing in CI is a failure, missing elsewhere a skip."""

import os

import pytest


def need(condition: bool, sentence: str) -> None:
    """Go on when the condition holds; else fail (in CI) or skip, with the sentence."""
    if condition:
        return
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)
