"""The environment of the receiver and the redriver as frozen models, read once when they start.

They do not use pydantic, as the other functions' settings do: importing it would take a third of the receiver's cold
start, and a receiver that starts slowly loses readings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_RETENTION_DAYS = 36_500


class SettingsError(ValueError):
    """A variable of the environment is missing or invalid; the message names it."""


class ReceiverSettings(NamedTuple):
    """The settings of the receiver, from its environment.

    `retention_days` is None if readings never expire. `spill_queue_url` is None if there is no spill queue: then
    a notification that the table does not take is spilled to the log.
    """

    table_name: str
    retention_days: int | None
    spill_queue_url: str | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read TABLE_NAME, RETENTION_DAYS ("0": readings never expire) and SPILL_QUEUE_URL; raises SettingsError."""
        return cls(
            table_name=_required(environ, "TABLE_NAME"),
            retention_days=_retention(environ),
            spill_queue_url=environ.get("SPILL_QUEUE_URL") or None,
        )


class RedriverSettings(NamedTuple):
    """The settings of the redriver, from its environment; `retention_days` as in ReceiverSettings."""

    table_name: str
    retention_days: int | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read TABLE_NAME and RETENTION_DAYS; raises SettingsError."""
        return cls(table_name=_required(environ, "TABLE_NAME"), retention_days=_retention(environ))


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _retention(environ: Mapping[str, str]) -> int | None:
    text = _required(environ, "RETENTION_DAYS")
    if not text.isascii() or not text.isdigit() or int(text) > MAX_RETENTION_DAYS:
        raise SettingsError(f"RETENTION_DAYS is not a number of days from 0 to {MAX_RETENTION_DAYS}")
    return int(text) or None
