"""The callback's environment as a frozen model, read once when the function starts."""

from __future__ import annotations

import os
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class CallbackSettings(BaseModel):
    """What the callback is told by its environment."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    table_name: str = Field(alias="TABLE_NAME", min_length=1)
    keeper_function: str = Field(alias="KEEPER_FUNCTION_NAME", min_length=1)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment; a missing or senseless variable is pydantic's `ValidationError`, which names it."""
        return cls.model_validate(dict(os.environ))
