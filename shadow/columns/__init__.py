"""Recorded answers at the speed of the source: whole polls as columns, without an object for each pair.

For candidates that answer a batch at once (connectors.types.Replay). What is not plain (a record that cannot be read,
is not in the sample, or shows a sign of something to mask) takes the way of every other record, shadow/intake.py, which
decides; both ways give the same rows.
"""

from shadow.columns.replays import Pairs, Replays

__all__ = ["Pairs", "Replays"]
