"""The file beside a database that tells the other processes of the machine who serves it, and with which token."""

import os
from pathlib import Path

import msgspec

from connectors.errors import UserError


class Notice(msgspec.Struct, frozen=True):
    """Where the owner listens; `pid` is for people."""

    uri: str
    token: str
    pid: int


def place(database: Path) -> Path:
    """Where the notice of a database lies."""
    return database.with_name(database.name + ".owner")


def read(database: Path) -> Notice | None:
    """The notice of a database, or None when there is none that can be read.

    Raises UserError when it belongs to another user of the machine.
    """
    try:
        return msgspec.json.decode(place(database).read_bytes(), type=Notice)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    except PermissionError as error:
        raise UserError(f"store.url: {database} is served by a process of another user; run as that user.") from error


def write(database: Path, notice: Notice) -> None:
    """Replace the notice at once by one that only its owner may read."""
    file = place(database)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(msgspec.json.encode(notice))
    new.replace(file)


def remove(database: Path) -> None:
    place(database).unlink(missing_ok=True)
