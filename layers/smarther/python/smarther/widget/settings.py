"""The environment of the widget as a frozen model, read once when the function starts."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field


class WidgetSettings(BaseModel):
    """What the widget is told by its environment."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    table_name: str = Field(alias="TABLE_NAME", min_length=1)
    stale_after_hours: int = Field(alias="STALE_AFTER_HOURS", gt=0)
    timezone: ZoneInfo = Field(alias="TIMEZONE")
    """The home's time zone, the same as the rollup's, whose days the widget draws."""

    @property
    def stale_after(self) -> timedelta:
        """How long a thermostat may be silent before it stands out."""
        return timedelta(hours=self.stale_after_hours)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment; a missing or senseless variable is pydantic's `ValidationError`, which names it."""
        return cls.model_validate(dict(os.environ))
