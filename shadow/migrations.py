"""The numbered SQL files of a package, and which of them a store still lacks."""

import hashlib
import importlib.resources
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from connectors.errors import UserError


class Migration(NamedTuple):
    """One SQL file: `sql/0001_name.sql` of a package."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(package: str) -> list[Migration]:
    """The migrations of a package, in order."""
    folder = importlib.resources.files(package).joinpath("sql")
    names = sorted(entry.name for entry in folder.iterdir() if re.fullmatch(r"\d{4}_.*\.sql", entry.name))
    return [Migration(int(name[:4]), name, folder.joinpath(name).read_text(encoding="utf-8")) for name in names]


def pending(files: Sequence[Migration], applied: Mapping[int, str], store: str) -> list[Migration]:
    """The migrations not yet in a store; `applied` holds the number and SHA-256 of those that are.

    Raises UserError when the store was made by another version: a file has changed since, or is not known here.
    """
    known = {file.number: file for file in files}
    for number, sha256 in sorted(applied.items()):
        if number not in known or known[number].sha256 != sha256:
            what = known[number].name if number in known else f"number {number}"
            raise UserError(
                f"{store}: migration {what} is not the one this store was made with; "
                "use the version of shadowjudge that made it, or a new store."
            )
    return [file for file in files if file.number not in applied]
