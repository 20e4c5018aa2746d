"""A judge that is asked about one pair, by way of the till."""

from connectors.types import Completion, Request
from judge.money.till import Priced, Till
from shadow.types import Pair


class Paid:
    """A model whose calls are looked up, capped, and entered in the ledger under a pair."""

    def __init__(self, till: Till, priced: Priced, pair: Pair, fresh: bool = False) -> None:
        """`fresh`: ask even what was asked before, as the judge's repeat noise is measured."""
        self.name, self.fingerprint = priced.model.name, priced.model.fingerprint
        self._till, self._priced, self._pair, self._fresh = till, priced, pair, fresh

    async def complete(self, request: Request) -> Completion:
        """The reply. Raises CapReached before anything is asked, and RetryLater when the judge is away."""
        return await self._till.ask(self._priced, request, self._pair.workflow, self._pair.pair_id, self._fresh)

    async def probe(self) -> str:
        return await self._priced.model.probe()

    async def close(self) -> None:
        """Nothing: whoever connected the model closes it."""
