"""What the judge has replied already: the same question is asked once, whichever pair it comes from."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from connectors.types import Completion, Request
from judge.judging.prompt import boundary_of
from shadow.store import Store

KNOWN = 500_000
"""Of so many newest replies in the store it is remembered that they are there: 30 MB."""
RECENT = 5_000
"""So many are kept at hand."""
_STORED = "SELECT question FROM replies WHERE list_contains($models, model) ORDER BY replied_at DESC LIMIT $most"
_FOUND = "SELECT completion FROM replies WHERE question = $question ORDER BY replied_at DESC LIMIT 1"


def question_of(fingerprint: str, request: Request) -> str:
    """32 hex digits of all that may change the reply: the judge as configured, and every word that it is sent.

    Rubric, prompt version, order and both texts are among these words; the boundary, new for each call, is taken out.
    """
    text = msgspec.json.encode((fingerprint, request), order="deterministic").decode()
    boundary = boundary_of(request)
    plain = text.replace(boundary, "") if boundary else text
    return hashlib.blake2b(plain.encode(), digest_size=16).hexdigest()


class Replies:
    """The replies of some judges, by question. What other processes add after the start is not seen."""

    def __init__(self, store: Store, models: Iterable[str]) -> None:
        """`models`: the fingerprints of the judges."""
        self._store = store
        found = store.read(_STORED, {"models": list(models), "most": KNOWN})["question"]
        self._stored = {_short(question) for question in found}
        self._recent: OrderedDict[str, Completion] = OrderedDict()

    def at_hand(self, question: str) -> Completion | None:
        """The reply, if it is one of the newest."""
        return self._recent.get(question)

    def maybe_stored(self, question: str) -> bool:
        """False when the store surely has no reply."""
        return _short(question) in self._stored

    def find(self, question: str) -> Completion | None:
        """The stored reply, or None. Reads the store: not for the event loop's thread."""
        found = self._store.read(_FOUND, {"question": question})
        return None if found.is_empty() else msgspec.json.decode(found.item(), type=Completion)

    def keep(self, question: str, reply: Completion) -> None:
        """Remember a reply that is stored."""
        self._recent[question] = reply
        self._stored.add(_short(question))
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)


def _short(question: str) -> int:
    return int(question[:16], 16)
