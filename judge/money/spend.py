"""What each arm has cost, by workflow: production, candidates, judges and the noise floor, in tokens and in USD."""

from typing import Any

import polars as pl

from shadow.config import Config, Prices
from shadow.prices import Usage, cost_of, price_of
from shadow.store import Store

_ANSWERED = """
SELECT workflow, 'production' AS arm, production_model AS model, count(*) AS calls,
    sum(production_input_tokens)::BIGINT AS input, sum(production_output_tokens)::BIGINT AS output
FROM pairs GROUP BY ALL
UNION ALL
SELECT workflow, 'candidate', fingerprint, count(*), sum(candidate_input_tokens)::BIGINT,
    sum(candidate_output_tokens)::BIGINT
FROM pairs GROUP BY ALL
ORDER BY ALL
"""
_JUDGED = """
SELECT calls.workflow, count(*) FILTER (result <> 'cached') AS calls, count(*) FILTER (result = 'cached') AS cached,
    count(*) FILTER (result IN ('failed', 'open')) AS failed, sum(input_tokens)::BIGINT AS input,
    sum(output_tokens)::BIGINT AS output, sum(usd) AS usd, count(*) FILTER (usd IS NULL) > 0 AS unpriced,
    coalesce(any_value(verdicts.verdicts), 0) AS verdicts
FROM judge_calls AS calls
LEFT JOIN (SELECT workflow, count(DISTINCT verdict_id) AS verdicts FROM verdicts GROUP BY workflow) AS verdicts
    ON verdicts.workflow = calls.workflow
GROUP BY calls.workflow ORDER BY calls.workflow
"""
_AGAIN = """
SELECT workflow, count(*) AS calls, 0 AS cached, count(*) FILTER (result IN ('failed', 'open')) AS failed,
    sum(input_tokens)::BIGINT AS input, sum(output_tokens)::BIGINT AS output, sum(usd) AS usd,
    count(*) FILTER (usd IS NULL) > 0 AS unpriced, 0 AS verdicts
FROM second_calls GROUP BY workflow ORDER BY workflow
"""
_COLUMNS: dict[str, Any] = {
    "workflow": pl.String, "arm": pl.String, "calls": pl.Int64, "input_tokens": pl.Int64, "output_tokens": pl.Int64,
    "usd": pl.Float64, "failed": pl.Int64, "cached": pl.Int64, "usd_per_verdict": pl.Float64,
}  # fmt: skip


def costs(store: Store, config: Config) -> pl.DataFrame:
    """One row a workflow and arm; `usd` is null where any part of it has no price.

    Of production and the candidates, `usd` is tokens as reported times the prices configured now, without any discount
    for cached tokens, which are not stored. Of the judge it is the ledger's sum: what each call cost when it was made,
    failures and calls cut off included; `usd_per_verdict` is that sum over all verdicts. `production again` is what the
    noise floor asked, from the ledger too.
    """
    arms: dict[tuple[str, str], dict[str, Any]] = {}
    for row in store.read(_ANSWERED).to_dicts():
        prices = _prices(row["arm"], row["model"], config)
        usd = None if prices is None else cost_of(Usage(row["input"] or 0, row["output"] or 0), prices)
        line = arms.setdefault((row["workflow"], row["arm"]), _line(row["workflow"], row["arm"]))
        line["calls"] += row["calls"]
        line["input_tokens"] += row["input"] or 0
        line["output_tokens"] += row["output"] or 0
        line["usd"] = None if usd is None or line["usd"] is None else line["usd"] + usd
    ledger = [_of_ledger("judge", row) for row in store.read(_JUDGED).to_dicts()]
    ledger += [_of_ledger("production again", row) for row in store.read(_AGAIN).to_dicts()]
    return pl.DataFrame([*arms.values(), *ledger], schema=_COLUMNS).sort("workflow", "arm")


def _prices(arm: str, model: str | None, config: Config) -> Prices | None:
    if arm == "production":
        return price_of(model, config.models)
    connection = config.models.get(str(model).rpartition("@")[0])
    return connection.prices if connection else None


def _of_ledger(arm: str, row: dict[str, Any]) -> dict[str, Any]:
    usd = None if row["unpriced"] else row["usd"]
    return _line(row["workflow"], arm) | {
        "calls": row["calls"],
        "input_tokens": row["input"] or 0,
        "output_tokens": row["output"] or 0,
        "usd": usd,
        "failed": row["failed"],
        "cached": row["cached"],
        "usd_per_verdict": usd / row["verdicts"] if usd is not None and row["verdicts"] else None,
    }


def _line(workflow: str, arm: str) -> dict[str, Any]:
    empty = dict.fromkeys(_COLUMNS)
    return empty | {"workflow": workflow, "arm": arm, "calls": 0, "input_tokens": 0, "output_tokens": 0, "usd": 0.0}
