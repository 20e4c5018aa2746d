"""Pairs whose texts are not kept: what their checks found while the texts were there, and the rows that come of it.

What is found travels in the pair's own row. A detail may quote an answer, so none is kept.
"""

from collections.abc import Sequence

import msgspec

from judge.checking.loading import LoadedCheck, checks_version, load_checks
from judge.checking.settle import CheckResult, examine, settle
from judge.scoring.rows import Checked
from judge.scoring.slicing import Slices, slices_of
from shadow.config import Config
from shadow.textless import Examine
from shadow.types import Examined, Pair

NOT_KEPT = "text not kept"


class _Found(msgspec.Struct, frozen=True):
    results: list[CheckResult]
    slices: Slices


_decoder = msgspec.json.Decoder(_Found)


def examiners(config: Config, where: str = "the configuration") -> dict[str, Examine]:
    """Who reads the texts of each workflow that does not keep them; raises UserError for checks that cannot be used."""
    return {
        name: examiner(load_checks(name, workflow.checks, where))
        for name, workflow in config.workflows.items()
        if not workflow.scrub.as_policy.keeps_texts
    }


def examiner(checks: Sequence[LoadedCheck]) -> Examine:
    """A function that says what the checks find of a pair, without a word of its texts."""
    version = checks_version(checks)

    def examined(pair: Pair) -> Examined:
        results = [
            msgspec.structs.replace(each, detail=NOT_KEPT if each.detail else "") for each in examine(checks, pair)
        ]
        return Examined(version, msgspec.json.encode(_Found(results, slices_of(pair))).decode())

    return examined


def checked(checks: Sequence[LoadedCheck], pair: Pair) -> Checked:
    """What the checks say of a stored pair; of one without texts, what they said before it was stored.

    Such a pair must have been examined by the same set of checks.
    """
    if pair.examined is None:
        results, slices = examine(checks, pair), slices_of(pair)
    else:
        found = _decoder.decode(pair.examined.found)
        results, slices = found.results, found.slices
    return Checked(pair, results, settle(results), slices)
