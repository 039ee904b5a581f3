"""How a function is told by its environment: a frozen model, read once when the function starts.

The receiver and the redriver have plain ones (`receiver.settings` says why), which are read in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class FunctionSettings(BaseModel):
    """What a function is told; each field has a variable's name as its alias."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; a missing or senseless variable is pydantic's `ValidationError`, which names it."""
        return cls.model_validate(dict(environ))
