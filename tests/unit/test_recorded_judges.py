"""Judges recorded by others, through our own combination and calibration: the whole of make bench-judge, in 5 s."""

from tests.bench.checks.__main__ import data
from tests.bench.judge.__main__ import main
from tests.needs import need


def test_every_recorded_judge_comes_out_as_recorded() -> None:
    need(data() is not None, "needs the recorded outputs in shared/bench-data beside the checkout, or DATA=DIR")
    assert main([]) == 0
