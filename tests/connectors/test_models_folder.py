"""Every file in connectors/models is a kind, and every kind keeps the same promises."""

import inspect

import pytest
from pydantic import BaseModel

from connectors import folder
from connectors.errors import UserError

KINDS = folder.kinds("models")


def test_the_kinds_are_the_files() -> None:
    assert KINDS == ["imported", "llama", "openai", "recorded"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_strict_settings_and_connect(kind: str) -> None:
    module = folder.load("models", kind, "models.x")
    assert issubclass(module.Settings, BaseModel)
    assert module.Settings.model_config["extra"] == "forbid"
    assert module.Settings.model_config["frozen"] is True
    assert list(inspect.signature(module.connect).parameters) == ["name", "settings"]
    assert (module.__doc__ or "").strip()
    for name, field in module.Settings.model_fields.items():
        assert field.description, name


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"models\.x: unknown kind of model 'lama'; did you mean 'llama'\?"):
        folder.load("models", "lama", "models.x")
