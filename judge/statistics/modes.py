"""Which way of counting fits the evidence, and the sentence that says what it assumes (STATISTICS 4). Pure."""

from judge.statistics.cell import Mode

SLACK = 1.5
LEAST_POOL = 100
"""Below 100 confirmed defects the pool is too small to bound the judge's misses at a useful cost."""


def choose_mode(
    pool_size: int, *, human_labels: bool, guard_quiet: bool, truth: bool = False, least_pool: int = LEAST_POOL
) -> Mode:
    """The mode that the evidence allows.

    `truth`: the labels are the truth itself (people looked at every sampled pair, a check is the truth, or a named
    waiver takes the judge for it). `guard_quiet`: the judge guard has not fired, and this judge and rubric have been
    used before. Choose it before looking at a candidate's figures, and keep it for the epoch.
    """
    if truth:
        return Mode.CLEAN
    if not human_labels:
        return Mode.PROVISIONAL
    return Mode.POOLED if guard_quiet and pool_size >= least_pool else Mode.LOCAL


def sentence(mode: Mode, pool_size: int = 0, slack: float = SLACK) -> str:
    """What the mode assumes, as a page says it."""
    if mode is Mode.POOLED:
        return (
            f"assumes the judge misses at most {slack:g}x as often here as in its calibration pool (n={pool_size:,}), "
            f"and for a block at least 1/{slack:g}x"
        )
    return _SENTENCES[mode]


_SENTENCES = {
    Mode.CLEAN: "takes each label as the truth",
    Mode.LOCAL: "no assumption about the judge",
    Mode.PROVISIONAL: "provisional: no person has confirmed the judge yet, so this decides nothing",
}
