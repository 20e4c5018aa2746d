"""How often production disagrees with itself, and the candidate with production, on the same requests. Pure."""

from judge.evidence.record import Evidence
from judge.readiness.line import Line, fact, method, percent
from judge.readiness.policy import Policy
from judge.statistics.mixture import ALPHA
from judge.statistics.paired import paired

NAME = "noise floor"


def noise_floor(policy: Policy, evidence: Evidence) -> Line:
    """The candidate's differences beside production's own: without it nobody knows what a difference means.

    Ready when the excess is known: on one side of the policy's margin, or to within the margin. It never blocks, since
    a difference is no defect.
    """
    seen, margin = evidence.noise, policy.noise_floor_margin
    if not policy.noise_floor:
        return fact(NAME, True, f"{NAME}: not asked for by the policy")
    if not seen.twice:
        missing = f"{NAME}: set workflows.{evidence.workflow}.noise_floor, so that production is asked again"
        return fact(NAME, False, f"{NAME}: production's disagreement with itself is not measured yet", missing)
    same = seen.twice - seen.candidate_only - seen.self_only
    found = paired(seen.candidate_only, seen.self_only, same, margin=margin)
    low, high = float(found.lower), float(found.upper)
    itself = (seen.both + seen.self_only) / seen.twice
    candidate = (seen.both + seen.candidate_only) / seen.twice
    line = fact(
        NAME,
        high < margin or low > margin or high - low < 2 * margin,
        f"{NAME}: production disagrees with itself on {percent(itself)}; candidate {percent(candidate)}; excess "
        f"{100 * (candidate - itself):.1f}, at most {100 * high:.1f} points ({method(ALPHA)}), on {seen.twice:,} calls "
        "asked twice",
        f"{NAME}: more calls that production answers twice, {seen.twice:,} so far",
        value=candidate - itself,
        unit="rate",
    )
    return Line(**{name: getattr(line, name) for name in line.__struct_fields__} | {"lower": low, "upper": high})
