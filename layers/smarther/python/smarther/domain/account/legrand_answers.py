"""Legrand's answers, classed once: each known status of the login and the API, and what follows from it.

The facts are those of the existing clients and of the vendor's OpenAPI export: 403 is the daily quota if it says so,
469 and 470 need the owner in Legrand's own app, 486 means that somebody is using the thermostat's screen. At the login
`invalid_grant` comes with two known codes of Azure AD B2C, one of which is misleading. A status in no table here has
never been seen: then the provider has changed, and the call was not wrong.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


class Service(StrEnum):
    """The two hosts that Legrand answers from."""

    LOGIN = "login"
    API = "api"


class Kind(StrEnum):
    """What an answer means for the keeper's next step."""

    OK = "ok"
    TRANSIENT = "transient"  # the same call may succeed later
    QUOTA = "quota"  # no call succeeds before the quota is replenished
    FORBIDDEN = "forbidden"  # refused, but not for the quota: the reason is not documented, so it is tried again soon
    PERSON = "person"  # no call succeeds before a person has done something
    UNAUTHORISED = "unauthorised"  # the access token is not valid, or no longer
    CONFLICT = "conflict"  # what was to be created exists already
    NOT_FOUND = "not_found"  # it does not exist, or its gateway is offline: the answer does not say which
    GONE = "gone"  # it does not exist any more
    NO_HOST = "no_host"  # the host's name does not resolve
    STRANGE = "strange"  # a status or a form that is not known
    BUG = "bug"  # the call itself was wrong


class Reason(StrEnum):
    """Why a person is needed."""

    CREDENTIALS_MISSING = "credentials_missing"
    CREDENTIALS_REFUSED = "credentials_refused"
    CONSENT_MISSING = "consent_missing"
    CONSENT_EXPIRED = "consent_expired"
    CLIENT_SECRET_EXPIRED = "client_secret_expired"  # noqa: S105 - a reason's name, not a secret
    CLIENT_SECRET_BIRTHDAY = "client_secret_birthday"  # noqa: S105 - a reason's name, not a secret
    SUBSCRIPTION_KEY_REFUSED = "subscription_key_refused"
    ACCESS_REFUSED = "access_refused"
    APP_PASSWORD_EXPIRED = "app_password_expired"  # noqa: S105 - a reason's name, not a secret
    APP_TERMS = "app_terms"
    NO_PLANT = "no_plant"
    PROVIDER_CHANGED = "provider_changed"
    PROVIDER_GONE = "provider_gone"

    @property
    def remedy(self) -> str:
        """What the person is to do, in one or two sentences."""
        return _REMEDIES[self]


_REMEDIES: Final[Mapping[Reason, str]] = {
    Reason.CREDENTIALS_MISSING: (
        "Run `smarther configure` and give the client id, client secret and subscription key of your application at"
        " Legrand."
    ),
    Reason.CREDENTIALS_REFUSED: (
        "Legrand does not know the client id or the client secret. Compare them with your application in Legrand's"
        " developer portal and run `smarther configure`."
    ),
    Reason.CONSENT_MISSING: "Run `smarther authorize` and give your consent in the browser.",
    Reason.CONSENT_EXPIRED: "Legrand's consent has ended. Run `smarther authorize` to give it again.",
    Reason.CLIENT_SECRET_EXPIRED: (
        "The client secret has expired, as it does after a year. Renew it in Legrand's developer portal, then run"
        " `smarther configure`; if that alone does not help, `smarther authorize`."
    ),
    Reason.CLIENT_SECRET_BIRTHDAY: (
        "The client secret soon reaches the year after which Legrand lets it expire. Renew it in Legrand's developer"
        " portal, then run `smarther configure`."
    ),
    Reason.SUBSCRIPTION_KEY_REFUSED: (
        "Legrand does not take the subscription key: it is wrong, suspended or cancelled. Look at your subscription in"
        " Legrand's developer portal, then run `smarther configure`."
    ),
    Reason.ACCESS_REFUSED: (
        "Legrand's API refuses a fresh access token. Check that your subscription key is active, then run"
        " `smarther configure`, and `smarther authorize` after it."
    ),
    Reason.APP_PASSWORD_EXPIRED: (
        "The password of your account in Legrand's Thermostat app has expired. Renew it in the app; nothing needs to"
        " be done here."
    ),
    Reason.APP_TERMS: (
        "Legrand's Thermostat app wants its terms accepted again. Open the app and accept them; nothing needs to be"
        " done here."
    ),
    Reason.NO_PLANT: (
        "Legrand lists no home in your account, so nothing is recorded. In the Thermostat app allow third-party access"
        " for your home, then run `smarther keeper run`. If it was allowed already, you may have logged in with another"
        " account than the app's: run `smarther authorize` again."
    ),
    Reason.PROVIDER_CHANGED: (
        "Legrand changes its API, or announces its end; `smarther status` says which. Nothing is wrong in your home,"
        " and what is stored stays yours. Look for a newer version of the recorder and deploy it. If there is none,"
        " `smarther report-problem` writes a file to attach to a report."
    ),
    Reason.PROVIDER_GONE: (
        "Legrand's API or login is no longer where it was. Nothing is wrong in your home, and what is stored stays"
        " yours. If Legrand names a new address, deploy with it: docs/running/runbook.md#the-provider-changes. Else"
        " look for a newer version of the recorder."
    ),
}


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an answer's headers announce: since when this API is deprecated, and when it ends.

    Both are UTC days; None if the header has no day that can be read.
    """

    deprecated_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """One answer, classed. `status` is None if none came. `retry_after` is in seconds, 0 to `LONGEST_WAIT`; None if the
    answer names no time.
    """

    kind: Kind
    status: int | None = None
    reason: Reason | None = None
    retry_after: float | None = None
    announced: Announcement | None = None

    @property
    def may_pass(self) -> bool:
        """Whether the same call may succeed in a moment."""
        return self.kind in {Kind.TRANSIENT, Kind.NO_HOST}


UNREACHABLE: Final = ProviderAnswer(Kind.TRANSIENT)
"""No complete answer: no connection, a timeout, or a broken connection."""

NO_HOST: Final = ProviderAnswer(Kind.NO_HOST)
"""No answer, because the host's name does not resolve."""

_API: Final[Mapping[int, Kind]] = {  # statuses in _API_REASONS need a person
    400: Kind.BUG,
    401: Kind.UNAUTHORISED,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    408: Kind.TRANSIENT,
    409: Kind.CONFLICT,
    410: Kind.GONE,
    429: Kind.TRANSIENT,
    430: Kind.BUG,
    486: Kind.TRANSIENT,
}
_LOGIN: Final[Mapping[int, Kind]] = {
    400: Kind.BUG,
    401: Kind.BUG,
    404: Kind.NOT_FOUND,
    408: Kind.TRANSIENT,
    410: Kind.GONE,
    425: Kind.TRANSIENT,
    429: Kind.TRANSIENT,
}
_API_REASONS: Final[Mapping[int, Reason]] = {
    469: Reason.APP_PASSWORD_EXPIRED,
    470: Reason.APP_TERMS,
}
_LOGIN_ERRORS: Final[Mapping[str, Reason]] = {
    "invalid_grant": Reason.CONSENT_EXPIRED,
    "invalid_client": Reason.CREDENTIALS_REFUSED,
    "unauthorized_client": Reason.CREDENTIALS_REFUSED,
}
LOGIN_REASONS: Final = frozenset({*_LOGIN_ERRORS.values(), Reason.CLIENT_SECRET_EXPIRED})
"""Reasons that only the login reports: over as soon as it gives tokens."""
API_REASONS: Final = frozenset({Reason.SUBSCRIPTION_KEY_REFUSED, Reason.ACCESS_REFUSED, *_API_REASONS.values()})
"""Reasons that the API reports instead of data: over as soon as it answers with data of any form."""

_CHECKED_IN_ORDER: Final = (
    (frozenset({Reason.CREDENTIALS_REFUSED, Reason.CLIENT_SECRET_EXPIRED}), frozenset({Reason.CONSENT_EXPIRED})),
    (
        frozenset({Reason.SUBSCRIPTION_KEY_REFUSED}),
        frozenset({Reason.ACCESS_REFUSED}),
        frozenset(_API_REASONS.values()),
        frozenset({Reason.NO_PLANT}),
    ),
)
"""What each service checks, in this order, before it does anything. The login: the client, then the grant (RFC 6749,
section 6). The API: the subscription key, the access token, the owner's account, then what that holds."""

LEGRAND_REASONS: Final = frozenset().union(*(stage for stages in _CHECKED_IN_ORDER for stage in stages))
"""Reasons that only Legrand can report, at either service."""

_SECRET_EXPIRED: Final = "AADB2C90085"  # noqa: S105 - the provider's code; its text calls it an internal error
_GRANT_EXPIRED: Final = "AADB2C90080"
LONGEST_WAIT: Final = 25 * 3600.0
"""Seconds. The quota's day is shorter; a header that asks for more is read as this."""

_QUOTA_WORD: Final = b"quota"
_KEY_WORDS: Final = b"subscription key"
"""In all of Azure API Management's sentences about a key that is missing, wrong, suspended or cancelled: "Access denied
due to invalid subscription key. Make sure to provide a valid key for an active subscription." """
_KEY_REFUSED: Final = frozenset({401, 403})
_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_REPLENISHED: Final = re.compile(r"replenished in (?:([0-9]{1,4})\.)?([0-9]{1,2}):([0-9]{2}):([0-9]{2})")
_TRY_AGAIN: Final = re.compile(r"[Tt]ry again in ([0-9]{1,6}) seconds?")
_SUCCESS = range(200, 300)
_SERVER_ERROR = range(500, 600)
_CLIENT_ERROR = range(400, 500)


def classify(
    service: Service, status: int, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> ProviderAnswer:
    """Class an answer, by its status, and by its words only if the status is ambiguous.

    `headers` are looked up regardless of case. `now` is for a `Retry-After` that is an instant.

    Azure's gateway checks the subscription key before the token, so a 401 that names the key is not about the token.
    """
    reason = _reason(service, status, body)
    kind = Kind.PERSON if reason else _kind(service, status)
    if kind is Kind.FORBIDDEN and _says_quota(headers, body):
        kind = Kind.QUOTA
    wait = _retry_after(headers, body, now) if kind in _PASSING else None
    wait = None if wait is None else min(max(wait, 0.0), LONGEST_WAIT)
    return ProviderAnswer(kind, status, reason, wait, announcement(headers))


def announcement(headers: Mapping[str, str]) -> Announcement | None:
    """What the headers announce; None if nothing.

    `Deprecation` is a structured date, `@` and epoch seconds (RFC 9745); its drafts, which are in use, had `true` or an
    HTTP-date. `Sunset` is an HTTP-date (RFC 8594). Either date may be in the past.
    """
    deprecation, sunset = _header(headers, "deprecation"), _header(headers, "sunset")
    if deprecation.casefold() in _NOT_DEPRECATED and not sunset:
        return None
    return Announcement(deprecated_on=_day(deprecation), ends_on=_day(sunset))


_NOT_DEPRECATED: Final = frozenset({"", "false", "?0"})
_STRUCTURED_DATE: Final = re.compile(r"@(-?[0-9]{1,15})\s*(;.*)?")


def _day(header: str) -> date | None:
    found = _STRUCTURED_DATE.fullmatch(header)
    if found is None:
        instant = _http_date(header)
        return None if instant is None else instant.date()
    try:
        return datetime.fromtimestamp(int(found[1]), UTC).date()
    except (ValueError, OverflowError, OSError):
        return None  # outside the calendar


_PASSING: Final = frozenset({Kind.TRANSIENT, Kind.QUOTA, Kind.FORBIDDEN})


def not_overtaken(known: Iterable[Reason], found: Collection[Reason]) -> list[Reason]:
    """Those of the `known` reasons that still hold after the service reported those `found`.

    A service reports the first check that fails. So the checks before it passed, and the new report of that check
    replaces the old one. It says nothing about later checks, nor about the other service.
    """
    over: set[Reason] = set()
    for stages in _CHECKED_IN_ORDER:
        for number, stage in enumerate(stages):
            if not stage.isdisjoint(found):
                over.update(*stages[: number + 1])
    return [reason for reason in known if reason not in over]


def _says_quota(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a 403 is the quota's: it has the word, or an empty body and a `Retry-After`."""
    return _QUOTA_WORD in body.lower() or (not body.strip() and bool(_header(headers, "retry-after")))


def _kind(service: Service, status: int) -> Kind:
    if status in _SUCCESS:
        return Kind.OK
    if status in _SERVER_ERROR:
        return Kind.TRANSIENT
    return (_API if service is Service.API else _LOGIN).get(status, Kind.STRANGE)


def _reason(service: Service, status: int, body: bytes) -> Reason | None:
    if service is Service.API:
        if status in _KEY_REFUSED and _KEY_WORDS in body.lower():
            return Reason.SUBSCRIPTION_KEY_REFUSED
        return _API_REASONS.get(status)
    if status not in _CLIENT_ERROR or _LOGIN.get(status) is Kind.TRANSIENT:
        return None
    answer = json_object(body)
    description = str(answer.get("error_description", ""))
    if _SECRET_EXPIRED in description:
        return Reason.CLIENT_SECRET_EXPIRED
    if _GRANT_EXPIRED in description:
        return Reason.CONSENT_EXPIRED
    return _LOGIN_ERRORS.get(str(answer.get("error", "")))


def _retry_after(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """Seconds to wait: the header as seconds or as a date, or else the gateway's sentence in the body.

    It may be any number, even infinity; `classify` bounds it.
    """
    header = _header(headers, "retry-after")
    if _SECONDS.fullmatch(header):
        return float(header)
    named = _http_date(header)
    if named is not None:
        return (named - now).total_seconds()
    return _sentence(str(json_object(body).get("message", "")))


def _http_date(header: str) -> datetime | None:
    try:
        named = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return named if named.tzinfo else named.replace(tzinfo=UTC)


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.casefold() == wanted), "").strip()


def _sentence(message: str) -> float | None:
    if found := _REPLENISHED.search(message):
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    if found := _TRY_AGAIN.search(message):
        return float(found[1])
    return None


def json_object(body: bytes) -> Mapping[str, object]:
    """The body's JSON object; an empty one if the body is anything else."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
