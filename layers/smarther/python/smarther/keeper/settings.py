"""The keeper's environment as a frozen model, read once at cold start."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from smarther.domain.account.quota import FEWEST, MOST, Quota
from smarther.settings import FunctionSettings


class KeeperSettings(FunctionSettings):
    """The keeper's environment."""

    table_name: str = Field(alias="TABLE_NAME", min_length=1)
    credentials_arn: str = Field(alias="CREDENTIALS_SECRET_ARN", min_length=1)
    tokens_arn: str = Field(alias="TOKENS_SECRET_ARN", min_length=1)
    webhook_arn: str = Field(alias="WEBHOOK_SECRET_ARN", min_length=1)
    webhook_base_url: str = Field(alias="WEBHOOK_BASE_URL", pattern=r"^https?://[^/]")
    api_url: str = Field(alias="LEGRAND_API_URL", pattern=r"^https?://[^/]")
    login_url: str = Field(alias="LEGRAND_LOGIN_URL", pattern=r"^https?://[^/]")
    alarm_topic_arn: str = Field(alias="ALARM_TOPIC_ARN", default="")
    timezone: ZoneInfo = Field(alias="TIMEZONE")
    """The home's time zone, for times in mails."""
    plants: str = Field(alias="PLANT_IDS", default="")
    stale_after_hours: int = Field(alias="STALE_AFTER_HOURS", gt=0)
    rotation_days: int = Field(alias="WEBHOOK_ROTATION_DAYS", ge=0)
    retention_days: int = Field(alias="RETENTION_DAYS", ge=0)
    daily_calls: int = Field(alias="LEGRAND_DAILY_CALLS", ge=FEWEST, le=MOST)

    @property
    def quota(self) -> Quota:
        """How many calls Legrand grants in a day."""
        return Quota(self.daily_calls)

    @property
    def plant_ids(self) -> frozenset[str]:
        """The plants to record; empty means all of the account."""
        return frozenset(plant_id for part in self.plants.split(",") if (plant_id := part.strip()))

    @property
    def stale_after(self) -> timedelta:
        """How long nothing may arrive before a thermostat is silent and polled."""
        return timedelta(hours=self.stale_after_hours)

    @property
    def retention(self) -> int | None:
        """Days for which a polled reading is kept; None means for ever."""
        return self.retention_days or None
