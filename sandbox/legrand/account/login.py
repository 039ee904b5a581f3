"""The login at partners-login.eliotbylegrand.com: consent, codes, tokens and when they end.

Addresses, form fields and lives: artumino/smarther-rs `src/lib.rs`, MrRonfo/openhab-smarther `smarther-api.sh`, the
openHAB binding `bticinosmarther`, Legrand's tutorial *oauth2-end-point-url*. The service behind it is Azure AD B2C,
whose error codes Microsoft lists ("Error codes: Azure Active Directory B2C").
"""

import base64
import hmac
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qsl

from sandbox.legrand.account.answer import Answer, Refusal
from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.variants import USUAL, TokenFields, Variants

ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)
CODE_LIFE = timedelta(minutes=5)
CLIENT_SECRET_LIFE = timedelta(days=365)
MOST_REDIRECTS = 10
CODE_HEADER = b'{"alg":"RSA-OAEP","enc":"A256GCM","kid":"stand-in"}'
CODE_PARTS = (256, 12, 560, 16)
"""Bytes of the parts after the header, so that a code has some 1,200 characters: codes of over 1,080 have been seen."""

WIDE_SCOPE = "comfort.read comfort.write"
"""The scope of an application that requests none: what the tutorial has one tick in the portal."""

GRANT_REVOKED = "AADB2C90129: The provided grant has been revoked. Please reauthenticate and try again."
DECLINED = "AADB2C90091: The user has cancelled entering self-asserted information."
STYLES: tuple[TokenFields, ...] = ("strings", "numbers", "expires_in", "expires_on", "neither")


@dataclass(frozen=True, slots=True)
class Application:
    """A client registered in the developer portal, with the key of its API subscription."""

    client_id: str
    client_secret: str
    subscription_key: str
    redirect_uris: tuple[str, ...]
    name: str
    secret_created_at: datetime

    def __post_init__(self) -> None:
        if len(self.redirect_uris) > MOST_REDIRECTS:
            raise ValueError(f"an application has up to {MOST_REDIRECTS} redirect addresses")


@dataclass(frozen=True, slots=True)
class Grant:
    """An issued code or token: to whom, until when, and whether it was revoked or used."""

    client_id: str
    issued_at: datetime
    expires_at: datetime
    scope: str = WIDE_SCOPE
    spent: bool = False

    def live(self, now: datetime) -> bool:
        """Whether it is still valid."""
        return not self.spent and now < self.expires_at


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """How many issued tokens are still valid, and how many are not (revoked, used, expired)."""

    access_live: int
    access_dead: int
    refresh_live: int
    refresh_dead: int


class Login:
    """Issues codes and tokens to registered applications; a refresh may revoke the token it used."""

    def __init__(self, clock: MovableClock, dice: Random, variants: Variants = USUAL) -> None:
        self._clock = clock
        self._dice = dice
        self.variants = variants
        self._applications: dict[str, Application] = {}
        self._codes: dict[str, Grant] = {}
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._answers = 0
        self.newest_refresh_token: str | None = None
        self.secrets: defaultdict[str, set[str]] = defaultdict(set)
        """Every secret ever issued, by its sort, for tests that search logs for them."""

    # Applications

    def register(self, application: Application) -> None:
        """Register an application, or replace a known one."""
        self._applications[application.client_id] = application
        self.secrets["client_secret"].add(application.client_secret)
        self.secrets["subscription_key"].add(application.subscription_key)

    def application(self, client_id: str) -> Application | None:
        """The registered application; None if there is none."""
        return self._applications.get(client_id)

    def applications(self) -> list[Application]:
        """All registered applications."""
        return list(self._applications.values())

    def knows_subscription_key(self, key: str) -> bool:
        """Whether `key` belongs to a registered application."""
        return any(_same(key, application.subscription_key) for application in self._applications.values())

    # Consent in the browser

    def check_authorize(self, query: Mapping[str, str]) -> Application:
        """The application that requests consent. Raises Refusal 400 for an invalid request.

        The redirect address must be exactly a registered one; the refusal's words are from the openHAB README.
        """
        application = self._applications.get(query.get("client_id", ""))
        if application is None:
            raise Refusal(_oauth_error("invalid_request", "The client_id is not known to this service"))
        if query.get("redirect_uri", "") not in application.redirect_uris:
            words = "The reply url host xxxxx doesn't match with the ones configured on the application"
            raise Refusal(_oauth_error("invalid_request", words))
        if query.get("response_type") != "code":
            raise Refusal(_oauth_error("unsupported_response_type", "response_type must be code"))
        return application

    def grants(self, scope: str) -> bool:
        """Whether the login grants this scope. A refusal is RFC 6749's `invalid_scope`, which nobody has seen here."""
        return self.variants.scopes != "wide_only" or scope in {"", WIDE_SCOPE}

    def consent(self, client_id: str, scope: str = "") -> str:
        """A code for the application that the owner allowed; it is short-lived and good once."""
        code = self._code()
        self._codes[code] = self._grant(client_id, CODE_LIFE, scope or WIDE_SCOPE)
        return code

    # The token endpoint

    def answer_token(self, body: bytes, content_type: str) -> Answer:
        """Answer a POST to /token: the form's fields in the body, never HTTP Basic."""
        try:
            return Answer.of(200, self._token(_form(body, content_type)))
        except Refusal as refusal:
            return refusal.answer

    def _token(self, form: Mapping[str, str]) -> dict[str, Any]:
        application = self._authenticate(form)
        match form.get("grant_type"):
            case "authorization_code":
                spent = self._spend(self._codes, form.get("code", ""), application.client_id)
            case "refresh_token":
                good_again = self.variants.used_refresh == "good"
                spent = self._spend(
                    self._refresh, form.get("refresh_token", ""), application.client_id, good_again=good_again
                )
            case _:
                raise Refusal(_oauth_error("unsupported_grant_type", "grant_type must be one of the two documented"))
        return self._issue(application.client_id, spent.scope)

    def _authenticate(self, form: Mapping[str, str]) -> Application:
        """AADB2C90085 means an expired client secret, though its text says otherwise (brego81's README)."""
        application = self._applications.get(form.get("client_id", ""))
        if application is None:
            raise Refusal(_oauth_error("invalid_client", "The client_id is not known to this service"))
        if not _same(form.get("client_secret", ""), application.client_secret):
            words = "AADB2C90081: The specified client_secret does not match the expected value for this client."
            raise Refusal(_oauth_error("invalid_client", words))
        if self._clock.now() >= application.secret_created_at + CLIENT_SECRET_LIFE:
            words = "AADB2C90085: The service has encountered an internal error. \nPlease reauthenticate and try again."
            raise Refusal(_oauth_error("invalid_grant", words))
        return application

    def _spend(self, grants: dict[str, Grant], value: str, client_id: str, *, good_again: bool = False) -> Grant:
        now = self._clock.now()
        grant = grants.get(value)
        if grant is None or grant.client_id != client_id or not grant.live(now):
            revoked = grant is not None and grant.spent and self.variants.revoked_grant == "revoked"
            raise Refusal(_oauth_error("invalid_grant", GRANT_REVOKED if revoked else _grant_expired(now, grant)))
        grants[value] = replace(grant, spent=not good_again)
        return grant

    def _issue(self, client_id: str, scope: str) -> dict[str, Any]:
        """New tokens of the same scope: a refresh that names none keeps the granted one (RFC 6749, section 6)."""
        access, refresh = self._secret("access_token", 600), self._secret("refresh_token", 600)
        self._access[access] = self._grant(client_id, ACCESS_LIFE, scope)
        self._refresh[refresh] = self._grant(client_id, REFRESH_LIFE, scope)
        self.newest_refresh_token = refresh
        style = self.variants.token_fields
        if style == "mixed":
            style = STYLES[self._answers % len(STYLES)]
        self._answers += 1
        return {**self._fields(client_id, access, refresh, style), "scope": scope}

    def _fields(self, client_id: str, access: str, refresh: str, style: TokenFields) -> dict[str, Any]:
        """The fields of Knocks83's Go struct. Their types and presence vary between the clients' records of them."""
        begins = int(self._clock.now().timestamp())
        life = int(ACCESS_LIFE.total_seconds())
        numbers: dict[str, int] = {
            "not_before": begins,
            "expires_in": life,
            "expires_on": begins + life,
            "id_token_expires_in": life,
            "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
        }
        hidden = {"expires_in": ["expires_on"], "expires_on": ["expires_in"], "neither": ["expires_in", "expires_on"]}
        shown = {key: number for key, number in numbers.items() if key not in hidden.get(style, [])}
        return {
            "access_token": access,
            "id_token": self._secret("id_token", 200),
            "token_type": "Bearer",
            **{key: str(number) if style in ("strings", "expires_on") else number for key, number in shown.items()},
            "resource": client_id,
            "profile_info": base64.urlsafe_b64encode(b'{"ver":"1.0"}').decode(),
            "refresh_token": refresh,
        }

    # For the API, and for tests

    def access_grant(self, access_token: str) -> Grant | None:
        """The grant of an access token, valid or not; None if it was never issued."""
        return self._access.get(access_token)

    def revoke(self, *, access: bool, refresh: bool) -> None:
        """Revoke every token of the chosen sort, as the owner can in the official app."""
        if access:
            self._access = {token: replace(grant, spent=True) for token, grant in self._access.items()}
        if refresh:
            self._refresh = {token: replace(grant, spent=True) for token, grant in self._refresh.items()}

    def counts(self) -> TokenCounts:
        """How many tokens are valid, and how many are not."""
        now = self._clock.now()
        access = sum(grant.live(now) for grant in self._access.values())
        refresh = sum(grant.live(now) for grant in self._refresh.values())
        return TokenCounts(access, len(self._access) - access, refresh, len(self._refresh) - refresh)

    def _grant(self, client_id: str, life: timedelta, scope: str) -> Grant:
        now = self._clock.now()
        return Grant(client_id, now, now + life, scope)

    def _secret(self, sort: str, size: int) -> str:
        secret = _base64(self._dice.randbytes(size))
        self.secrets[sort].add(secret)
        return secret

    def _code(self) -> str:
        """An encrypted token: five parts, separated by dots (mattiols_hassio_repository issue 21)."""
        code = ".".join([_base64(CODE_HEADER), *(_base64(self._dice.randbytes(size)) for size in CODE_PARTS)])
        self.secrets["code"].add(code)
        return code


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _form(body: bytes, content_type: str) -> dict[str, str]:
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Refusal(_oauth_error("invalid_request", "The body must be application/x-www-form-urlencoded"))
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True))
    except UnicodeDecodeError:
        raise Refusal(_oauth_error("invalid_request", "The body is not URL-encoded")) from None


def _grant_expired(now: datetime, grant: Grant | None) -> str:
    """AADB2C90080 in the form that MrRonfo's script got in 2020, line ends included."""
    issued, expires = (grant.issued_at, grant.expires_at) if grant else (now, now)
    return (
        "AADB2C90080: The provided grant has expired. Please re-authenticate and try again. "
        f"Current time: {now.timestamp():.0f}, Grant issued time: {issued.timestamp():.0f}, "
        f"Grant expiration time: {expires.timestamp():.0f}\r\n"
        "Correlation ID: 00000000-0000-0000-0000-000000000000\r\n"
        f"Timestamp: {now.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z\r\n"
    )


def _oauth_error(error: str, description: str) -> Answer:
    return Answer.of(400, {"error": error, "error_description": description})


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
