"""The webhook's own address, called as the provider would call it."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Final

import requests

if TYPE_CHECKING:
    from datetime import datetime

_SECONDS: Final = (5, 10)


def proves(session: requests.Session, address: str, *, code: str, now: datetime) -> bool:
    """Whether the receiver behind the address answers a validation event as it should: 200, the code under both keys.

    The event is the one of Legrand's tutorial. The address holds the secret, so no exception leaves this function.
    """
    event = {
        "id": code,
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": now.isoformat(),
        "data": {"validationCode": code},
    }
    try:
        response = session.post(address, json=[event], timeout=_SECONDS, allow_redirects=False)
        answer = json.loads(response.content)
    except (requests.RequestException, ValueError, RecursionError):
        return False
    return (
        response.status_code == requests.codes.ok
        and isinstance(answer, dict)
        and all(_is_code(answer.get(key), code) for key in ("validationCode", "validationResponse"))
    )


def _is_code(value: object, code: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(), code.encode())
