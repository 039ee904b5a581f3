"""How a function reads its environment: into a frozen model, once, when the function starts.

The receiver and the redriver have plain classes (`receiver.settings` says why), which are read in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class FunctionSettings(BaseModel):
    """A function's settings; the alias of a field is the name of its environment variable."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment. Raises pydantic's ValidationError, which names a missing or invalid variable."""
        return cls.model_validate(dict(environ))
