"""The webhook's secret during one run: made, published, and rotated without losing a push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.domain.account.subscription_plan import address
from smarther.domain.account.webhook import SECRET_BYTES
from smarther.domain.account.webhook_rotation import SETTLING, Stage, Step, WebhookSecrets
from smarther.legrand import webhook_probe
from smarther.store.digests import Digests

if TYPE_CHECKING:
    from datetime import datetime

    from smarther.domain.account.subscription_plan import Subscription
    from smarther.keeper.journal import Run


class Webhook:
    """The accepted secrets. A change is written to Secrets Manager first, then published to the receivers."""

    def __init__(self, run: Run, *, rotate: bool) -> None:
        self._dependencies = run.dependencies
        self._journal = run.journal
        self._deadline = run.lease.deadline
        self._may_wait = rotate
        self._secrets: WebhookSecrets
        self._prepare(rotate=rotate)
        self._published_at = self._publish()
        self._journal.webhook = "steady" if self._secrets.pending is None else "settling"

    @property
    def endpoint(self) -> str:
        """The address at which every plant is to be subscribed now."""
        return self._address(self._secrets.subscribed)

    @property
    def tolerated(self) -> frozenset[str]:
        """The other address that may be subscribed during a rotation."""
        secret = self._secrets.tolerated
        return frozenset() if secret is None else frozenset({self._address(secret)})

    def introduce_pending(self) -> None:
        """Introduce a pending secret once all receivers accept it and a call proves it.

        A run that was asked to rotate waits for that if its time allows; other runs leave it to the next.
        """
        if self._secrets.pending is None:
            return
        settled_at = self._published_at + SETTLING
        now = self._dependencies.clock()
        if now < settled_at and self._may_wait and settled_at < self._deadline:
            self._dependencies.sleep((settled_at - now).total_seconds())
        if self._dependencies.clock() < settled_at:
            return
        if self._answers_at(self._address(self._secrets.pending)):
            self._secrets = self._secrets.after(Step.PROVEN, now=self._dependencies.clock())
        else:
            self._journal.note_trouble("webhook: the new address does not answer as it should")

    def answers(self) -> bool:
        """Whether the subscribed address answers a validation event correctly."""
        return self._answers_at(self.endpoint)

    def drop_previous(self, listed: list[Subscription]) -> None:
        """Stop accepting the previous secret once its grace is over and no subscription uses it."""
        secrets = self._secrets
        if secrets.previous is None or not secrets.grace_over(self._dependencies.clock()):
            return
        if all(entry.endpoint != self._address(secrets.previous) for entry in listed):
            self._advance(Step.UNUSED)
            self._published_at = self._publish()

    def promote(self) -> None:
        """Make the introduced secret the current one. Only once every plant is subscribed with it."""
        if self._secrets.stage is not Stage.INTRODUCED:
            return
        self._advance(Step.SUBSCRIBED)
        self._publish()
        self._journal.webhook = "rotated"
        self._journal.actions.append("webhook_rotated")

    def _answers_at(self, address_: str) -> bool:
        dependencies = self._dependencies
        code = dependencies.one_time(16)
        return webhook_probe.proves(dependencies.session, address_, code=code, now=dependencies.clock())

    def _prepare(self, *, rotate: bool) -> None:
        """Load the secrets, make them if there are none, and begin a rotation if due."""
        now = self._dependencies.clock()
        version = self._dependencies.secrets.read(self._dependencies.settings.webhook_arn)
        if version is None:
            self._secrets = WebhookSecrets(current=self._new_secret(), created_at=now)
            self._write()
            self._journal.actions.append("webhook_secret_made")
            return
        self._secrets = WebhookSecrets.from_secret(version.text)
        due = rotate or self._secrets.rotation_due(now, self._dependencies.settings.rotation_days)
        if due and self._secrets.pending is None:
            self._advance(Step.DUE, new=self._new_secret())

    def _publish(self) -> datetime:
        """Publish the digests of these secrets to the receivers; since when they are published."""
        digests = Digests(self._dependencies.table)
        published = digests.published()
        if published is not None and published[0] == self._secrets.digests:
            return published[1]
        now = self._dependencies.clock()
        digests.publish(self._secrets.digests, now)
        return now

    def _advance(self, step: Step, *, new: str | None = None) -> None:
        """Take a step, and write it before anything depends on it."""
        self._secrets = self._secrets.after(step, now=self._dependencies.clock(), new=new)
        self._write()

    def _write(self) -> None:
        self._dependencies.secrets.write(self._dependencies.settings.webhook_arn, self._secrets.to_secret())

    def _new_secret(self) -> str:
        return self._dependencies.one_time(SECRET_BYTES)

    def _address(self, secret: str) -> str:
        return address(self._dependencies.settings.webhook_base_url, secret)
