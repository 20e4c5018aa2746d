"""What tokens cost. Pure: counts and prices in, USD out."""

import re
from collections.abc import Mapping

import msgspec

from shadow.config import ModelConnection, Prices

MILLION = 1_000_000
_DATE = re.compile(r"[-@:](\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one call or of many; `cached` is the part of `input` that the server read from its prompt cache."""

    input: int = 0
    output: int = 0
    cached: int = 0


def cost_of(tokens: Usage, prices: Prices) -> float:
    """USD of so many tokens. Tokens of reasoning are output, as the servers count them."""
    cached = min(tokens.cached, tokens.input)
    cached_price = prices.input if prices.cached is None else prices.cached
    paid = (tokens.input - cached) * prices.input + cached * cached_price + tokens.output * prices.output
    return paid / MILLION


def in_batch(prices: Prices) -> Prices:
    """The prices of a batch."""
    by = prices.batch_factor
    cached = None if prices.cached is None else prices.cached * by
    return Prices(input=prices.input * by, output=prices.output * by, cached=cached)


def price_of(served: str | None, models: Mapping[str, ModelConnection]) -> Prices | None:
    """The prices of the model that a server calls `served`: those of the [models] table with that `model`, or None.

    This is how production's model gets a price: by a table that nothing else needs to use. An exact name wins over one
    that differs in its date, its capitals, or the owner before the last slash only.
    """
    if served is None:
        return None
    tables = [(str(each.settings.get("model")), each.prices) for each in models.values() if each.prices]
    exact = [prices for model, prices in tables if model == served]
    near = [prices for model, prices in tables if _undated(model) == _undated(served)]
    return next(iter(exact + near), None)


def _undated(model: str) -> str:
    return _DATE.sub("", model.casefold().rsplit("/", 1)[-1])
