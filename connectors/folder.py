"""Find a source or a model by its kind: the folder is the list."""

import importlib
import pkgutil
from types import ModuleType
from typing import Literal

from connectors.errors import UserError, unknown


def kinds(folder: Literal["sources", "models"]) -> list[str]:
    """The kinds in a folder, without importing any of them."""
    package = importlib.import_module(f"connectors.{folder}")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def load(folder: Literal["sources", "models"], kind: str, where: str) -> ModuleType:
    """The module of a kind: it offers `Settings` (pydantic) and `connect(name, settings)`.

    Raises UserError, beginning with `where`, for an unknown kind or one whose library is not installed.
    """
    if kind not in kinds(folder):
        raise unknown(f"kind of {folder[:-1]}", kind, kinds(folder), where)
    try:
        return importlib.import_module(f"connectors.{folder}.{kind}")
    except ModuleNotFoundError as error:
        raise UserError(
            f"{where}: kind {kind!r} needs the Python package {error.name!r}; install it with "
            f"pip install 'shadowjudge[{kind}]'."
        ) from error
