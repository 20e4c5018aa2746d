"""Is a judge kin to one of the two that it judges? A line of every phase that rests on verdicts. Pure."""

from judge.evidence.record import Evidence
from judge.judging.arms import Kin, kin_by_name, refused
from judge.outcomes import State
from judge.readiness.line import Line, fact
from judge.readiness.policy import Policy


def arms(policy: Policy, evidence: Evidence) -> list[Line]:
    """No line without a judge; blocked by a judge that is kin for certain, unless the configuration accepts that.

    An accepted one is named in the sentence, and so on every page, gate and sign-off; so is a name without a family.
    """
    if policy.judge is None:
        return []
    found = kin_by_name(policy.judge.models, policy.judge.candidates, evidence.versions.production_models)
    certain, unknown = refused(found), [each for each in found if each.how == "unknown"]
    if certain and not policy.judge.accept_kin:
        sentence = f"arms: {_said(certain)}, and would judge its own kind: blocked"
        return [Line(name="arms", state=State.BLOCKED, sentence=sentence)]
    if not evidence.versions.production_models:
        return [fact("arms", False, "arms: no captured call names production's model", "arms: pairs with its name")]
    if certain:
        return [fact("arms", True, f"arms: {_said(certain)}, accepted by accept_arm_as_judge")]
    if unknown:
        return [fact("arms", True, f"arms: {_said(unknown)}")]
    return [fact("arms", True, "arms: no judge is kin to production or the candidate")]


def _said(found: list[Kin]) -> str:
    return "; ".join(each.sentence for each in found)
