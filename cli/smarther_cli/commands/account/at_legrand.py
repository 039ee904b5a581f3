"""Whether Legrand knows an application, asked from this machine before its credentials are stored.

Two calls, neither of which changes anything. The login gets an invalid code: it refuses the code where it knows the
application, and the application where it does not (RFC 6749, section 5.2). The API is called without a token: its
gateway, Azure API Management, checks the subscription key first, and its message says whether that is the fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import TYPE_CHECKING, Final

import requests

from smarther.domain.account.legrand_answers import Kind, Reason, Service
from smarther.legrand.client import API_SECONDS, LegrandError, Login, Transport, open_session

if TYPE_CHECKING:
    from smarther.domain.account.credentials import Credentials

_NOBODYS_CODE: Final = "smarther-configure-asks-whether-this-application-is-known"
_TIMEOUT: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Known:
    """Whether Legrand knows an application, and its subscription key; None if it did not say.

    `reason` is why it does not know the application.
    """

    application: bool | None
    key: bool | None
    reason: Reason | None = None


def known(credentials: Credentials, *, login_url: str, api_url: str) -> Known:
    """Ask Legrand. Where a call fails, the answer is None."""
    transport = Transport(open_session(), _now, sleep, _now() + _TIMEOUT)
    application, reason = _application(Login(transport, login_url, credentials))
    return Known(application, _key(transport, api_url, credentials.subscription_key), reason)


def _application(login: Login) -> tuple[bool | None, Reason | None]:
    try:
        login.exchange(_NOBODYS_CODE)
    except LegrandError as error:
        reason = error.answer.reason
        if reason in {Reason.CREDENTIALS_REFUSED, Reason.CLIENT_SECRET_EXPIRED}:
            return False, reason
        return (True if reason is Reason.CONSENT_EXPIRED else None), None
    return True, None


def _key(transport: Transport, api_url: str, key: str) -> bool | None:
    headers = {"Ocp-Apim-Subscription-Key": key, "Accept": "application/json"}
    request = requests.Request("GET", f"{api_url.rstrip('/')}/plants", headers=headers)
    try:
        answer, _ = transport.send("plants", Service.API, request, API_SECONDS)
    except LegrandError:
        return None
    if answer.reason is Reason.SUBSCRIPTION_KEY_REFUSED:
        return False
    return True if answer.kind in {Kind.UNAUTHORISED, Kind.QUOTA} else None


def _now() -> datetime:
    return datetime.now(UTC)
