"""What the keeper is given, remembers and reports, as models: frozen, and with no value in an error."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """A model that cannot be changed. Fields that it does not know are ignored; its errors quote no value."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
