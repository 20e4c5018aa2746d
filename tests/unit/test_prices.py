"""What tokens cost, and whose prices they are: tables of cases."""

import pytest

from shadow.config import ModelConnection, Prices
from shadow.prices import Usage, cost_of, price_of

PRICES = Prices(input=2.0, output=10.0, cached=0.5)


@pytest.mark.parametrize(
    ("tokens", "prices", "usd"),
    [
        (Usage(), PRICES, 0.0),
        (Usage(1_000_000), PRICES, 2.0),
        (Usage(0, 1_000_000), PRICES, 10.0),
        (Usage(1_000_000, 0, 400_000), PRICES, 0.6 * 2 + 0.4 * 0.5),
        (Usage(1_000_000, 0, 400_000), Prices(input=2.0, output=10.0), 2.0),
        (Usage(100, 0, 1_000), PRICES, 100 * 0.5 / 1e6),
        (Usage(1_000, 50), Prices(input=0, output=0), 0.0),
    ],
)
def test_cost_of(tokens: Usage, prices: Prices, usd: float) -> None:
    assert cost_of(tokens, prices) == pytest.approx(usd, abs=1e-12)


def _table(model: str, price: float | None) -> ModelConnection:
    prices = None if price is None else {"input": price, "output": price}
    return ModelConnection.model_validate({"kind": "openai", "model": model, "prices": prices})


@pytest.mark.parametrize(
    ("served", "price"),
    [
        ("gpt-9", 1.0),
        ("gpt-9-2026-05-01", 2.0),
        ("gpt-9-2026-07-01", 1.0),
        ("openai/GPT-9", 1.0),
        ("gpt-9-mini", None),
        ("unpriced", None),
        (None, None),
    ],
)
def test_price_of(served: str | None, price: float | None) -> None:
    models = {"a": _table("gpt-9", 1.0), "b": _table("gpt-9-2026-05-01", 2.0), "c": _table("unpriced", None)}
    found = price_of(served, models)
    assert (found and found.input) == price
