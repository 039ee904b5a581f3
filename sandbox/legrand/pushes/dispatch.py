"""The notifier's rules without the network: which endpoints get a push, and what a failed one leads to.

Legrand's support, as relayed in andrea-mattioli/mattiols_hassio_repository issue 16 (2020-11-25): an endpoint must
answer in under 750 ms with a status below 300; anything else raises its failure counter; every 20 failures ban it for
one minute per 20 failures so far, 20 minutes at most; what happens during a ban is lost and never sent again.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.account.oddities import Oddity
from sandbox.legrand.account.subscriptions import Subscription, SubscriptionBook
from sandbox.legrand.pushes.ledger import Entry, Kind, Ledger, Outcome, Push

ANSWER_LIMIT_MS = 750
FAILURES_PER_BAN = 20
LONGEST_BAN_MINUTES = 20
GOOD_BELOW = 300


def ban_after(failures: int) -> timedelta | None:
    """How long the failure with this number bans the endpoint; None if it does not."""
    if failures == 0 or failures % FAILURES_PER_BAN:
        return None
    return timedelta(minutes=min(failures // FAILURES_PER_BAN, LONGEST_BAN_MINUTES))


@dataclass(slots=True)
class EndpointHealth:
    """An endpoint's failures and bans."""

    failures: int = 0
    bans: int = 0
    banned_until: datetime | None = None

    def banned(self, now: datetime) -> bool:
        """Whether it is banned, so that nothing is sent to it."""
        return self.banned_until is not None and now < self.banned_until

    def fail(self, now: datetime) -> None:
        """Count one failure; every twentieth bans. Successes do not lower the counter."""
        self.failures += 1
        ban = ban_after(self.failures)
        if ban is not None:
            self.bans += 1
            self.banned_until = now + ban


@dataclass(slots=True)
class OddPushes:
    """The next `times` new contents (of one thermostat, if named) are odd, and so are their copies."""

    oddity: Oddity
    times: int
    module_id: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One push to send to one endpoint, once."""

    push: Push
    subscription: Subscription


class Dispatch:
    """Decides for each push which endpoints are called, and keeps the ledger, the counters and the bans.

    The notifier gets `attempts`, makes each call once, and reports the result with `settle`.
    """

    def __init__(self, clock: MovableClock, subscriptions: SubscriptionBook, ledger: Ledger) -> None:
        self._clock = clock
        self._subscriptions = subscriptions
        self.ledger = ledger
        self._health: dict[str, EndpointHealth] = {}
        self._lose_next = 0
        self._lost: set[str] = set()
        self._called: set[str] = set()
        self._odd_next: list[OddPushes] = []
        self._odd: dict[str, Oddity] = {}
        self.counters: Counter[str] = Counter()

    def lose(self, times: int = 1) -> None:
        """Lose the next `times` new contents: neither they nor their copies are sent, but noted as acknowledged."""
        self._lose_next += times

    def send_odd(self, order: OddPushes) -> None:
        """Put an oddity into the next new contents, after the oddities ordered before."""
        self._odd_next.append(order)

    def attempts(self, push: Push) -> list[Attempt]:
        """The calls to make for `push`, in order; an endpoint that is not called gets its ledger entry at once."""
        listeners = self._subscriptions.of_plant(push.plant_id)
        ours = [subscription for subscription in listeners if subscription.ours]
        self.counters["skipped_other_applications"] += len(listeners) - len(ours)
        if not ours:
            self.counters["without_subscriber"] += 1
            return []
        called = [subscription for subscription in ours if self._to_be_called(push, subscription)]
        if called and self._is_lost(push):
            for subscription in called:
                self.ledger.add(push, subscription.id, Outcome.ACKNOWLEDGED, self._clock.now(), status=200)
            return []
        if called:
            push = self._as_ordered(push)
            self._called.add(push.content)
        return [Attempt(push, subscription) for subscription in called]

    def settle(self, attempt: Attempt, status: int | None, ms: float, error: str | None = None) -> Entry:
        """Enter a call's result. `status` None: no answer in time (`error` None) or no connection (`error`)."""
        now = self._clock.now()
        if status is not None and status < GOOD_BELOW:
            outcome = Outcome.ACKNOWLEDGED
        else:
            self.health(attempt.subscription.url).fail(now)
            outcome = Outcome.TIMEOUT if status is None and error is None else Outcome.REFUSED
        return self.ledger.add(
            attempt.push, attempt.subscription.id, outcome, now, status=status, ms=round(ms, 1), error=error
        )

    def health(self, url: str) -> EndpointHealth:
        """The failures and bans of the endpoint at `url`, which a new subscription does not reset."""
        return self._health.setdefault(url, EndpointHealth())

    @property
    def bans(self) -> int:
        """The number of bans so far, over all endpoints."""
        return sum(health.bans for health in self._health.values())

    def _as_ordered(self, push: Push) -> Push:
        if push.kind is Kind.ARBITRARY:
            return push
        if push.content not in self._called:
            for order in self._odd_next:
                if order.module_id in {None, push.module_id}:
                    self._odd[push.content] = order.oddity
                    order.times -= 1
                    break
            self._odd_next = [order for order in self._odd_next if order.times]
        oddity = self._odd.get(push.content)
        return push if oddity is None else replace(push, body=oddity.put(push.body))

    def _is_lost(self, push: Push) -> bool:
        if self._lose_next and push.content not in self._lost and push.content not in self._called:
            self._lose_next -= 1
            self._lost.add(push.content)
        return push.content in self._lost

    def _to_be_called(self, push: Push, subscription: Subscription) -> bool:
        now = self._clock.now()
        if subscription.ghost:
            self.ledger.add(push, subscription.id, Outcome.GHOST, now)
            return False
        if self.health(subscription.url).banned(now):
            self.ledger.add(push, subscription.id, Outcome.DROPPED_IN_BAN, now)
            return False
        return True
