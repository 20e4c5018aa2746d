"""The chain of sign-offs: each row's hash covers its record and the row before, so no row can change unseen."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from judge.signing.canonical import canonical, digest
from shadow.store import Store

GENESIS = "0" * 64
# rowid: in the order they were stored, so that of two rows with one number the first is known.
_ROWS = "SELECT * FROM signoffs ORDER BY number, rowid"


class SignOff(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person's decision on a phase, and the whole readiness it was based on, as plain JSON values.

    `authenticated` is False where nothing proved that `actor` is who they say; `session` names the login they signed
    from. `digest` is that of the readiness. A record of an older version lacks what came later, and stays as it is.
    """

    number: int
    signed_at: datetime
    workflow: str
    fingerprint: str
    phase: str
    decision: str
    actor: str
    authenticated: bool
    reason: str
    as_of: datetime
    digest: str
    readiness: dict[str, Any]
    session: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the `signoffs` table, as stored."""

    signoff_id: str
    number: int
    previous_hash: str
    record: str
    record_hash: str
    signed_at: datetime


def link(signed: SignOff, previous_hash: str) -> Link:
    """The row that puts a decision behind the row with `previous_hash`."""
    record = canonical(signed)
    record_hash = digest(previous_hash + record)
    return Link(
        signoff_id=record_hash[:32],
        number=signed.number,
        previous_hash=previous_hash,
        record=record,
        record_hash=record_hash,
        signed_at=signed.signed_at,
    )


def links(store: Store) -> list[Link]:
    """All rows by number, and those of one number in the order in which they were stored."""
    return [Link(**row) for row in store.read(_ROWS).to_dicts()]


def standing(rows: Iterable[Link]) -> tuple[list[Link], list[Link]]:
    """The rows that stand and the forks: of two people who signed at once, the one stored first has signed."""
    stand: dict[int, Link] = {}
    forks = [row for row in rows if stand.setdefault(row.number, row) is not row]
    return list(stand.values()), forks


def append(store: Store, row: Link) -> None:
    """Add a row, whatever stands there already; the caller looks afterwards."""
    store.append(
        "signoffs",
        pl.DataFrame(
            [msgspec.structs.asdict(row)],
            schema=dict.fromkeys(Link.__struct_fields__, pl.String)
            | {"number": pl.Int64, "signed_at": pl.Datetime("us", "UTC")},
        ),
    )


def fault(row: Link, previous: Link | None) -> str | None:
    """What is wrong with a row in its place behind `previous` (None: the first), or None."""
    wanted_hash, wanted_number = (previous.record_hash, previous.number + 1) if previous else (GENESIS, 1)
    if row.number != wanted_number:
        return f"its number should be {wanted_number}: a record is missing"
    if row.previous_hash != wanted_hash:
        return "it does not continue the record before it"
    if row.record_hash != digest(row.previous_hash + row.record):
        return "its hash does not fit its text: one of them was changed"
    try:
        signed = decode(row.record)
    except msgspec.MsgspecError as error:
        return f"its text is not a sign-off: {error}"
    if link(signed, row.previous_hash) != row:
        return "its columns do not fit its text"
    return None


def decode(record: str) -> SignOff:
    """The decision in a row's text; raises msgspec.MsgspecError when it is none."""
    return msgspec.json.decode(record, type=SignOff)


def intact(rows: Iterable[Link]) -> Iterator[Link]:
    """The standing rows up to the first faulty one: those whose decisions count."""
    previous: Link | None = None
    for row in standing(rows)[0]:
        if fault(row, previous):
            return
        yield row
        previous = row


def history(store: Store) -> list[SignOff]:
    """The decisions that count, in their order."""
    return [decode(row.record) for row in intact(links(store))]
