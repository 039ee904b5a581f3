"""Whose fault it is when less comes than should: one rule from what a run knows to what has happened.

The question behind it is the owner's: nothing comes any more, is it Legrand or is it me? A run knows when each
thermostat pushed last, how late that push was, who is silent, who answers and has changed without a push, and whether
the API, the login and the webhook's own address answer. What a person has to settle stands in the report's reasons, and
is no incident.

One cause is told once, however many thermostats share it:

- A thermostat that is silent while another of its plant is heard is at fault itself.
- A plant of which nothing is heard has lost its gateway or its network.
- Where thermostats answer and have changed, and nothing is pushed, the pushes are at fault. So they are where several
  plants fall silent within `TOGETHER_WITHIN`: no gateway knows of another.
- Pushes that arrive late are Legrand's, where most that pushed lately are late; one alone may have a wrong clock.
- Where thermostats that push had changed more than once without one, a part of the pushes is missing
  (`smarther.domain.keeper.push_loss`).
- Where the webhook's own address does not answer, it is this stack, whatever else is seen.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

OUTAGE_AFTER: Final = timedelta(hours=1)
"""An API or a login that fails for less has a passing trouble: the second run after it tries again."""

TOGETHER_WITHIN: Final = timedelta(hours=3)
"""Plants whose last pushes lie no further apart fell silent together. A quiet room says nothing for an hour or two."""

LATE_AFTER: Final = timedelta(hours=1)
"""A push that comes so much later than this thermostat's usually do is late. Pushes take seconds; thermostats' clocks
are off by whatever they are off, but by the same each time."""

RECENT: Final = timedelta(days=1)
"""For so long a push tells how late pushes are."""


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
        """Whether only a run that listened to the thermostats can tell."""
        return self not in {Cause.API, Cause.LOGIN}


SILENCE_CAUSES: Final = frozenset({Cause.HOME, Cause.THERMOSTAT})
"""Causes of nothing but silence: over as soon as somebody is heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a run knows of one thermostat, by our clock.

    `pushed_at` is when it pushed last, or became known if it never did; `lag` by how much that push was later than its
    pushes usually are, None where that is not known. `silent`: nothing was heard of it for too long, neither a push nor
    an answer. `only_answered`: what was heard last is an answer. `changed`: one of its plant had changed without a push
    when it answered, and none of the plant has pushed since. `pushed_lately`: it pushed not so long ago that it
    could be silent, however often it was asked since.
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
        """Whether it pushed not too long ago, or what was heard of it last is a push."""
        return self.pushed_lately or not (self.silent or self.only_answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Since when the login and the API give no good answer, None where they do; and the webhook's own address.

    `webhook_answers` is None where nobody asked: it is asked only when it matters.
    """

    login_failing_since: datetime | None = None
    api_failing_since: datetime | None = None
    webhook_answers: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One thing that has happened. `since` is when the last push came, or when a service began to fail.

    `plant_ids` and `module_ids` are whom it concerns, `of` is how many thermostats there are in all. `changed`: asked,
    one of them had changed without a push.
    """

    cause: Cause
    since: datetime
    plant_ids: tuple[str, ...] = ()
    module_ids: tuple[str, ...] = ()
    of: int = 0
    changed: bool = False


def service_incidents(services: Services, *, now: datetime) -> list[Incident]:
    """What is wrong with the login and the API. Without the login's tokens nobody knows of the API."""
    found = []
    for cause, since in ((Cause.LOGIN, services.login_failing_since), (Cause.API, services.api_failing_since)):
        if since is not None and now - since >= OUTAGE_AFTER:
            found.append(Incident(cause=cause, since=since))
    return found


def thermostat_incidents(
    observations: Collection[Observation], services: Services, *, now: datetime, complete: bool = True
) -> list[Incident]:
    """What is wrong with the pushes, homes and thermostats; nothing where all that were listened to push.

    Unless the observations are `complete`, nobody knows whether all plants are silent.
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
    """What is wrong where a part of the pushes is missing, known by changes that were `missed` of these thermostats."""
    concerned = [each for each in observations if each.module_id in missed]
    if not concerned or since is None:
        return []
    return [replace(_incident(Cause.PUSHES_THINNED, concerned, observations), since=since)]


def is_ongoing(before: Incident, now: Iterable[Incident]) -> bool:
    """Whether an incident of the last run is among those of this one.

    It has the same cause. Only homes and thermostats that are not heard are told apart by whom they concern, since any
    other cause is there once at most.
    """
    return any(
        each.cause is before.cause
        and (each.cause not in SILENCE_CAUSES or not set(each.module_ids).isdisjoint(before.module_ids))
        for each in now
    )


def without_recovered(incidents: Iterable[Incident], heard: Collection[str]) -> tuple[Incident, ...]:
    """Incidents, without those of thermostats all of which have been `heard` since, by their ids."""
    return tuple(
        each for each in incidents if each.cause not in SILENCE_CAUSES or not set(heard).issuperset(each.module_ids)
    )


def should_probe_webhook(observations: Collection[Observation]) -> bool:
    """Whether it matters that the webhook's own address answers: nobody pushes."""
    return bool(observations) and not any(each.pushes for each in observations)


def _silences(
    observations: Iterable[Observation], *, complete: bool
) -> tuple[list[Observation], list[Observation], list[Observation]]:
    """Those whose pushes have stopped; those of homes that are not heard; and those that are not heard alone."""
    plants = _by_plant(observations)
    deaf = [each for each in plants if not any(one.pushes for one in each)]
    stopped = [each for each in deaf if any(one.changed for one in each)]
    unheard = [each for each in deaf if each not in stopped and all(one.silent for one in each)]
    together = complete and len(plants) > 1 and len(stopped) + len(unheard) == len(plants)
    if together and _fell_together([*stopped, *unheard]):
        stopped, unheard = [*stopped, *unheard], []
    homes = [one for each in unheard for one in each if len(each) > 1]
    told = [*stopped, *unheard]
    alone = [
        one for each in plants if each not in told or (each in unheard and len(each) == 1) for one in each if one.silent
    ]
    return [one for each in stopped for one in each], homes, alone


def _fell_together(plants: Sequence[Sequence[Observation]]) -> bool:
    last = [max(one.pushed_at for one in each) for each in plants]
    return max(last) - min(last) <= TOGETHER_WITHIN


def _late(observations: Iterable[Observation], now: datetime) -> list[Observation]:
    """Those whose last push was late, if they are most of those that pushed lately."""
    lately = [each for each in observations if each.lag is not None and now - each.pushed_at <= RECENT]
    late = [each for each in lately if each.lag is not None and each.lag > LATE_AFTER]
    return late if 2 * len(late) > len(lately) else []


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
