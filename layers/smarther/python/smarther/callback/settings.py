"""The callback's environment as a frozen model, read once when the function starts."""

from __future__ import annotations

from pydantic import Field

from smarther.settings import FunctionSettings


class CallbackSettings(FunctionSettings):
    """The callback's settings."""

    table_name: str = Field(alias="TABLE_NAME", min_length=1)
    keeper_function: str = Field(alias="KEEPER_FUNCTION_NAME", min_length=1)
