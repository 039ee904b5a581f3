"""Whether Legrand's login and API still exist and still answer as known, judged over runs and days.

One answer proves little: a host may be down for a weekend, and a gateway answers "not found" during a deployment. So
what may pass is reported only once it has lasted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from smarther.domain.account.answer_shape import NO_DATA, shape_of
from smarther.domain.account.legrand_answers import Announcement, Kind, Reason, Service
from smarther.domain.keeper.frozen_model import FrozenModel

if TYPE_CHECKING:
    from smarther.domain.account.legrand_answers import ProviderAnswer

type Missing = Literal["gone", "not_found", "no_host"]

GONE_AFTER: Final = timedelta(days=3)
"""How long a service is "not found" or without a host before it is reported as gone. Outages have lasted a weekend."""
CHANGED_AFTER: Final = timedelta(days=1)
"""How long an operation's answers are unknown before it counts as changed."""
ANNOUNCED_FOR: Final = timedelta(days=3)
"""How long a new announcement, or a new date in it, is reported as a reason."""
_FORGOTTEN_AFTER: Final = timedelta(days=8)
"""When what was not seen again is forgotten. Polls of a thermostat are closer together."""
_SHAPES_KEPT: Final = timedelta(days=60)

_BASE_OPERATIONS: Final = frozenset({"token", "list", "plants"})
"""Operations whose addresses name no plant or module, so that "not found" is about the service."""
_MISSING: Final[dict[Kind, Missing]] = {
    Kind.GONE: "gone",
    Kind.NOT_FOUND: "not_found",
    Kind.NO_HOST: "no_host",
}
_PRESENT: Final = frozenset({Kind.OK, Kind.QUOTA, Kind.PERSON, Kind.UNAUTHORISED, Kind.CONFLICT, Kind.BUG})
_OPERATION_OF_CALL: Final = {"exchange": "token", "refresh": "token"}


class Shape(FrozenModel):
    """An answer that could not be read completely: when, its status, and its form without its values."""

    at: datetime
    status: int
    form: str


class Absence(FrozenModel):
    """A missing service: since when, and how it was missing last."""

    since: datetime
    how: Missing


class Sighting(FrozenModel):
    """When something was first and last seen."""

    first: datetime
    last: datetime


class Announced(FrozenModel):
    """The last announcement of an operation, and when it came."""

    at: datetime
    announcement: Announcement


@dataclass(slots=True)
class ProviderSigns:
    """What the answers of one run say about the provider. Nothing in it quotes an answer."""

    present: set[Service] = field(default_factory=set)
    missing: dict[Service, Missing] = field(default_factory=dict)
    not_found: set[str] = field(default_factory=set)
    understood: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)
    shapes: dict[str, tuple[int, str]] = field(default_factory=dict)
    gave_data: set[str] = field(default_factory=set)
    """Operations with a good status and JSON data that could not be read completely."""
    announced: dict[str, Announcement | None] = field(default_factory=dict)

    def note_answer(self, service: Service, call: str, answer: ProviderAnswer, body: bytes = b"") -> None:
        """Note an answer's class and headers. `note_body` adds how well a good answer could be read."""
        operation = _OPERATION_OF_CALL.get(call, call)
        how = _MISSING.get(answer.kind)
        if how == "no_host" or (how is not None and operation in _BASE_OPERATIONS):
            self.missing[service] = how
            self.not_found.add(operation)
        elif answer.kind in _PRESENT:
            self.present.add(service)
        elif answer.kind in {Kind.STRANGE, Kind.GONE}:
            self.strange.add(operation)
        if answer.kind is Kind.STRANGE and answer.status is not None:
            self.shapes[operation] = (answer.status, shape_of(body))
        if answer.kind is Kind.CONFLICT:
            self.understood.add(operation)
        if answer.announced is not None or answer.kind in _PRESENT:
            self.announced[operation] = answer.announced

    def note_body(self, call: str, status: int, body: bytes, *, readable: bool = True, whole: bool = True) -> None:
        """Note how well a good answer could be read: any of it (`readable`), and all of it (`whole`)."""
        operation = _OPERATION_OF_CALL.get(call, call)
        (self.understood if readable else self.strange).add(operation)
        if not (readable and whole):
            self.shapes[operation] = (status, shape_of(body))
            if self.shapes[operation][1] not in NO_DATA:
                self.gave_data.add(operation)


class ProviderState(FrozenModel):
    """What differs from the provider as it is known; all empty if nothing does. Days and instants are UTC.

    `gone` says for each service that is gone how it is missing. `changed` has the operations whose answers are unknown.
    """

    gone: dict[str, str] = Field(default_factory=dict)
    gone_since: datetime | None = None
    changed: tuple[str, ...] = ()
    announced: bool = False
    deprecated_on: date | None = None
    ends_on: date | None = None


class ProviderMemory(FrozenModel):
    """What is remembered of the provider between runs."""

    absent: dict[Service, Absence] = Field(default_factory=dict)
    strange: dict[str, Sighting] = Field(default_factory=dict)
    announced: dict[str, Announced] = Field(default_factory=dict)
    told: Announcement | None = None
    told_at: datetime | None = None
    shapes: dict[str, Shape] = Field(default_factory=dict)

    def after(self, signs: ProviderSigns, now: datetime) -> ProviderMemory:
        """The memory after a run with these signs."""
        lately = now - _FORGOTTEN_AFTER
        heard = {key: Announced(at=now, announcement=each) for key, each in signs.announced.items() if each is not None}
        before = {key: each for key, each in self.announced.items() if key not in signs.announced and each.at > lately}
        announced = before | heard
        has_answered = announced or signs.announced
        told = _merged([each.announcement for each in announced.values()]) if has_answered else self.told
        shapes = {key: each for key, each in self.shapes.items() if each.at > now - _SHAPES_KEPT}
        return ProviderMemory(
            absent=self._absent(signs, now),
            strange={
                key: each
                for key, each in self._strange(signs, now).items()
                if key not in signs.understood and each.last > lately
            },
            announced=announced,
            told=told,
            told_at=None if told is None else self.told_at if told == self.told else now,
            shapes=shapes
            | {key: Shape(at=now, status=status, form=form) for key, (status, form) in signs.shapes.items()},
        )

    def state(self, now: datetime) -> ProviderState:
        """What differs now from the provider as it is known."""
        gone = {
            service: each
            for service, each in self.absent.items()
            if each.how == "gone" or now - each.since >= GONE_AFTER
        }
        changed = [
            key
            for key, each in sorted(self.strange.items())
            if each.last - each.first >= CHANGED_AFTER and _service(key) not in gone
        ]
        return ProviderState(
            gone={service.value: each.how for service, each in sorted(gone.items())},
            gone_since=min((each.since for each in gone.values()), default=None),
            changed=tuple(changed),
            announced=self.told is not None,
            deprecated_on=None if self.told is None else self.told.deprecated_on,
            ends_on=None if self.told is None else self.told.ends_on,
        )

    def at_new_address(self) -> ProviderMemory:
        """The memory after API or login moved. An announced end stays, until the new address is silent about it."""
        return ProviderMemory(shapes=self.shapes, told=self.told, told_at=self.told_at)

    def reasons(self, now: datetime) -> tuple[Reason, ...]:
        """Why a person is needed: a lasting difference, or a new announcement."""
        state = self.state(now)
        news = self.told_at is not None and now - self.told_at < ANNOUNCED_FOR
        found = ((Reason.PROVIDER_GONE, bool(state.gone)), (Reason.PROVIDER_CHANGED, bool(state.changed) or news))
        return tuple(reason for reason, is_so in found if is_so)

    def _absent(self, signs: ProviderSigns, now: datetime) -> dict[Service, Absence]:
        """A service is present if any of its answers could only come from it."""
        absent = {service: each for service, each in self.absent.items() if service not in signs.present}
        for service, how in signs.missing.items():
            if service not in signs.present:
                absent[service] = Absence(since=absent[service].since if service in absent else now, how=how)
        return absent

    def _strange(self, signs: ProviderSigns, now: datetime) -> dict[str, Sighting]:
        """If a service is present but one of its base operations is not found, only that operation has changed."""
        lost = {key for key in signs.not_found if _service(key) in signs.present}
        seen = {
            key: Sighting(first=self.strange[key].first if key in self.strange else now, last=now)
            for key in signs.strange | lost
        }
        return self.strange | seen


def _service(operation: str) -> Service:
    return Service.LOGIN if operation == "token" else Service.API


def _merged(announcements: list[Announcement]) -> Announcement | None:
    """The earliest of all announced dates; None if nothing is announced."""
    if not announcements:
        return None
    deprecated = [each.deprecated_on for each in announcements if each.deprecated_on is not None]
    ends = [each.ends_on for each in announcements if each.ends_on is not None]
    return Announcement(min(deprecated, default=None), min(ends, default=None))
