"""Whose approval of a phase counts, and how long."""

from pydantic import Field

from shadow.strict import Strict


class SignoffSettings(Strict):
    """How many people approve a phase, who may not do so alone, and until when it counts."""

    approvers: int = Field(default=1, ge=1, description="different people who must approve a phase")
    authors: list[str] = Field(
        default=[],
        description="who wrote this workflow's settings or made its candidate: their approval alone never suffices",
    )
    valid_days: int = Field(default=90, ge=1, description="days after which an approval must be given again")
    waivers: bool = Field(
        default=False, description="allow to waive a phase that is not ready; a waiver stands on every page and report"
    )
