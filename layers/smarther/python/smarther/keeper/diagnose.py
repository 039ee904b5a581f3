"""The incidents that a run sees at its end, and those that ended since the run before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import (
    SILENCE_CAUSES,
    Services,
    is_ongoing,
    missed_push_incidents,
    service_incidents,
    should_probe_webhook,
    thermostat_incidents,
)
from smarther.drawing.incident_text import mail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.keeper.journal import Run
    from smarther.keeper.webhook.rotate_webhook import Webhook


def diagnose(run: Run, webhook: Webhook, names: Mapping[str, str]) -> None:
    """Note current and ended incidents, mail what is new, and remember the incidents. Raises ServiceFailedError.

    `names` are those of plants and thermostats, by id. An alarm reports silence. A mail reports any other incident when
    it begins and when it ends. If a mail fails nothing is remembered, and the next run sends it.

    A service that is gone is told as a reason; its incident, if it was told before, goes on unsaid until it is back.

    The webhook is called if nobody pushes. Incidents of thermostats stay as they were if the run could not check them.
    """
    memory, journal, now = run.memory, run.journal, run.dependencies.clock()
    services = Services(
        login_failing_since=memory.login_ill_since,
        api_failing_since=memory.api_ill_since,
        webhook_answers=webhook.answers() if should_probe_webhook(journal.observations) else None,
    )
    of_services = service_incidents(services, now=now)
    gone = Reason.PROVIDER_GONE in journal.reasons  # the reason says it already
    unsaid = [each for each in of_services if gone and is_ongoing(each, memory.incidents)]
    journal.incidents = [] if gone else of_services
    if journal.thermostats_checked:
        journal.incidents += thermostat_incidents(
            journal.observations, services, now=now, complete=not journal.unchecked
        )
        if memory.suspicion.is_confirmed(now) and all(each.cause in SILENCE_CAUSES for each in journal.incidents):
            missed = {each.module_id for each in memory.suspicion.missed(now)}
            journal.incidents += missed_push_incidents(journal.observations, missed, since=memory.suspicion.since)
    else:
        journal.incidents += [each for each in memory.incidents if each.cause.seen_in_thermostats]
    ongoing = [*unsaid, *journal.incidents]
    journal.over = [each for each in memory.incidents if not is_ongoing(each, ongoing)]
    begun = [each for each in journal.incidents if not is_ongoing(each, memory.incidents)]
    for over, news in ((False, begun), (True, journal.over)):
        for each in news:
            if each.cause not in SILENCE_CAUSES:
                zone = run.dependencies.settings.timezone
                run.dependencies.topic.publish(*mail(each, names, over=over, zone=zone, now=now))
    run.remember(incidents=tuple(ongoing))
