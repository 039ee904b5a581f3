"""What has happened, as far as a run knows when it has done all it can; and what is over since the run before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.domain.keeper.incidents import Services, goes_on, is_worth_a_probe, of_services, of_thermostats

if TYPE_CHECKING:
    from smarther.keeper.journal import Run
    from smarther.keeper.rotate_webhook import Webhook


def diagnose(run: Run, webhook: Webhook) -> None:
    """Note the incidents and those that are over, and remember them.

    The webhook's own address is called when nobody pushes. What is known of thermostats stays as it was where the run
    did not get as far as to listen to them.
    """
    memory, journal, now = run.memory, run.journal, run.dependencies.clock()
    services = Services(
        login_ill_since=memory.login_ill_since,
        api_ill_since=memory.api_ill_since,
        address_answers=webhook.answers() if is_worth_a_probe(journal.witnesses) else None,
    )
    journal.incidents = of_services(services, now=now)
    if journal.listened:
        journal.incidents += of_thermostats(journal.witnesses, services, now=now)
    else:
        journal.incidents += [each for each in memory.incidents if each.cause.is_of_thermostats]
    journal.over = [each for each in memory.incidents if not goes_on(each, journal.incidents)]
    run.remember(incidents=tuple(journal.incidents))
