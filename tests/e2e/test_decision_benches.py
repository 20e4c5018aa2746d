"""The short forms of bench-decision and bench-promotion hold their bars."""

import pytest

from tests.bench import promotion
from tests.bench.decision.__main__ import main as decision
from tests.needs import need


def test_decisions_in_made_up_worlds(capsys: pytest.CaptureFixture[str]) -> None:
    assert decision(["--short"]) == 0
    table = capsys.readouterr().out
    assert "Wilson, peeked" in table
    assert table.rstrip().endswith("holds")


def test_real_candidates_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    data = promotion.find()
    need(data is not None, "no shared/bench-data beside the checkout")
    assert promotion.main(data, orders=20) == 0
    table = capsys.readouterr().out
    assert "NullModel" in table
    assert table.rstrip().endswith("holds")


def test_no_recorded_pairs_is_no_pass() -> None:
    assert promotion.main(None, orders=20) == 1
