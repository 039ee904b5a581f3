"""Access: tokens are saved before they are used, and renewed before they expire.

The order is: ask, save as pending, prove by one real call, make current (`domain.account.token_lifecycle` has it as a
table, and says why). A run that finds a pending version continues from there. A run reads the secret when it begins,
again until it is as the run before left it; after its own first write it relies on what it wrote.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account.legrand_answers import Kind, Reason
from smarther.domain.account.token_lifecycle import HELD_AFTER, TokensHeld, TokenStep
from smarther.domain.account.tokens import Tokens, TokensError
from smarther.domain.keeper.keeper_memory import RefusedGrant
from smarther.domain.keeper.keeper_report import TokenState
from smarther.legrand.client import Api, LegrandError, Login, Transport
from smarther.store.keeper_items import CallCount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.account.credentials import Credentials
    from smarther.domain.account.subscription_plan import Subscription
    from smarther.domain.keeper.keeper_report import ConsentOutcome
    from smarther.keeper.journal import Run

REFRESH_EARLY: Final = timedelta(minutes=40)
"""How long before their end tokens are renewed: longer than the half hour between two runs."""

MIN_TOKEN_LIFE: Final = timedelta(seconds=60)
"""An access token that expires sooner is not used."""

REFUSAL_VALID_FOR: Final = timedelta(hours=6)
"""How long a refused refresh is not repeated, unless the tokens or the credentials change."""

_API_WORKS: Final = frozenset({Kind.PERSON, Kind.QUOTA, Kind.UNAUTHORISED})
"""Failures that are not the API's. An answer that is one shows that the API works, unless it refuses the token: then it
is asked again at once."""

_LOGIN_PAUSE: Final = 60.0
_LONGEST_LOGIN_PAUSE: Final = 3600.0


class Access:
    """The newest tokens, during one run. Renewing them first renews the lease, which may raise LeaseLost."""

    def __init__(self, run: Run, credentials: Credentials) -> None:
        self._run = run
        self._dependencies = dependencies = run.dependencies
        self._journal = run.journal
        self._credentials = credentials
        self._transport = Transport(
            dependencies.session, dependencies.clock, dependencies.sleep, run.lease.deadline, run.signs
        )
        self._login = Login(self._transport, dependencies.settings.login_url, credentials)
        self._renewed = False
        self._newest = dependencies.secrets.newest(dependencies.settings.tokens_arn, left=run.memory.tokens_left)
        self._tokens = self._read_tokens()

    # ---- what the run asks for

    @property
    def held(self) -> TokensHeld:
        """Where the newest tokens are."""
        if self._newest.text is None:
            return TokensHeld.NONE
        return TokensHeld.CURRENT if self._newest.settled else TokensHeld.PENDING

    @property
    def left(self) -> tuple[str, bool]:
        """The secret as this run leaves it, for the next run to compare."""
        return self._newest.left

    @property
    def api(self) -> Api:
        """The API with the newest access token. Only after `obtain` returned True."""
        settings = self._dependencies.settings
        return Api(
            transport=self._transport,
            base_url=settings.api_url,
            calls=CallCount(self._dependencies.table, settings.quota),
            subscription_key=self._credentials.subscription_key,
            access_token=self._existing_tokens().access_token,
        )

    def exchange(self, code: str) -> None:
        """Exchange a consent's code for tokens, which replace any others."""
        self._free_pending_label()
        try:
            answer = self._login.exchange(code)
        except LegrandError as error:
            self._journal.consent = _consent_outcome(error)
            if error.answer.reason not in {None, Reason.CONSENT_EXPIRED}:
                self._journal.note_failure(error)  # the credentials are at fault, not the code
            return
        if self._save_answer(answer, previous=None):
            self._journal.consent = "accepted"
            self._journal.actions.append("consent_accepted")
        else:
            self._journal.consent = "unavailable"

    def obtain(self) -> bool:
        """Whether there is a usable access token. One that expires soon is renewed first."""
        if self._tokens is None:
            self._journal.note_reason(Reason.CONSENT_MISSING)
            return False
        # A pending version is proven and made current first, if its access token is still good for that.
        margin = MIN_TOKEN_LIFE if self.held is TokensHeld.PENDING else REFRESH_EARLY
        if self._tokens.expires_within(margin, self._dependencies.clock()):
            self._refresh()
        self._report_tokens()
        return not self._tokens.expires_within(MIN_TOKEN_LIFE, self._dependencies.clock())

    def subscriptions(self) -> list[Subscription]:
        """The provider's list of subscriptions. Getting it proves new tokens; a 401 leads to one refresh.

        Raises LegrandError.
        """
        try:
            listed = self._prove_by_listing()
        except LegrandError as error:
            if error.answer.kind is not Kind.UNAUTHORISED:
                raise
            if self._renewed or not self._refresh():
                self._report_refused_access()
                raise
            listed = self._prove_renewed_tokens()
        self._report_tokens()
        return listed

    # ---- inside

    def _prove_by_listing(self) -> list[Subscription]:
        try:
            listed = self.api.subscriptions()
        except LegrandError as error:
            if error.answer.kind is Kind.PERSON and error.answer.reason is not Reason.SUBSCRIPTION_KEY_REFUSED:
                self._step(TokenStep.PROVEN)  # the API let the token in before it asked for a person
            if error.answer.kind not in _API_WORKS:
                self._run.remember(api_ill_since=self._run.memory.api_ill_since or self._dependencies.clock())
            elif error.answer.kind is not Kind.UNAUTHORISED and error.answer.status is not None:
                self._run.remember(api_ill_since=None)
            raise
        self._run.remember(api_ill_since=None)
        self._step(TokenStep.PROVEN)
        return listed

    def _prove_renewed_tokens(self) -> list[Subscription]:
        try:
            return self._prove_by_listing()
        except LegrandError as error:
            if error.answer.kind is Kind.UNAUTHORISED:
                self._report_refused_access()
            raise

    def _report_refused_access(self) -> None:
        """Note that access is refused, if the token is fresh. A token that could not be renewed has its own reason."""
        if self._renewed:
            self._journal.note_reason(Reason.ACCESS_REFUSED)

    def _refresh(self) -> bool:
        """Renew the tokens, unless the login must not be asked yet."""
        if self._tokens is None or self._must_wait():
            return False
        self._free_pending_label()
        try:
            answer = self._login.refresh(self._tokens.refresh_token)
        except LegrandError as error:
            self._note_refusal(error)
            return False
        return self._save_answer(answer, previous=self._tokens.refresh_token)

    def _free_pending_label(self) -> None:
        """Renew the lease, so that no other run renews tokens, and free the pending label for the new tokens."""
        self._run.lease.renew()
        self._step(TokenStep.ASKED)

    def _save_answer(self, answer: Mapping[str, object], *, previous: str | None) -> bool:
        """Save an answer's tokens before anything uses them; False if it holds none."""
        try:
            tokens = Tokens.from_answer(answer, now=self._dependencies.clock(), previous=previous)
        except TokensError as error:
            self._note_form(answer, readable=False)
            self._journal.note_trouble(str(error))
            return False
        self._note_form(answer, whole=bool(tokens.access_token) and "refresh_token" in answer)
        self._step(TokenStep.ISSUED, tokens.to_secret())
        self._tokens = tokens
        if not tokens.access_token:
            self._journal.note_trouble("the login's answer holds no access token")
        self._renewed = True
        self._run.remember(refused=None, login_not_before=None, login_ill_since=None)
        self._journal.actions.append("tokens_renewed")
        return True

    def _note_form(self, answer: Mapping[str, object], *, readable: bool = True, whole: bool = True) -> None:
        body = json.dumps(answer).encode()
        self._run.signs.note_body("token", _GOOD, body, readable=readable, whole=whole)

    def _step(self, step: TokenStep, issued: str = "") -> None:
        """Bring Secrets Manager to the state after this step."""
        before, after = self.held, HELD_AFTER[self.held, step]
        secrets, arn = self._dependencies.secrets, self._dependencies.settings.tokens_arn
        if after is TokensHeld.PENDING:
            self._newest = secrets.keep_pending(arn, issued, before=self._newest)
        elif before is TokensHeld.PENDING:
            self._newest = secrets.promote(arn, self._newest)

    def _read_tokens(self) -> Tokens | None:
        """The tokens of the newest version; None if there is none, or if it cannot be read, which is noted."""
        if self._newest.text is None:
            return None
        try:
            return Tokens.from_secret(self._newest.text)
        except TokensError as error:
            self._journal.note_trouble(str(error))
            return None

    def _must_wait(self) -> bool:
        """Whether the login must not be asked yet: it named a time, or it refused these tokens and credentials."""
        now = self._dependencies.clock()
        if self._run.memory.login_not_before is not None and now < self._run.memory.login_not_before:
            self._journal.note_trouble("refresh: the login asked for patience")
            return True
        refused = self._run.memory.refused
        if (
            refused is None
            or (refused.tokens_version, refused.credentials_version)
            != (self._newest.version_id, self._credentials.version)
            or now - refused.at >= REFUSAL_VALID_FOR
        ):
            return False
        self._journal.note_reason(refused.reason)
        return True

    def _note_refusal(self, error: LegrandError) -> None:
        self._journal.note_failure(error)
        now, answer = self._dependencies.clock(), error.answer
        update: dict[str, object] = {"login_ill_since": None}
        if answer.reason is not None:
            update["refused"] = RefusedGrant(
                tokens_version=self._newest.version_id,
                credentials_version=self._credentials.version,
                reason=answer.reason,
                at=now,
            )
        else:
            update["login_ill_since"] = self._run.memory.login_ill_since or now
            if answer.retry_after is not None or answer.status == _RATE_LIMITED:
                pause = min(answer.retry_after or _LOGIN_PAUSE, _LONGEST_LOGIN_PAUSE)
                update["login_not_before"] = now + timedelta(seconds=pause)
        self._run.remember(**update)

    def _existing_tokens(self) -> Tokens:
        """The newest tokens. Raises RuntimeError if there are none."""
        if self._tokens is None:
            raise RuntimeError("there are no tokens")
        return self._tokens

    def _report_tokens(self) -> None:
        tokens = self._existing_tokens()
        self._journal.tokens = TokenState(
            expires_at=tokens.expires_at,
            refresh_expires_at=tokens.refresh_expires_at,
            refreshed=self._renewed,
        )


_GOOD: Final = 200
_RATE_LIMITED: Final = 429


def _consent_outcome(error: LegrandError) -> ConsentOutcome:
    if error.answer.kind not in {Kind.PERSON, Kind.BUG}:
        return "unavailable"
    return "refused" if error.answer.reason in {None, Reason.CONSENT_EXPIRED} else "not_configured"
