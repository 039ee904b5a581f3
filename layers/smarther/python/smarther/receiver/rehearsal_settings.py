"""The environment of the pre-traffic check as a frozen model, read once when the function starts."""

from __future__ import annotations

from pydantic import Field

from smarther.settings import FunctionSettings


class PreTrafficSettings(FunctionSettings):
    """The pre-traffic check's settings."""

    receiver_version: str = Field(alias="RECEIVER_VERSION_ARN", min_length=1)
