"""A probe of the webhook's own address: is an authentic request answered, and how fast? Nothing is stored for it.

The keeper is who can ask: nobody else on our side knows the secret in the address. It takes no lease and calls nothing
of Legrand's, so it may be asked while a run is under way. Times are those that the keeper sees, in AWS, through the
address that Legrand calls.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smarther.domain.account.webhook import address
from smarther.domain.account.webhook_rotation import WebhookSecrets
from smarther.domain.keeper.keeper_probe import Handshake, Probe
from smarther.legrand import webhook_probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smarther.domain.keeper.keeper_probe import ProbeOrder
    from smarther.keeper.dependencies import Dependencies

TIME_LIMIT: Final = timedelta(seconds=60)
"""After so long no further call is begun: half of what the function may take."""
TIMEOUTS: Final = (3.0, 5.0)
"""To connect and to read: Legrand waits for 0.75 in all, and by how much a call is too slow is to be seen."""

_UNKNOWN: Final = "nobody-s-secret"  # not of a secret's form, so that the call is never spilled


def probe(dependencies: Dependencies, order: ProbeOrder) -> Probe:
    """Call the address as often as ordered, and once under an address that is nobody's.

    Raises SecretsError where the secret cannot be read, WebhookSecretsError where it is not what the keeper writes.
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
    """Who calls an address, as long as there is time. Nothing here says which address."""

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
        """Two calls, then three, and so on, until one meets a new container.

        Each container answers one call at a time, so those that come meanwhile need others: the more are warm already,
        the more calls it takes.
        """
        with ThreadPoolExecutor(max(calls, 1)) as pool:
            for several in range(2, calls + 1):
                if self._dependencies.clock() >= self._end:
                    return
                made = list(pool.map(lambda _: self.call(), range(several)))
                yield from made
                if any(each.new_container for each in made):
                    return
