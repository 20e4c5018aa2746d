"""Why a pair is put before a person."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a person looks at a pair; what the label may count for follows from it.

    `confirm`: the judge flagged it. `audit`: the judge let it pass, and it was drawn. `random`: drawn whatever the
    judge says of it. `control`: somebody else has labelled it already. `own`: the reviewer picked it, so it counts for
    that pair alone and never as a sample.
    """

    CONFIRM = "confirm"
    AUDIT = "audit"
    RANDOM = "random"
    CONTROL = "control"
    OWN = "own"

    @property
    def sentence(self) -> str:
        """What a reviewer reads above the pair."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.CONFIRM: "the judge found something here: is it a defect?",
    Reason.AUDIT: "the judge let this pair pass: an audit, drawn at random",
    Reason.RANDOM: "drawn at random, whatever the judge says of it: it shows how well the judge does",
    Reason.CONTROL: "a control: somebody else has labelled it too",
    Reason.OWN: "your own choice: it counts for this pair, not as a sample",
}
