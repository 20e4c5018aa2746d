"""A readiness for continuous integration: JUnit XML, and Markdown for a step summary."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from judge.outcomes import State
from judge.readiness.assess import Readiness

# What XML 1.0 cannot hold in any form.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKS = {State.READY: "✅", State.INSUFFICIENT_EVIDENCE: "⏳", State.BLOCKED: "⛔"}


def junit(readiness: Readiness) -> bytes:
    """One test case a line. A line that lacks evidence fails like one that is blocked: no report may call it passed."""
    lines = readiness.lines
    failed = [line for line in lines if line.state is not State.READY]
    suite = Element("testsuite", {
        "name": _xml(f"shadowjudge {readiness.workflow} {readiness.phase}"),
        "tests": str(len(lines)), "failures": str(len(failed)), "errors": "0", "skipped": "0",
        "timestamp": f"{readiness.as_of:%Y-%m-%dT%H:%M:%S}",
    })  # fmt: skip
    properties = SubElement(suite, "properties")
    for name in ("fingerprint", "state", "sentence", "digest"):
        SubElement(properties, "property", {"name": name, "value": _xml(getattr(readiness, name))})
    for line in lines:
        case = SubElement(suite, "testcase", {
            "classname": _xml(f"{readiness.workflow}.{readiness.phase}"), "name": _xml(line.name), "time": "0",
        })  # fmt: skip
        if line.state is State.READY:
            SubElement(case, "system-out").text = _xml(line.sentence)
        else:
            SubElement(case, "failure", {"type": line.state, "message": _xml(line.sentence)}).text = _xml(
                line.missing or line.sentence
            )
    suites = Element("testsuites", {"tests": suite.get("tests", ""), "failures": suite.get("failures", "")})
    suites.append(suite)
    return bytes(tostring(suites, encoding="utf-8", xml_declaration=True))


def markdown(readiness: Readiness) -> str:
    """A heading, the sentence, and a table of the lines."""
    rows = [
        f"| {_MARKS[line.state]} {line.state.replace('_', ' ')} | {_cell(line.sentence)} |" for line in readiness.lines
    ]
    missing = [f"* {_cell(each)}" for each in readiness.missing]
    return "\n".join([
        f"### {_cell(readiness.workflow)}: {_MARKS[readiness.state]} {readiness.phase}", "",
        _cell(readiness.sentence), "",
        f"Candidate `{_cell(readiness.fingerprint)}`, as of {readiness.as_of:%Y-%m-%d %H:%M:%S} UTC, "
        f"digest `{readiness.digest}`", "",
        "| state | line |", "|---|---|", *rows, "",
        *(["What is missing:", "", *missing, ""] if missing else []),
    ])  # fmt: skip


def _cell(text: str) -> str:
    """Text that stays text in a Markdown table."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def _xml(text: str) -> str:
    return _NO_XML.sub("�", text)
