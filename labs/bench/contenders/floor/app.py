"""The floor: a handler that does nothing. What remains is the interpreter, the runtime and one answer."""

from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An answer."""
    return {"statusCode": 200, "body": "{}"}
