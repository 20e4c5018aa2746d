"""Which records rows are of, one bit an offset: distinct records are counted without comparing ids.

Counting 10 million distinct pair_ids takes 2 s, and as many bits 0.15 s; "not in" becomes a matter of masks. A pair is
its record and its candidate, so for rows of one fingerprint a bit is a pair. See docs/decisions/009-records-as-bits.md.
"""

from collections.abc import Iterable

BLOCK = 14
FATES = """(
    SELECT topic, "partition", "offset", workflow, fingerprint, 'paired' AS fate, '' AS reason, mirrored_at AS fated_at
    FROM pairs
    UNION ALL
    SELECT topic, "partition", "offset", workflow, '', CASE reason WHEN 'shed' THEN 'shed' ELSE 'skipped' END, reason,
        skipped_at
    FROM skipped
    UNION ALL
    SELECT topic, "partition", "offset", '', '', 'rejected', reason, rejected_at FROM rejected
    UNION ALL
    SELECT topic, "partition", "offset", workflow, '', 'erased', '', mirrored_at FROM erased
)"""
"""What became of every record, a row for each time it was stored."""


def blocks(rows: str, where: str = "TRUE", by: Iterable[str] = ()) -> str:
    """SQL that gives, by `by` and block of 2^14 offsets of a partition, the `bits` of its rows and their number `n`.

    `rows` is a table or a subquery with topic, partition and offset.
    """
    names = "".join(f"{name}, " for name in by)
    last = (1 << BLOCK) - 1
    return f"""
    SELECT {names}topic, "partition", "offset" >> {BLOCK} AS block, count(*) AS n,
        bitstring_agg(("offset" & {last})::INTEGER, 0, {last}) AS bits
    FROM {rows} WHERE {where} GROUP BY ALL
    """


def lacking(rows: str, others: str, by: Iterable[str] = ()) -> str:
    """SQL that gives the blocks of `rows` with how many of their records `others` lack; both are SQL of `blocks`."""
    keys = ", ".join((*by, "topic", '"partition"', "block"))
    return f"""
    SELECT {keys}, bit_count(a.bits) - coalesce(bit_count(a.bits & b.bits), 0) AS lacking
    FROM ({rows}) AS a LEFT JOIN ({others}) AS b USING ({keys})
    """


def in_block(rows: str, found: str, by: Iterable[str] = ()) -> str:
    """SQL that tells whether a row of the table `rows` lies in a block of `found`."""
    same = [f"{rows}.{name} = {found}.{name}" for name in (*by, "topic", '"partition"')]
    return " AND ".join([*same, f'{rows}."offset" >> {BLOCK} = {found}.block'])
