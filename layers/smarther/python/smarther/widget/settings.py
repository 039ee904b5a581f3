"""The widget's environment as a frozen model, read once when the function starts."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from smarther.settings import FunctionSettings


class WidgetSettings(FunctionSettings):
    """The widget's settings."""

    table_name: str = Field(alias="TABLE_NAME", min_length=1)
    stale_after_hours: int = Field(alias="STALE_AFTER_HOURS", gt=0)
    keeper_rate_minutes: int = Field(alias="KEEPER_RATE_MINUTES", gt=0)
    timezone: ZoneInfo = Field(alias="TIMEZONE")
    """The home's time zone, the same as the rollup's."""

    @property
    def stale_after(self) -> timedelta:
        """How long nothing may arrive from a thermostat before it is shown as silent."""
        return timedelta(hours=self.stale_after_hours)

    @property
    def keeper_every(self) -> timedelta:
        """The time between two scheduled runs of the keeper."""
        return timedelta(minutes=self.keeper_rate_minutes)
