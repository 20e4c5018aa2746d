"""The two errors that are not bugs, and kinds found by their folder."""

import pytest

from connectors.errors import RetryLater, UserError, unknown
from connectors.folder import kinds, load


@pytest.mark.parametrize(
    ("name", "known", "where", "sentence"),
    [
        (
            "kafak",
            ["kafka", "file"],
            "source",
            "source: unknown kind 'kafak'; did you mean 'kafka'? known: file, kafka.",
        ),
        ("zzz", ["kafka", "file"], "source", "source: unknown kind 'zzz'; known: file, kafka."),
        ("x", [], "", "unknown kind 'x'; known: none."),
    ],
)
def test_an_unknown_name_is_told_the_nearest_known_one(name: str, known: list[str], where: str, sentence: str) -> None:
    error = unknown("kind", name, known, where)
    assert isinstance(error, UserError)
    assert str(error) == sentence


def test_a_passing_fault_may_say_how_long_to_wait() -> None:
    assert (str(RetryLater("busy", 2.5)), RetryLater("busy", 2.5).after_s) == ("busy", 2.5)
    assert RetryLater("busy").after_s is None


@pytest.mark.parametrize("folder", ["sources", "models"])
def test_each_kind_of_a_folder_offers_settings_and_connect(folder: str) -> None:
    assert kinds(folder)  # type: ignore[arg-type]
    for kind in kinds(folder):  # type: ignore[arg-type]
        module = load(folder, kind, "here")  # type: ignore[arg-type]
        assert callable(module.connect)
        assert module.Settings.model_config["extra"] == "forbid"
        assert module.Settings.model_config["frozen"]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UserError, match="source: unknown kind of source 'kafak'; did you mean 'kafka'\\?"):
        load("sources", "kafak", "source")
