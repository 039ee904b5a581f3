"""Calls the webhook's own address as the provider would."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import requests

from smarther.domain.account.legrand_answers import json_object
from smarther.domain.keeper.keeper_probe import Handshake

if TYPE_CHECKING:
    from datetime import datetime

_SECONDS: Final = (5, 10)
_MILLISECOND: Final = timedelta(milliseconds=1)


def proves(session: requests.Session, address: str, *, code: str, now: datetime) -> bool:
    """Whether the address answers a validation event correctly: with 200, and the code under both keys."""
    return handshake(session, address, code=code, now=now).proven


def handshake(
    session: requests.Session, address: str, *, code: str, now: datetime, seconds: tuple[float, float] = _SECONDS
) -> Handshake:
    """Post the validation event of Legrand's tutorial; returns what came back.

    `seconds` are the timeouts to connect and to read. Raises nothing, since an exception could quote the address, which
    holds the secret.
    """
    event = {
        "id": code,
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": now.isoformat(),
        "data": {"validationCode": code},
    }
    try:
        response = session.post(address, json=[event], timeout=seconds, allow_redirects=False)
        content = response.content
    except requests.RequestException:
        return Handshake()
    answer = json_object(content)
    proven = response.status_code == requests.codes.ok and all(
        _is_code(answer.get(key), code) for key in ("validationCode", "validationResponse")
    )
    return Handshake(
        status=response.status_code,
        ms=round(response.elapsed / _MILLISECOND),
        proven=proven,
        new_container=proven and answer.get("new_container") is True,
    )


def _is_code(value: object, code: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(), code.encode())
