"""The checks of a workflow, from the configuration. The folder judge/checks is the list of checks."""

import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Sequence

import msgspec

import judge.checks
from connectors.errors import UserError, unknown
from judge.checking.check import CANDIDATE_ERROR, Check
from judge.outcomes import Severity
from shadow.config import CheckSettings, validate


class LoadedCheck(msgspec.Struct, frozen=True):
    """A check of a workflow: its name, its settings, and the severity of the defect that a failure means, or None.

    The name is that of the file, unless the configuration gives another.
    """

    name: str
    check: Check
    severity: Severity | None


def known_checks() -> list[str]:
    """The names of all checks, without importing any."""
    return sorted(module.name for module in pkgutil.iter_modules(judge.checks.__path__))


def check_class(name: str) -> type[Check]:
    """The one class that the file of a check defines; raises TypeError when it defines none, or several."""
    module = importlib.import_module(f"judge.checks.{name}")
    found = [
        each
        for each in vars(module).values()
        if inspect.isclass(each)
        and issubclass(each, Check)
        and each.__module__ == module.__name__
        and not inspect.isabstract(each)
    ]
    if len(found) != 1:
        raise TypeError(f"judge/checks/{name}.py defines {len(found)} checks; one file is one check")
    return found[0]


def load_checks(workflow: str, settings: Sequence[CheckSettings], where: str) -> list[LoadedCheck]:
    """The checks of a workflow, in the order of the configuration; `where` names the file.

    Raises UserError for an unknown check, an unknown or wrong key, and a check that is given twice.
    """
    loaded: list[LoadedCheck] = []
    for each in settings:
        place = f"{where}: workflows.{workflow}.checks"
        if each.check not in known_checks():
            raise unknown("check", each.check, known_checks(), place)
        name = each.name or each.check
        if name != each.check and name in (*known_checks(), CANDIDATE_ERROR):
            raise UserError(f"{place}: the name {name!r} is taken by a check; choose another.")
        if any(name == other.name for other in loaded):
            raise UserError(f'{place}: {name!r} is there twice; tell them apart with a `name = "..."` of its own each.')
        check = validate(check_class(each.check), each.settings, f"{place}.{each.check}")
        severity = check.severity if each.severity is None else Severity(each.severity)
        loaded.append(LoadedCheck(name, check, severity))
    return loaded


def checks_version(checks: Sequence[LoadedCheck]) -> str:
    """16 hex digits that change when the same pair may be settled otherwise: a check, a key, a severity, the code."""
    parts = [
        (each.name, type(each.check).__module__, each.check.version, each.severity, each.check.model_dump(mode="json"))
        for each in sorted(checks, key=lambda each: each.name)
    ]
    return hashlib.sha256(msgspec.json.encode((SETTLING, parts), order="deterministic")).hexdigest()[:16]


SETTLING = 1
"""The version of judge/checking/settle.py: goes up when the same results may be settled otherwise."""
