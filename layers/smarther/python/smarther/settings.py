"""The environment of each function as a frozen model, read once when the function starts."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field


class WidgetSettings(BaseModel):
    """What the widget is told by its environment."""

    model_config = ConfigDict(frozen=True)

    table_name: str = Field(alias="TABLE_NAME", min_length=1)
    stale_after_hours: int = Field(alias="STALE_AFTER_HOURS", gt=0)

    @property
    def stale_after(self) -> timedelta:
        """How long a thermostat may be silent before it stands out."""
        return timedelta(hours=self.stale_after_hours)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment; a missing or senseless variable is pydantic's `ValidationError`, which names it."""
        return cls.model_validate(dict(os.environ))


class RollupSettings(BaseModel):
    """What the rollup is told by its environment."""

    model_config = ConfigDict(frozen=True)

    table_name: str = Field(alias="TABLE_NAME", min_length=1)
    timezone: ZoneInfo = Field(alias="TIMEZONE")
    """The home's time zone, such as Europe/Rome: its calendar says which hours make a day."""
    retention_days: int = Field(alias="RETENTION_DAYS", ge=0)

    @property
    def retention(self) -> timedelta | None:
        """How long readings are kept, or `None` for ever."""
        return timedelta(days=self.retention_days) if self.retention_days else None

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment; a missing or senseless variable is pydantic's `ValidationError`, which names it."""
        return cls.model_validate(dict(os.environ))
