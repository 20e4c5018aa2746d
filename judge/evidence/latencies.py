"""Read exact percentiles of the latency of many candidates at once.

Two looks at the pairs: how many calls fall in each narrow bin, then the few bins that hold a wanted rank, sorted. A
quantile of the store's own takes one list of ranks for all, and sorting everything takes three times as long.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from judge.evidence.asking import ASKED, Asking, Key
from judge.evidence.captured import ARMS
from judge.evidence.record import Latency
from judge.statistics.rate import quantile_ranks

# Bins are of equal width in the root of the time: 25 ms at 1 s, and some 1,000 of them to half a minute.
_TIMED = {
    arm: f"""
    SELECT workflow, fingerprint, {arm}_latency_ms AS ms,
        floor(8 * sqrt(greatest({arm}_latency_ms, 0)))::INTEGER AS bin
    FROM pairs SEMI JOIN asked USING (workflow, fingerprint)
    WHERE mirrored_at <= $as_of AND {arm}_error IS NULL AND {arm}_latency_ms IS NOT NULL {{of_candidate}}
    """
    for arm in ARMS
}
_BINS = {
    arm: f"""
    WITH {ASKED}, timed AS ({timed})
    SELECT workflow, fingerprint, bin, count(*) AS calls FROM timed GROUP BY ALL ORDER BY ALL
    """
    for arm, timed in _TIMED.items()
}
_PLACES = {
    arm: f"""
    WITH {ASKED}, timed AS ({timed}),
    wanted AS (
        SELECT unnest($of_workflow) AS workflow, unnest($of_fingerprint) AS fingerprint, unnest($bins) AS bin,
            unnest($places) AS place
    ),
    held AS (
        SELECT workflow, fingerprint, bin, list_sort(list(ms)) AS ms
        FROM timed SEMI JOIN wanted USING (workflow, fingerprint, bin) GROUP BY ALL
    )
    SELECT workflow, fingerprint, bin, place, ms[place] AS ms
    FROM held JOIN wanted USING (workflow, fingerprint, bin)
    """
    for arm, timed in _TIMED.items()
}
Place = tuple[str, str, int, int]
"""Workflow, fingerprint, bin, and the rank within it, from 1."""


def latencies(asking: Asking) -> Mapping[Key, Mapping[str, Latency]]:
    """Order statistics of answered calls, by arm; a failed call has no latency, and is counted elsewhere."""
    found = {arm: _of_arm(asking, arm) for arm in ARMS}
    return {each.key: {arm: found[arm].get(each.key, Latency()) for arm in ARMS} for each in asking.subjects}


def _of_arm(asking: Asking, arm: str) -> Mapping[Key, Latency]:
    bins: defaultdict[Key, list[tuple[int, int]]] = defaultdict(list)
    for workflow, fingerprint, at, calls in asking.read(_BINS[arm]).iter_rows():
        bins[workflow, fingerprint].append((at, calls))
    places = {key: dict(_places(key, held)) for key, held in bins.items()}
    values = _values(asking, arm, sorted({place for named in places.values() for place in named.values()}))
    return {
        key: Latency(n=sum(calls for _, calls in held), **{name: values[place] for name, place in places[key].items()})
        for key, held in bins.items()
    }


def _places(key: Key, held: Sequence[tuple[int, int]]) -> Iterator[tuple[str, Place]]:
    """Where the wanted ranks lie, by name; a bound that n is too small for has no place."""
    ends = list(accumulate(calls for _, calls in held))
    n = ends[-1]
    lowest, highest = quantile_ranks(n, 0.95)
    ranks = {"p50_ms": -(-n // 2), "p95_ms": -(-n * 19 // 20), "p95_lower_ms": lowest, "p95_upper_ms": highest}
    for name, rank in ranks.items():
        if rank:
            at = bisect_left(ends, rank)
            yield name, (*key, held[at][0], rank - (ends[at - 1] if at else 0))


def _values(asking: Asking, arm: str, places: Sequence[Place]) -> Mapping[Place, float]:
    if not places:
        return {}
    workflows, fingerprints, bins, ranks = (list(column) for column in zip(*places, strict=True))
    wanted = {"of_workflow": workflows, "of_fingerprint": fingerprints, "bins": bins, "places": ranks}
    return {row[:4]: row[4] for row in asking.read(_PLACES[arm], **wanted).iter_rows()}
