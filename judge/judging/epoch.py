"""Epochs: verdicts are compared and counted together only while nothing changed that may change them.

A *setup* is what the configuration says: rubric, judges and their parameters, prompt. An *epoch* is a setup together
with the models as their servers name them: a model that changes behind its name opens a new one by itself.
"""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from judge.judging.prompt import PROMPT
from judge.judging.rubric import Rubric, load_rubric
from shadow.config import Config, Connection
from shadow.store import Store

_ASKED = ("kind", "model", "path", "base_url", "params", "prompt_version", "n_ctx", "max_tokens", "seed")
_LAST = """
SELECT epoch, judges FROM verdicts WHERE workflow = $workflow AND setup = $setup
ORDER BY judged_at DESC, verdict_id LIMIT 1
"""


def setup_of(config: Config, workflow: str, where: str = "the configuration") -> str | None:
    """The setup of a workflow's judge as it is configured now, 16 hex digits; None where it has no judge.

    It needs no model and no network, so that whoever only reads the store knows which verdicts count.
    Raises UserError for a rubric that cannot be read.
    """
    judge = config.workflows[workflow].judge
    if judge is None:
        return None
    rubric = load_rubric(judge.rubric, f"{where}: workflows.{workflow}.judge")
    first = judge.judges[: -1 if judge.escalate_to else None]
    return setup(rubric, {name: config.models[name] for name in first}, _one(config, judge.escalate_to))


def setup(rubric: Rubric, judges: Mapping[str, Connection], strong: Mapping[str, Connection]) -> str:
    """16 hex digits that change when the same pair may be judged otherwise, as far as the configuration tells."""
    asked = [
        {name: _asked(connection) for name, connection in judges.items()},
        {name: _asked(connection) for name, connection in strong.items()},
    ]
    return _hash([rubric.hash, PROMPT, asked])


class Seen(msgspec.Struct, frozen=True):
    """A judge in an epoch: its fingerprint, and the model that its server named, None before it named one."""

    fingerprint: str
    model: str | None = None


class Epochs:
    """The present epoch of a setup. It goes on until a judge contradicts the name that it was served under in it."""

    def __init__(self, setup: str, fingerprints: Mapping[str, str]) -> None:
        """`fingerprints` are those of all judges: a GGUF file that is exchanged under its name changes one."""
        self._setup = setup
        self.seen = {name: Seen(fingerprint) for name, fingerprint in fingerprints.items()}
        """Every judge as it is known in this epoch; stored with each verdict."""
        self.current = ""
        """The epoch's name, 16 hex digits; empty before the first verdict, when no verdict is of it."""

    def resume(self, epoch: str, seen: Mapping[str, Seen]) -> None:
        """Go on with an epoch that is stored, unless a model file has changed since."""
        marks = {name: each.fingerprint for name, each in seen.items()}
        if marks == {name: each.fingerprint for name, each in self.seen.items()}:
            self.current, self.seen = epoch, dict(seen)

    def of(self, served: Mapping[str, str], always: Collection[str]) -> str:
        """The epoch of a verdict whose judges were served under these names.

        `always` are the judges that every verdict asks: their names alone open the first epoch of a setup, so that two
        scorers that begin together open the same one.
        """
        changed = any(self.seen[name].model not in (None, model) for name, model in served.items())
        known = {name: Seen(each.fingerprint, served.get(name, each.model)) for name, each in self.seen.items()}
        if changed or not self.current:
            names = {name: each.model for name, each in known.items() if changed or name in always}
            marks = {name: each.fingerprint for name, each in known.items()}
            self.current = _hash([self._setup, marks, names])
        self.seen = known
        return self.current


def resume(store: Store, workflow: str, setup: str, epochs: Epochs) -> None:
    """Let epochs go on where the store left off."""
    for epoch, seen in store.read(_LAST, {"workflow": workflow, "setup": setup}).iter_rows():
        epochs.resume(epoch, msgspec.json.decode(seen, type=dict[str, Seen]))


def _asked(connection: Connection) -> dict[str, Any]:
    known = {"kind": connection.kind, **connection.settings}
    return {key: known[key] for key in _ASKED if key in known}


def _one(config: Config, name: str | None) -> dict[str, Connection]:
    return {name: config.models[name]} if name else {}


def _hash(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:16]
