"""Access: tokens that are saved before they are used, and renewed before anybody misses them.

The order is: ask, save as pending, prove by one real call, put in force (`domain.account.token_lifecycle` has it as a
table, and why). A run that finds a pending version goes on from there. The secret is read when a run begins, until it
reads as the run before left it; from its first write on, a run goes by what it has written.
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
"""Longer than the half hour between two runs: should one fail, the next still has a good access token."""

SPARE: Final = timedelta(seconds=60)
"""An access token this near to its end is not taken into a call."""

REFUSAL_LASTS: Final = timedelta(hours=6)
"""For so long a refusal is believed, unless the tokens or the credentials change."""

_SAYS_WHY: Final = frozenset({Kind.PERSON, Kind.QUOTA, Kind.UNAUTHORISED})
"""Answers of an API that is well."""

_LOGIN_PAUSE: Final = 60.0
_LONGEST_LOGIN_PAUSE: Final = 3600.0


class Access:
    """The newest tokens, through one run. The lease is renewed right before tokens are; LeaseLost may come of it."""

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
        self._tokens = self._held()

    # ---- what the run asks for

    @property
    def held(self) -> TokensHeld:
        """Where the newest tokens are."""
        if self._newest.text is None:
            return TokensHeld.NONE
        return TokensHeld.CURRENT if self._newest.settled else TokensHeld.PENDING

    @property
    def left(self) -> tuple[str, bool]:
        """How the run leaves the secret: what the next one is to remember of it."""
        return self._newest.left

    @property
    def api(self) -> Api:
        """The API, opened with the newest access token. Only after `obtain` said yes."""
        settings = self._dependencies.settings
        return Api(
            transport=self._transport,
            base_url=settings.api_url,
            calls=CallCount(self._dependencies.table, settings.quota),
            subscription_key=self._credentials.subscription_key,
            access_token=self._there().access_token,
        )

    def exchange(self, code: str) -> None:
        """Turn a consent's code into tokens, which replace whatever there was."""
        self._make_room()
        try:
            answer = self._login.exchange(code)
        except LegrandError as error:
            self._journal.consent = _consent_outcome(error)
            if error.answer.reason not in {None, Reason.CONSENT_EXPIRED}:
                self._journal.failed(error)  # the credentials are at fault, not the code
            return
        if self._take(answer, previous=None):
            self._journal.consent = "accepted"
            self._journal.actions.append("consent_accepted")
        else:
            self._journal.consent = "unavailable"

    def obtain(self) -> bool:
        """Whether there is an access token to go on with; one that ends too soon is renewed first."""
        if self._tokens is None:
            self._journal.person_needed(Reason.CONSENT_MISSING)
            return False
        # A pending version is proven and put in force first, as long as its access token can still do that.
        margin = SPARE if self.held is TokensHeld.PENDING else REFRESH_EARLY
        if self._tokens.expires_within(margin, self._dependencies.clock()):
            self._refresh()
        self._note()
        return not self._tokens.expires_within(SPARE, self._dependencies.clock())

    def subscriptions(self) -> list[Subscription]:
        """The provider's list; getting it is also what proves new tokens. One 401 leads to one refresh.

        Raises LegrandError.
        """
        try:
            listed = self._proving()
        except LegrandError as error:
            if error.answer.kind is not Kind.UNAUTHORISED:
                raise
            if self._renewed or not self._refresh():
                self._blame_access()
                raise
            listed = self._proving_afresh()
        self._note()
        return listed

    # ---- inside

    def _proving(self) -> list[Subscription]:
        try:
            listed = self.api.subscriptions()
        except LegrandError as error:
            if error.answer.kind is Kind.PERSON and error.answer.reason is not Reason.SUBSCRIPTION_KEY_REFUSED:
                self._step(TokenStep.PROVEN)  # the API let the token in before it asked for a person
            if error.answer.kind not in _SAYS_WHY:
                self._run.remember(api_ill_since=self._run.memory.api_ill_since or self._dependencies.clock())
            raise
        self._run.remember(api_ill_since=None)
        self._step(TokenStep.PROVEN)
        return listed

    def _proving_afresh(self) -> list[Subscription]:
        try:
            return self._proving()
        except LegrandError as error:
            if error.answer.kind is Kind.UNAUTHORISED:
                self._blame_access()
            raise

    def _blame_access(self) -> None:
        """A refused token that is fresh is not at fault itself; one that could not be renewed has its own reason."""
        if self._renewed:
            self._journal.person_needed(Reason.ACCESS_REFUSED)

    def _refresh(self) -> bool:
        """Renew the tokens; at most once in a run, and not while the login has asked for quiet."""
        if self._tokens is None or self._is_quiet():
            return False
        self._make_room()
        try:
            answer = self._login.refresh(self._tokens.refresh_token)
        except LegrandError as error:
            self._note_refusal(error)
            return False
        return self._take(answer, previous=self._tokens.refresh_token)

    def _make_room(self) -> None:
        """Be sure that nobody else renews tokens now, and that the pending label is free for what the login gives."""
        self._run.lease.renew()
        self._step(TokenStep.ASKED)

    def _take(self, answer: Mapping[str, object], *, previous: str | None) -> bool:
        """Save the tokens of an answer before anything uses them."""
        try:
            tokens = Tokens.from_answer(answer, now=self._dependencies.clock(), previous=previous)
        except TokensError as error:
            self._note_form(answer, readable=False)
            self._journal.trouble(str(error))
            return False
        self._note_form(answer, whole=bool(tokens.access_token) and "refresh_token" in answer)
        self._step(TokenStep.ISSUED, tokens.to_secret())
        self._tokens = tokens
        if not tokens.access_token:
            self._journal.trouble("the login's answer holds no access token")
        self._renewed = True
        self._run.remember(refused=None, login_not_before=None, login_ill_since=None)
        self._journal.actions.append("tokens_renewed")
        return True

    def _note_form(self, answer: Mapping[str, object], *, readable: bool = True, whole: bool = True) -> None:
        body = json.dumps(answer).encode()
        self._run.signs.read("token", _GOOD, body, readable=readable, whole=whole)

    def _step(self, step: TokenStep, issued: str = "") -> None:
        """Bring Secrets Manager to what is held after this step."""
        before, after = self.held, HELD_AFTER[self.held, step]
        secrets, arn = self._dependencies.secrets, self._dependencies.settings.tokens_arn
        if after is TokensHeld.PENDING:
            self._newest = secrets.keep_pending(arn, issued, before=self._newest)
        elif before is TokensHeld.PENDING:
            self._newest = secrets.promote(arn, self._newest)

    def _held(self) -> Tokens | None:
        """The tokens in the newest version; none where it holds none, which is noted if somebody wrote it."""
        if self._newest.text is None:
            return None
        try:
            return Tokens.from_secret(self._newest.text)
        except TokensError as error:
            self._journal.trouble(str(error))
            return None

    def _is_quiet(self) -> bool:
        """Whether asking the login now would only be hammering: it said when, or it said no to just this."""
        now = self._dependencies.clock()
        if self._run.memory.login_not_before is not None and now < self._run.memory.login_not_before:
            self._journal.trouble("refresh: the login asked for patience")
            return True
        refused = self._run.memory.refused
        if (
            refused is None
            or (refused.tokens_version, refused.credentials_version)
            != (self._newest.version_id, self._credentials.version)
            or now - refused.at >= REFUSAL_LASTS
        ):
            return False
        self._journal.person_needed(refused.reason)
        return True

    def _note_refusal(self, error: LegrandError) -> None:
        self._journal.failed(error)
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

    def _there(self) -> Tokens:
        """The newest tokens. Only where there are any."""
        if self._tokens is None:
            raise RuntimeError("there are no tokens")
        return self._tokens

    def _note(self) -> None:
        tokens = self._there()
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
