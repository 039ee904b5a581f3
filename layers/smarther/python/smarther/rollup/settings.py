"""The environment of the rollup as a frozen model, read once when the function starts."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field


class RollupSettings(BaseModel):
    """What the rollup is told by its environment."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

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
