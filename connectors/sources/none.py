"""No traffic: all pairs are recorded ones, and come by `shadowjudge import`."""

from collections.abc import Callable, Collection, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from connectors.types import Partition, Record


class Settings(BaseModel):
    """The table [source] with kind = "none"."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def connect(name: str, settings: Settings) -> "NoSource":
    """A source without records."""
    return NoSource()


class NoSource:
    """Implements connectors.types.Source, at its end from the beginning."""

    exhausted = True

    def open(
        self,
        first_wanted: Callable[[Mapping[Partition, int]], Mapping[Partition, int]],
        revoked: Callable[[Sequence[Partition]], None],
    ) -> None:
        """Nothing is assigned."""

    def poll(self, timeout_s: float) -> list[Record]:
        return []

    def pause(self) -> None:
        """Nothing comes anyhow."""

    def resume(self) -> None:
        """Nothing comes anyhow."""

    def commit(self, positions: Mapping[Partition, int]) -> None:
        """Nothing to note."""

    def begin_again(self, partitions: Collection[Partition]) -> None:
        """There are none."""

    def lag(self) -> dict[Partition, int]:
        return {}

    def close(self) -> None:
        """Nothing to close."""
