"""The owner: consents at the beginning, reads mails, and does what the report asks for a day later."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.legrand import CLIENT_ID, SUBSCRIPTION_KEY
from smarther.domain.account.consent import Scope
from smarther.domain.account.legrand_answers import Reason

if TYPE_CHECKING:
    from labs.simulation.year import Year

DAY = timedelta(days=1)
AGAIN = timedelta(hours=1)
FROM_COMMAND_TO_COMMAND = timedelta(minutes=1)
"""Longer than a secret still reads as before after a write: nobody is quicker in the browser."""


class Owner:
    """Mends what the keeper cannot. The owner knows only the mails and the keeper's report."""

    def __init__(self, year: Year) -> None:
        self._year = year
        self._renewals = 0
        self._busy = False
        self._renewing = False
        self._client_secret, self._recorded_at = "", year.clock.now().date()

    def get_mail(self) -> None:
        """A mail says that a person is needed. The owner looks a day later."""
        self._come_back(DAY)

    def hear_of_renewal(self) -> None:
        """The client secret is almost a year old. The owner renews it a day later."""
        if not self._renewing:
            self._renewing = True
            self._year.later(DAY, self._renew)

    def mend(self) -> None:
        """Do what the last report asks for. What does not work is tried again in an hour."""
        self._busy = False
        report = self._year.last_report
        reasons = {person.reason for person in report.person} - {Reason.CLIENT_SECRET_BIRTHDAY} if report else set()
        if not reasons:
            if self._year.needs.open is not None:
                self._come_back(AGAIN)  # the last run did not get far enough to report it
            return
        self._year.chronicle.note(f"owner mends: {', '.join(sorted(reasons))}")
        if reasons & {Reason.APP_PASSWORD_EXPIRED, Reason.APP_TERMS}:
            self._year.app_is_content()
        if Reason.SUBSCRIPTION_KEY_REFUSED in reasons:
            self._year.key_is_active()
            self.configure(self._client_secret)
        if reasons & {Reason.CLIENT_SECRET_EXPIRED, Reason.CREDENTIALS_REFUSED, Reason.CREDENTIALS_MISSING}:
            self._renew()
            self._year.let_pass(FROM_COMMAND_TO_COMMAND)
        if reasons & {Reason.CONSENT_EXPIRED, Reason.CONSENT_MISSING}:
            self._consent()
        self._come_back(AGAIN)  # to see whether all is well

    def configure(self, client_secret: str) -> None:
        """`smarther configure`: the recorded day stays the same while the client secret does."""
        now = self._year.clock.now()
        if client_secret != self._client_secret:
            self._client_secret, self._recorded_at = client_secret, now.date()
        document = {
            "client_id": CLIENT_ID,
            "client_secret": client_secret,
            "subscription_key": SUBSCRIPTION_KEY,
            "recorded_at": self._recorded_at.isoformat(),
        }
        self._year.secrets.put_secret_value(
            SecretId="credentials",
            SecretString=json.dumps(document),
            ClientRequestToken=f"configured {now.isoformat()}",
        )

    def _renew(self) -> None:
        """Make a new client secret in the portal, and configure it."""
        self._renewing = False
        self._renewals += 1
        self._year.chronicle.count("client secrets renewed")
        client_secret = f"renewed {self._renewals} '\"&="
        self._year.change_application(client_secret=client_secret, secret_created_at=self._year.clock.now())
        self.configure(client_secret)
        self._year.needs.end("client secret")

    def _consent(self) -> None:
        """`smarther authorize`: give the keeper the code."""
        self._year.run_keeper({"consent": {"code": self.consents()}})

    def consents(self) -> str:
        """The code that the browser brings back: for the narrower scope, or for the wider one if that is refused."""
        login = self._year.provider.login
        scope = Scope.READING if login.grants(Scope.READING.value) else Scope.CONTROL
        return login.consent(CLIENT_ID, scope.value)

    def _come_back(self, after: timedelta) -> None:
        if not self._busy:
            self._busy = True
            self._year.later(after, self.mend)
