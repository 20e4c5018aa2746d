"""A judge that is asked about one pair, by way of the till."""

from connectors.types import Completion, Request
from judge.money.till import Priced, Till
from shadow.types import Pair


class Paid:
    """A model whose calls are looked up, capped, and entered in the ledger under a pair."""

    def __init__(self, till: Till, priced: Priced, pair: Pair, fresh: bool = False, served: str | None = None) -> None:
        """`fresh`: ask even what was asked before, as the judge's repeat noise is measured.

        `served`: the model as its server names it now; what another one replied before is asked anew.
        """
        self.name, self.fingerprint = priced.model.name, priced.model.fingerprint
        self._till, self._priced, self._pair = till, priced, pair
        self._fresh, self._served = fresh, served

    async def complete(self, request: Request) -> Completion:
        """The reply. Raises CapReached before anything is asked, and RetryLater when the judge is away."""
        pair = self._pair
        return await self._till.ask(
            self._priced, request, pair.workflow, pair.pair_id, fresh=self._fresh, served=self._served
        )

    async def probe(self) -> str:
        return await self._priced.model.probe()

    async def close(self) -> None:
        """Nothing: whoever connected the model closes it."""
