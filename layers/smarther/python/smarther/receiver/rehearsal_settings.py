"""The environment of the pre-traffic check as a frozen model, read once when the function starts."""

from __future__ import annotations

import os
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class PreTrafficSettings(BaseModel):
    """What the pre-traffic check is told by its environment."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    receiver_version: str = Field(alias="RECEIVER_VERSION_ARN", min_length=1)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment; a missing or senseless variable is pydantic's `ValidationError`, which names it."""
        return cls.model_validate(dict(os.environ))
