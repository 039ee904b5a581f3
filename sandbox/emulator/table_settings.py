"""Makes the local cloud's CloudFormation set a table's time to live and point-in-time recovery.

MiniStack's own ignores both, and its DynamoDB then reports them as off. Works in the local cloud's own process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    type Properties = Mapping[str, Any]

# These are private parts of MiniStack. They are read at import, so that with a version without them nothing starts.
_HANDLERS: Final[dict[str, Any]] = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]  # noqa: SLF001
_SETTINGS: Final = {
    "TimeToLiveSpecification": dynamodb._update_ttl,  # noqa: SLF001
    "PointInTimeRecoverySpecification": dynamodb._update_continuous_backups,  # noqa: SLF001
}


def install() -> None:
    """Apply these settings to every table that CloudFormation creates or updates."""
    _HANDLERS.update(create=making(_HANDLERS["create"]), update=changing(_HANDLERS["update"]))


def making(create: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack's `create`, followed by the settings."""

    def created(logical_id: str, properties: Properties, stack_name: str) -> Any:
        made = create(logical_id, properties, stack_name)
        _apply(made[0], {}, properties)
        return made

    return created


def changing(update: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack's `update`, followed by the settings that the template changes."""

    def updated(physical_id: str, old: Properties, new: Properties, *more: Any, **named: Any) -> Any:
        changed = update(physical_id, old, new, *more, **named)
        _apply(changed[0] if isinstance(changed, tuple) else physical_id, old, new)
        return changed

    return updated


def _apply(name: str, old: Properties, new: Properties) -> None:
    for specification, change in _SETTINGS.items():
        if specification in new and new[specification] != old.get(specification):
            status, _, body = change({"TableName": name, specification: _with_booleans(new[specification])})
            if status >= 400:  # noqa: PLR2004 - HTTP's errors
                raise ValueError(f"{specification}: {body!r}")


def _with_booleans(specification: Properties) -> dict[str, Any]:
    """With the texts "true" and "false", which CloudFormation accepts, as booleans, which DynamoDB needs."""
    words = {"true": True, "false": False}
    return {key: words.get(value, value) if isinstance(value, str) else value for key, value in specification.items()}
