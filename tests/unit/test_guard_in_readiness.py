"""The judge guard in a readiness: audits that find too many misses take the judge's pool away."""

from typing import Any

import pytest

from judge.evidence.record import Labelled, PoolCount
from judge.outcomes import Phase
from judge.readiness.assess import assess
from judge.readiness.defects import mode_of
from tests.unit.test_readiness import ACCEPTED, JUDGE, POLICY, WHOLE, change, line


def disagreements(missed: int, let_pass: int) -> Any:
    """A pool of 200 defects of which the judge missed a tenth, and audits of disagreements that it let pass."""
    passed = {"stratum": "disagree", "verdict": "equivalent", "offered": "audit"}
    flag = {"stratum": "disagree", "verdict": "worse_major", "offered": "confirm"}
    rows = [
        Labelled(**flag, review="worse_major", pairs=100),
        Labelled(**passed, review="worse_major", pairs=missed),
        Labelled(**passed, review="equivalent", pairs=let_pass),
        Labelled(stratum="disagree", verdict="equivalent", pairs=500),
    ]
    pool = [PoolCount("major", found, half, n) for found, n in ((True, 90), (False, 10)) for half in (True, False)]
    strata = {"strata": {"disagree": 2000}, "captured": 2000, "checked": 2000}
    labels = [row for row in rows if row.pairs]
    return change(WHOLE, settled=[], **strata, labels=labels, judge=change(ACCEPTED, pool=pool))


@pytest.mark.parametrize(("missed", "let_pass", "mode"), [(2, 148, "pooled"), (30, 120, "local")])
def test_audits_that_find_more_misses_than_the_pool_end_pooled_mode(missed: int, let_pass: int, mode: str) -> None:
    policy, evidence = change(POLICY, judge=JUDGE), disagreements(missed, let_pass)
    assert mode_of(policy, evidence) == mode
    found = line(assess(policy, evidence, Phase.LIMITED), "major defects").sentence
    assert ("misses more here than in its calibration pool, 30 of 150 audited" in found) is (mode == "local")
