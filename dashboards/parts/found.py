"""Found pairs and clusters of them as tables."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import polars as pl

from dashboards.parts.clock import local
from dashboards.parts.markup import table
from dashboards.parts.permalink import permalink
from dashboards.parts.visible import escaped


def pairs_table(rows: pl.DataFrame, zone: tzinfo) -> str:
    """Pairs with what was said of them and how both answers begin; each row links to its pair."""
    cells = [
        (_link(row, local(row["occurred_at"], zone)), _said(row), _text(row["production"]), _text(row["candidate"]))
        for row in rows.iter_rows(named=True)
    ]
    return table(("called", "said of it", "production begins", "candidate begins"), cells, "pairs")


def ids_table(rows: pl.DataFrame, zone: tzinfo) -> str:
    """Pairs found by an id."""
    cells = [
        (
            _link(row, local(row["occurred_at"], zone)),
            *(escaped(row[name] or "–") for name in ("workflow", "fingerprint", "request_id", "trace_id")),
        )
        for row in rows.iter_rows(named=True)
    ]
    return table(("called", "workflow", "candidate", "request id", "trace id"), cells, "ids")


def clusters_table(rows: pl.DataFrame, workflow: str, zone: tzinfo) -> str:
    """Groups of pairs that failed the same checks, the largest first, each with its newest pair."""
    cells = [
        (
            f"{row['pairs']:,}",
            escaped(row["failed"]),
            escaped(row["severity"] or "none known"),
            escaped(row["slice"] or "–"),
            _link(
                {"workflow": workflow, "pair_id": row["example"], "occurred_at": row["newest"]},
                local(row["newest"], zone),
            ),
        )
        for row in rows.iter_rows(named=True)
    ]
    return table(("pairs", "failed checks", "severity", "slice", "newest"), cells, "clusters")


def _link(row: Mapping[str, Any], text: str) -> str:
    address = escaped(permalink(row["workflow"], row["pair_id"], row["occurred_at"]))
    return f'<a href="{address}">{escaped(text)}</a>'


def _said(row: Mapping[str, Any]) -> str:
    by_checks = row["severity"] or row["outcome"] or row["stratum"]
    said = [f"checks: {by_checks}"] + [f"{who}: {row[who]}" for who in ("verdict", "review") if row[who]]
    if row["failed"]:
        said.append(f"failed {', '.join(row['failed'])}")
    return "<br>".join(map(escaped, said))


def _text(text: str | None) -> str:
    return f'<div class="sj-excerpt" dir="auto">{escaped(text)}</div>' if text else "–"
