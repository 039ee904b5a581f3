"""Events of the keeper's reports: a thermostat is silent, a person is needed, and the end of each.

A report says what is so. What began and what ended is the difference to what was told before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smarther.store.items import decoded

from .event import Event
from .readings import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smarther.store.items import Item

    from .event import DetailType

    type Said = Mapping[str, str]
    """What an event says of one matter."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told and has not ended: silent thermostats by their ids, and reasons for a person by their names.

    What is said of each has `since`: for a thermostat when it was heard last, for a reason when it was first told.
    """

    silent: Mapping[str, Said] = field(default_factory=dict)
    person: Mapping[str, Said] = field(default_factory=dict)


def changes(told: Told, item: Item) -> tuple[list[Event], Told]:
    """The events that a report gives, and what is told after them. Raises UnreadableError for what is no report."""
    try:
        report = decoded(item)
        at = str(report["at"])
        silent, person = _silent(report), _person(report, told, at)
        if not _heard_all(report):  # who is not named may be silent all the same
            silent = {**told.silent, **silent}
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableError("a report of another form") from error
    return [
        *_all("ThermostatHeardAgain", _only(told.silent, silent), over_at=at),
        *_all("ThermostatSilent", _only(silent, told.silent)),
        *_all("PersonNoLongerNeeded", _only(told.person, person), over_at=at),
        *_all("PersonNeeded", _only(person, told.person)),
    ], Told(silent, person)


def _silent(report: Mapping[str, Any]) -> dict[str, Said]:
    return {
        each["module_id"]: {name: each[name] for name in ("plant_id", "module_id", "name", "since") if name in each}
        for each in report["silent"]
    }


def _person(report: Mapping[str, Any], told: Told, at: str) -> dict[str, Said]:
    return {
        each["reason"]: told.person.get(each["reason"]) or {"reason": each["reason"], "do": each["do"], "since": at}
        for each in report["person"]
    }


def _heard_all(report: Mapping[str, Any]) -> bool:
    """Whether the run listened to every thermostat, and its report names all that are silent."""
    unknown = any(plant["subscription"] == "unknown" for plant in report["plants"])
    return not (unknown or report["unheard"] or "silent" in report["left_out"])


def _only(these: Mapping[str, Said], others: Mapping[str, Said]) -> dict[str, Said]:
    """What only the first has. A thermostat that was heard between two reports is silent again."""
    return {key: said for key, said in these.items() if others.get(key, {}).get("since") != said["since"]}


def _all(detail_type: DetailType, found: Mapping[str, Said], **more: str) -> Iterator[Event]:
    for key, said in found.items():
        yield Event(detail_type, f"{key}#{said['since']}", {**said, **more})
