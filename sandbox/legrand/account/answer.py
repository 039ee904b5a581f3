"""The provider's answer as a plain value: the core makes it, HTTP only sends it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

WORDS: Mapping[int, str] = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Out of call volume quota. Quota will be replenished in 03:30:56.",
    404: "Resource not found",
    408: "Request timeout",
    409: "Subscription already exists",
    429: "Rate limit is exceeded. Try again in 60 seconds.",
    430: "Wrong input parameters",
    469: "Password used in the Thermostat official app is expired. Please renew it through the official application.",
    470: "Terms and conditions for Thermostat official app are expired. "
    "Please accept them again through the official application.",
    486: "Busy visual user interface",
    500: "Server internal error",
}
"""The documented messages (Legrand's OpenAPI export `smartherV2.yaml`, kept in berry-13/bticino-gateway-ha).

Those of 403 and 429 are Azure API Management's stock wording."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, sent after `delay_ms`; `dropped` means that the connection is closed instead."""

    status: int
    content: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_ms: int = 0
    dropped: bool = False

    @classmethod
    def of(cls, status: int, value: Any, headers: Mapping[str, str] | None = None) -> Self:
        """Answer with `value` as JSON."""
        return cls(status, document(value), "application/json; charset=utf-8", headers or {})

    @classmethod
    def words(cls, status: int, message: str | None = None, headers: Mapping[str, str] | None = None) -> Self:
        """Answer in the documented form of failures, `{"statusCode", "message"}`; the default message is documented."""
        return cls.of(status, {"statusCode": status, "message": message or WORDS.get(status, "")}, headers)

    @property
    def value(self) -> Any:
        """The content read as JSON. Raises ValueError if it is not JSON."""
        return json.loads(self.content)


def document(value: Any) -> bytes:
    """JSON as the provider writes it: letters unescaped, except surrogates, such as half an emoji."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


class Refusal(Exception):  # noqa: N818 - it is the provider's answer, not an error of ours
    """The provider refuses a call, with `answer`."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
