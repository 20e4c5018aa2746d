"""From a configuration to the parts it names: store, source, models."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors import folder
from connectors.errors import UserError
from connectors.types import Model, Source
from shadow.config import Config, Connection, validate
from shadow.store import S3, Store
from shadow.store import open_store as open_url
from shadow.store_settings import StoreSettings


@contextmanager
def open_store(config: Config) -> Iterator[Store]:
    """The store of a configuration, with the tables of this version; closed at the end of the `with` block."""
    store = open_settings(config.store)
    try:
        store.migrate("shadow")
        store.migrate("judge")
        yield store
    finally:
        store.close()


def open_settings(settings: StoreSettings) -> Store:
    """The store of these settings, as it is."""
    return open_url(
        settings.url,
        serve=settings.serve,
        token=settings.token,
        data_path=settings.data_path,
        s3=S3(**settings.s3.model_dump()) if settings.s3 else None,
    )


@contextmanager
def existing_store(config: Config) -> Iterator[Store]:
    """The store as `open_store` gives it, for a command that only reads: a mistyped path is not an empty store.

    Raises UserError when the store is a file that does not exist.
    """
    scheme, _, place = config.store.url.partition(":")
    if scheme == "duckdb" and place and not Path(place).expanduser().exists():
        raise UserError(
            f"store.url: there is no store {place}; mend the path, or run shadowjudge up or mirror, which make one."
        )
    with open_store(config) as store:
        yield store


def connect_source(config: Config) -> Source:
    """The source, not yet opened. Raises UserError for settings that its kind does not take."""
    module = folder.load("sources", config.source.kind, "source")
    source: Source = module.connect("source", validate(module.Settings, config.source.settings, "source"))
    return source


def connect_models(config: Config, names: Iterable[str]) -> dict[str, Model]:
    """The models of these names. Raises UserError for settings that a kind does not take, or a missing model file."""
    return {name: connect_model(name, config.models[name]) for name in sorted(set(names))}


def connect_judges(config: Config) -> dict[str, Model]:
    """The judges, which never try again by themselves: each try is entered in the ledger, so the till does that."""
    return {name: connect_model(name, config.models[name], tries_again=False) for name in sorted(judges(config))}


def connect_asked_again(config: Config) -> dict[str, Model]:
    """The models that stand for production, which never try again by themselves either."""
    return {name: connect_model(name, config.models[name], tries_again=False) for name in sorted(asked_again(config))}


def connect_model(name: str, connection: Connection, tries_again: bool = True) -> Model:
    """One model. Raises UserError as `connect_models` does."""
    module = folder.load("models", connection.kind, f"models.{name}")
    settings = validate(module.Settings, connection.settings, f"models.{name}")
    if not tries_again and "max_retries" in type(settings).model_fields:
        settings = settings.model_copy(update={"max_retries": 0})
    model: Model = module.connect(name, settings)
    return model


def candidates(config: Config) -> set[str]:
    """The names of the models that are shadow-tested."""
    return {name for workflow in config.workflows.values() for name in workflow.candidates}


def asked_again(config: Config) -> set[str]:
    """The names of the models that stand for production, asked again for the noise floor."""
    return {workflow.noise_floor.model for workflow in config.workflows.values() if workflow.noise_floor}


def judges(config: Config) -> set[str]:
    """The names of the models that judge."""
    return {name for workflow in config.workflows.values() if workflow.judge for name in workflow.judge.judges}
