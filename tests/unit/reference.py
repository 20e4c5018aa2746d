"""The settings classes of the product, and the documentation that follows from them."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connectors.folder import kinds
from shadow import config
from shadow.access import LoginSettings
from shadow.demands import Budgets, Demands, Limits, NoiseFloor
from shadow.gate import GateSettings
from shadow.signing import SignoffSettings
from shadow.store_settings import S3Settings, StoreSettings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "shadowjudge.toml"
REFERENCE = ROOT / "docs" / "configuration.md"


def settings_classes() -> dict[str, type[BaseModel]]:
    """Every settings class, by the heading of its section in docs/configuration.md."""
    return {
        "The file": config.Config,
        "[store]": StoreSettings,
        "[store.s3]": S3Settings,
        "[source]": config.Connection,
        **{f'[source] with kind = "{kind}"': _of("sources", kind) for kind in kinds("sources")},
        **{f'[models.NAME] with kind = "{kind}"': _of("models", kind) for kind in kinds("models")},
        "[models.NAME.prices]": config.Prices,
        "[workflows.NAME]": config.Workflow,
        "[[workflows.NAME.checks]]": config.CheckSettings,
        "[workflows.NAME.scrub]": config.ScrubSettings,
        "[workflows.NAME.judge]": config.WorkflowJudge,
        "[workflows.NAME.budgets]": Budgets,
        "[workflows.NAME.limits]": Limits,
        "[workflows.NAME.demands]": Demands,
        "[workflows.NAME.noise_floor]": NoiseFloor,
        "[workflows.NAME.signoff]": SignoffSettings,
        "[mirror]": config.MirrorSettings,
        "[dashboard]": config.DashboardSettings,
        "[dashboard.login]": LoginSettings,
        "[gate]": GateSettings,
    }


def rows(settings: type[BaseModel]) -> Iterator[str]:
    """The rows of the table that documents a class."""
    for name, field in settings.model_fields.items():
        yield f"| `{name}` | {_default(field)} | {field.description} |"


def _of(folder: str, kind: str) -> type[BaseModel]:
    settings: type[BaseModel] = import_module(f"connectors.{folder}.{kind}").Settings
    return settings


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is None or field.default in ({}, [], "") or isinstance(field.default, BaseModel):
        return ""
    value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f'`"{value}"`' if isinstance(value, str) and not isinstance(field.default, bool) else f"`{value}`"
