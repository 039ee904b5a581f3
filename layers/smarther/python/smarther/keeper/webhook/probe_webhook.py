"""A probe of the webhook: is an authentic request answered, and how fast? Nothing is stored for it.

Only the keeper can read the secret in the address. The probe takes no lease and does not call Legrand, so it may run
beside a run. Times are measured by the keeper, in AWS, through the public address that Legrand calls.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account.subscription_plan import address
from smarther.domain.account.webhook_rotation import WebhookSecrets
from smarther.domain.keeper.keeper_probe import Handshake, Probe
from smarther.legrand import webhook_probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smarther.domain.keeper.keeper_probe import ProbeOrder
    from smarther.keeper.dependencies import Dependencies

TIME_LIMIT: Final = timedelta(seconds=60)
"""No call begins after this time, half of the function's timeout."""
TIMEOUTS: Final = (3.0, 5.0)
"""Seconds to connect and to read. Legrand waits for 0.75 in all; more shows by how much a call is too slow."""

_UNKNOWN: Final = "nobody-s-secret"  # not of a secret's form, so that the call is never spilled


def probe(dependencies: Dependencies, order: ProbeOrder) -> Probe:
    """Call the webhook as often as ordered, and once with an unknown secret.

    Raises SecretsError if the secret cannot be read, WebhookSecretsError if it is not in the keeper's form.
    """
    version = dependencies.secrets.read(dependencies.settings.webhook_arn)
    if version is None:
        return Probe(has_secret=False)
    base_url = dependencies.settings.webhook_base_url
    caller = _Caller(dependencies, address(base_url, WebhookSecrets.from_secret(version.text).current))
    one_by_one = tuple(caller.one_by_one(order.calls))
    at_once = tuple(caller.at_once(order.at_once))
    stranger = _Caller(dependencies, address(base_url, _UNKNOWN)).call()
    return Probe(
        has_secret=True,
        complete=len(one_by_one) == order.calls and bool(at_once) == (order.at_once > 1),
        one_by_one=one_by_one,
        at_once=at_once,
        stranger=stranger,
    )


class _Caller:
    """Calls one address until the time is up. Its results do not contain the address."""

    def __init__(self, dependencies: Dependencies, address_: str) -> None:
        self._dependencies = dependencies
        self._address = address_
        self._end = dependencies.clock() + TIME_LIMIT

    def call(self) -> Handshake:
        dependencies = self._dependencies
        code = dependencies.one_time(16)
        return webhook_probe.handshake(
            dependencies.session, self._address, code=code, now=dependencies.clock(), seconds=TIMEOUTS
        )

    def one_by_one(self, calls: int) -> Iterator[Handshake]:
        for _ in range(calls):
            if self._dependencies.clock() >= self._end:
                return
            yield self.call()

    def at_once(self, calls: int) -> Iterator[Handshake]:
        """Two calls at once, then three, and so on, until a new container answers.

        A container answers one call at a time, so more calls at once than warm containers start a new one.
        """
        with ThreadPoolExecutor(max(calls, 1)) as pool:
            for several in range(2, calls + 1):
                if self._dependencies.clock() >= self._end:
                    return
                made = list(pool.map(lambda _: self.call(), range(several)))
                yield from made
                if any(each.new_container for each in made):
                    return
