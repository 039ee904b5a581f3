"""Why less arrives than should: the rules that turn a run's observations into incidents.

They answer the owner's question: is it Legrand, or is it me? A run knows when each thermostat last pushed, how late
that push was, which thermostats are silent, which ones changed without a push, and whether the API, the login and the
webhook answer. What the owner has to do is in the report's reasons; it is no incident.

Each cause is reported once, however many thermostats share it:

- One thermostat is silent while others of its plant are not: the thermostat is at fault.
- A whole plant is silent: its gateway or its network is at fault.
- Thermostats answer and have changed, but nothing is pushed: Legrand's pushes have stopped. So they have when several
  plants fall silent within `TOGETHER_WITHIN`, since their gateways are independent.
- Most recent pushes are late: Legrand is late. If only one thermostat is late, its clock may be wrong.
- Thermostats that push changed more than once without a push: a part of the pushes is missing
  (`smarther.domain.keeper.push_loss`).
- The webhook does not answer: this stack is at fault, whatever else is seen.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

OUTAGE_AFTER: Final = timedelta(hours=1)
"""A shorter failure of the API or the login is no incident: two later runs try again within this time."""

TOGETHER_WITHIN: Final = timedelta(hours=3)
"""Plants fell silent together if their last pushes are no further apart. A quiet room may push nothing for hours."""

LATE_AFTER: Final = timedelta(hours=1)
"""A push is late if its lag exceeds the thermostat's usual lag by this. The usual lag is the constant error of the
thermostat's clock; a push itself takes seconds."""

RECENT: Final = timedelta(days=1)
"""Older pushes do not count when it is decided whether pushes are late."""


class Cause(StrEnum):
    """Where the fault lies."""

    STACK = "stack"
    LOGIN = "login"
    API = "api"
    PUSHES_STOPPED = "pushes_stopped"
    PUSHES_LATE = "pushes_late"
    PUSHES_THINNED = "pushes_thinned"
    HOME = "home"
    THERMOSTAT = "thermostat"

    @property
    def seen_in_thermostats(self) -> bool:
        """Whether only a run that checked the thermostats can tell."""
        return self not in {Cause.API, Cause.LOGIN}


SILENCE_CAUSES: Final = frozenset({Cause.HOME, Cause.THERMOSTAT})
"""Causes that mean only silence. They end as soon as one of their thermostats pushes or answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a run has found about one thermostat, by our clock.

    - `pushed_at`: its last push, or when it became known if it never pushed.
    - `lag`: how much later than usual that push was; None if unknown.
    - `silent`: neither a push nor an answer has come for too long.
    - `only_answered`: the last arrival was an answer to a poll.
    - `changed`: a thermostat of its plant changed without a push, and none of the plant has pushed since.
    - `pushed_lately`: its last push is too recent for silence, whatever polls came since.
    """

    plant_id: str
    module_id: str
    pushed_at: datetime
    lag: timedelta | None = None
    silent: bool = False
    changed: bool = False
    only_answered: bool = False
    pushed_lately: bool = False

    @property
    def pushes(self) -> bool:
        """Whether its last push is recent, or its last arrival was a push."""
        return self.pushed_lately or not (self.silent or self.only_answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Since when the login and the API have failed, None if they work; and whether the webhook answers.

    `webhook_answers` is None if it was not called: it is called only if nobody pushes.
    """

    login_failing_since: datetime | None = None
    api_failing_since: datetime | None = None
    webhook_answers: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One cause that is seen now. `since` is the last push of those concerned, or when a service began to fail.

    `plant_ids` and `module_ids` are those concerned; `of` is the number of all thermostats. `changed`: one of those
    concerned changed without a push.
    """

    cause: Cause
    since: datetime
    plant_ids: tuple[str, ...] = ()
    module_ids: tuple[str, ...] = ()
    of: int = 0
    changed: bool = False


def service_incidents(services: Services, *, now: datetime) -> list[Incident]:
    """Incidents of the login and the API: those that have failed for `OUTAGE_AFTER`."""
    found = []
    for cause, since in ((Cause.LOGIN, services.login_failing_since), (Cause.API, services.api_failing_since)):
        if since is not None and now - since >= OUTAGE_AFTER:
            found.append(Incident(cause=cause, since=since))
    return found


def thermostat_incidents(
    observations: Collection[Observation], services: Services, *, now: datetime, complete: bool = True
) -> list[Incident]:
    """Incidents of the pushes, homes and thermostats; none if all observed thermostats push.

    Only `complete` observations can show that all plants fell silent together.
    """
    stopped, homes, alone = _silences(observations, complete=complete)
    if services.webhook_answers is False and (stopped or homes or alone):
        return [_incident(Cause.STACK, [*stopped, *homes, *alone], observations)]
    late = _late(observations, now)
    return [
        *([_incident(Cause.PUSHES_STOPPED, stopped, observations)] if stopped else ()),
        *([_incident(Cause.PUSHES_LATE, late, observations)] if late else ()),
        *(_incident(Cause.HOME, of_plant, observations) for of_plant in _by_plant(homes)),
        *(_incident(Cause.THERMOSTAT, [each], observations) for each in alone),
    ]


def missed_push_incidents(
    observations: Collection[Observation], missed: Collection[str], *, since: datetime | None
) -> list[Incident]:
    """The incident of missing pushes, if any of these thermostats (by id) changed without a push; else none."""
    concerned = [each for each in observations if each.module_id in missed]
    if not concerned or since is None:
        return []
    return [replace(_incident(Cause.PUSHES_THINNED, concerned, observations), since=since)]


def is_ongoing(before: Incident, now: Iterable[Incident]) -> bool:
    """Whether an incident of the last run is among those of this run.

    It is the same if the cause is the same. Incidents of silence must also share a thermostat; there is at most one
    incident of any other cause.
    """
    return any(
        each.cause is before.cause
        and (each.cause not in SILENCE_CAUSES or not set(each.module_ids).isdisjoint(before.module_ids))
        for each in now
    )


def without_recovered(incidents: Iterable[Incident], heard: Collection[str]) -> tuple[Incident, ...]:
    """The incidents, without those of silence whose thermostats (by id) have all been `heard` since."""
    return tuple(
        each for each in incidents if each.cause not in SILENCE_CAUSES or not set(heard).issuperset(each.module_ids)
    )


def should_probe_webhook(observations: Collection[Observation]) -> bool:
    """Whether the webhook should be called to see if it answers: nobody pushes."""
    return bool(observations) and not any(each.pushes for each in observations)


def _silences(
    observations: Iterable[Observation], *, complete: bool
) -> tuple[list[Observation], list[Observation], list[Observation]]:
    """Thermostats whose pushes have stopped, those of silent homes, and single silent ones."""
    stopped: list[list[Observation]] = []
    silent: list[list[Observation]] = []
    others: list[list[Observation]] = []
    for plant in _by_plant(observations):
        if any(one.pushes for one in plant):
            others.append(plant)
        elif any(one.changed for one in plant):
            stopped.append(plant)
        else:
            (silent if all(one.silent for one in plant) else others).append(plant)
    if complete and not others and len(stopped) + len(silent) > 1 and _fell_silent_together([*stopped, *silent]):
        stopped, silent = [*stopped, *silent], []
    homes = [plant for plant in silent if len(plant) > 1]
    single = [*others, *(plant for plant in silent if len(plant) == 1)]
    alone = [one for plant in _by_plant(chain.from_iterable(single)) for one in plant if one.silent]
    return [*chain.from_iterable(stopped)], [*chain.from_iterable(homes)], alone


def _fell_silent_together(plants: Sequence[Sequence[Observation]]) -> bool:
    last = [max(one.pushed_at for one in each) for each in plants]
    return max(last) - min(last) <= TOGETHER_WITHIN


def _late(observations: Iterable[Observation], now: datetime) -> list[Observation]:
    """Thermostats whose last push was late, if they are most of those that pushed recently."""
    recent = [each for each in observations if each.lag is not None and now - each.pushed_at <= RECENT]
    late = [each for each in recent if each.lag is not None and each.lag > LATE_AFTER]
    return late if 2 * len(late) > len(recent) else []


def _incident(cause: Cause, concerned: Sequence[Observation], observations: Collection[Observation]) -> Incident:
    return Incident(
        cause=cause,
        since=max(each.pushed_at for each in concerned),
        plant_ids=tuple(dict.fromkeys(each.plant_id for each in concerned)),
        module_ids=tuple(each.module_id for each in concerned),
        of=len(observations),
        changed=any(each.changed for each in concerned),
    )


def _by_plant(observations: Iterable[Observation]) -> list[list[Observation]]:
    plants: defaultdict[str, list[Observation]] = defaultdict(list)
    for each in observations:
        plants[each.plant_id].append(each)
    return [plants[plant_id] for plant_id in sorted(plants)]
