"""A readiness as JUnit XML and as Markdown: nothing that lacks evidence passes."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import msgspec

from dashboards.commands.junit import junit, markdown
from judge.evidence.record import Evidence
from judge.outcomes import Phase, State
from judge.readiness.assess import assess
from judge.readiness.policy import policy_of
from shadow.config import Workflow

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = policy_of(Workflow.model_validate({"candidates": ["small"]}))
EMPTY = assess(POLICY, Evidence(workflow="triage", fingerprint="small@1", as_of=NOW), Phase.LIMITED)


def test_every_line_is_a_case_and_lacking_evidence_fails() -> None:
    (suite,) = ElementTree.fromstring(junit(EMPTY))
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == [line.name for line in EMPTY.lines]
    assert suite.get("tests") == suite.get("failures") == str(len(EMPTY.lines))
    assert {case.find("failure").get("type") for case in cases} == {"insufficient_evidence"}  # type: ignore[union-attr]


def test_a_line_that_is_ready_passes() -> None:
    lines = [msgspec.structs.replace(EMPTY.lines[0], state=State.READY), *EMPTY.lines[1:]]
    (suite,) = ElementTree.fromstring(junit(msgspec.structs.replace(EMPTY, lines=lines)))
    first, second, *_ = suite.findall("testcase")
    assert first.find("failure") is None
    assert second.find("failure") is not None


def test_no_text_breaks_the_forms() -> None:
    hostile = "a\x00b<script>&|`x`\nnext"
    lines = [msgspec.structs.replace(EMPTY.lines[0], sentence=hostile)]
    readiness = msgspec.structs.replace(EMPTY, lines=lines, workflow=hostile)
    (suite,) = ElementTree.fromstring(junit(readiness))
    assert suite.findall("testcase")[0].find("failure").get("message", "").startswith("a\ufffdb<script>&|`x`")  # type: ignore[union-attr]
    row = next(line for line in markdown(readiness).splitlines() if "insufficient evidence | a" in line)
    assert row.endswith(r"b\<script\>&\|\`x\` next |")
