"""May pairs whose texts are not kept stand beside the others? Pure.

Checks read them before they were stored, so what checks settle counts. What checks leave open nobody can read, and a
sample of pairs that can be read says nothing about these.
"""

from judge.evidence.record import Evidence
from judge.readiness.line import Line, count, fact

SETTLE = "checks that settle every pair, by ground truth say, or a scrub policy that keeps texts"


def nobody_can_read(evidence: Evidence) -> str:
    """What is missing where checks leave pairs open whose texts are not kept; empty where they leave none."""
    return SETTLE if evidence.textless.left_open else ""


def texts(evidence: Evidence) -> list[Line]:
    """One line, where any pair has no texts."""
    found = evidence.textless
    if not found.pairs:
        return []
    sentence = f"texts: not kept of {count(found.pairs, 'pair')}"
    if found.other_checks:
        sentence += f", of which {found.other_checks:,} were examined by other checks and do not count"
    if found.left_open:
        sentence += f"; nobody can read the {found.left_open:,} that checks leave open"
    return [fact("texts", not found.left_open, sentence, f"texts: {SETTLE}")]
