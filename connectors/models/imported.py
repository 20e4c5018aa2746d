"""A candidate that is not asked: its answers were recorded elsewhere and come by `shadowjudge import`."""

from pydantic import BaseModel, ConfigDict, Field

from connectors.errors import RetryLater
from connectors.fingerprint import fingerprint
from connectors.types import Completion, Request


class Settings(BaseModel):
    """A [models.NAME] table of kind "imported": answers that were recorded elsewhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, description="the model's name as the column candidate_model has it")


def connect(name: str, settings: Settings) -> "ImportedModel":
    """The model; nobody is called."""
    return ImportedModel(name, settings)


class ImportedModel:
    """Stands for a model whose answers were recorded."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.model = settings.model
        self.fingerprint = fingerprint(name, kind="imported", model=settings.model)

    async def complete(self, request: Request) -> Completion:
        """Raises RetryLater: a request without a recorded answer has none."""
        raise RetryLater(f"models.{self.name} has imported answers only and cannot be asked")

    async def probe(self) -> str:
        return f"imported answers of {self.model}, by shadowjudge import"

    async def close(self) -> None:
        """Nothing to close."""
