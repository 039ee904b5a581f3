"""The rollup's environment as a frozen model, read once when the function starts."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from smarther.settings import FunctionSettings


class RollupSettings(FunctionSettings):
    """The rollup's settings."""

    table_name: str = Field(alias="TABLE_NAME", min_length=1)
    timezone: ZoneInfo = Field(alias="TIMEZONE")
    """The home's time zone, such as Europe/Rome; it decides which hours make a day."""
    retention_days: int = Field(alias="RETENTION_DAYS", ge=0)

    @property
    def retention(self) -> timedelta | None:
        """How long readings are kept; None means for ever."""
        return timedelta(days=self.retention_days) if self.retention_days else None
