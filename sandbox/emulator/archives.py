"""The local cloud's CloudFormation, which makes the archive of an event bus; its EventBridge has archives already.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html. Works in the
local cloud's own process.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Mapping


def install() -> None:
    """Have CloudFormation know the type."""
    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {"create": create, "delete": delete}  # noqa: SLF001


def create(logical_id: str, properties: Mapping[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    """Make an archive; its name and its attributes."""
    name = properties.get("ArchiveName") or f"{stack_name}-{logical_id}"
    order = {
        "ArchiveName": name,
        "EventSourceArn": properties["SourceArn"],
        "Description": properties.get("Description", ""),
        "RetentionDays": int(properties.get("RetentionDays", 0)),
    }
    if "EventPattern" in properties:
        order["EventPattern"] = json.dumps(properties["EventPattern"])
    status, _, body = eventbridge._create_archive(order)  # noqa: SLF001 - MiniStack's own operation
    if status >= 400:  # noqa: PLR2004 - HTTP's own number
        raise ValueError(f"AWS::Events::Archive: {body!r}")
    return name, {"Arn": json.loads(body)["ArchiveArn"], "ArchiveName": name}


def delete(name: str, _: Mapping[str, Any]) -> None:
    """Remove an archive."""
    eventbridge._delete_archive({"ArchiveName": name})  # noqa: SLF001 - the same
