"""The bodies that the control plane accepts, field by field; an unknown field is an error."""

import base64
import binascii
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from sandbox.legrand.account import faults
from sandbox.legrand.account.faults import Fault
from sandbox.legrand.account.login import MOST_REDIRECTS
from sandbox.legrand.account.oddities import KNOWN, Oddity
from sandbox.legrand.provider.others import Client, ClientAct
from sandbox.legrand.pushes.dispatch import OddPushes
from sandbox.legrand.pushes.timeline import DeliveryFaults, Outage
from sandbox.legrand.pushes.wire import encoded
from sandbox.legrand.variants import USUAL, Variants, drawn, with_answers

TEN_YEARS_OF_HOURS = 10 * 366 * 24
"""Long enough for any test, and within every calendar."""
_CALENDAR_SECONDS = 10_000 * 366 * 24 * 3600


class Strict(BaseModel):
    """Refuses unknown fields."""

    model_config = ConfigDict(extra="forbid")


class ClockOrder(Strict):
    """Exactly one of `set`, `advance_seconds`, `real`; with `hold` the clock stands still at `set`."""

    set: AwareDatetime | None = None
    hold: bool = False
    advance_seconds: float | None = Field(default=None, ge=-TEN_YEARS_OF_HOURS * 3600, le=TEN_YEARS_OF_HOURS * 3600)
    real: bool | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum((self.set is not None, self.advance_seconds is not None, self.real is True)) != 1:
            raise ValueError("give one of set, advance_seconds, real")
        return self


class OutageOrder(Strict):
    """From `after_hours` on, nothing is sent for `hours`; then everything at once."""

    after_hours: float = Field(ge=0, le=TEN_YEARS_OF_HOURS)
    hours: float = Field(gt=0, le=TEN_YEARS_OF_HOURS)


class PlayOrder(Strict):
    """A period of virtual time to play; `start` is the clock's present by default."""

    start: AwareDatetime | None = None
    hours: float = Field(default=24, gt=0, le=TEN_YEARS_OF_HOURS)
    seed: int | None = None
    duplicate_percent: float = Field(default=0, ge=0, le=100)
    late_percent: float = Field(default=0, ge=0, le=100)
    outage: OutageOrder | None = None
    realtime_factor: float | None = Field(default=None, gt=0)

    def delivery_faults(self) -> DeliveryFaults:
        """The faults of its deliveries."""
        outage = None
        if self.outage is not None:
            outage = Outage(timedelta(hours=self.outage.after_hours), timedelta(hours=self.outage.hours))
        return DeliveryFaults(self.duplicate_percent, self.late_percent, outage)


class PushOrder(Strict):
    """Any body for a plant's endpoints: `body` as JSON, `raw` as UTF-8 text, or `base64` for bytes."""

    plant_id: str
    body: Any = None
    raw: str | None = None
    base64: str | None = None
    content_type: str = "application/json; charset=utf-8"
    module_id: str | None = None

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        if len({"body", "raw", "base64"} & self.model_fields_set) != 1:
            raise ValueError("give one of body, raw, base64")
        self.content()
        return self

    def content(self) -> bytes:
        """The bytes to send."""
        if self.raw is not None:
            return self.raw.encode()
        if self.base64 is not None:
            try:
                return base64.b64decode(self.base64, validate=True)
            except binascii.Error as error:
                raise ValueError("base64 is not base64") from error
        return encoded(self.body)


class OddOrder(Strict):
    """A known oddity by its name, or a place in the notification and its JSON text."""

    known: str | None = None
    place: tuple[str | NonNegativeInt, ...] | None = None
    text: str | None = None
    times: PositiveInt = 1
    module_id: str | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.known is None) == (self.place is None) or (self.place is None) != (self.text is None):
            raise ValueError("give known, or place and text")
        if self.known is not None and self.known not in KNOWN:
            raise ValueError(f"no oddity {self.known!r} is known; there are {', '.join(KNOWN)}")
        self.pushes()
        return self

    def pushes(self) -> OddPushes:
        """The order to the dispatch."""
        oddity = KNOWN[self.known] if self.known is not None else Oddity(self.place or (), self.text or "")
        return OddPushes(oddity, self.times, self.module_id)


class LoseOrder(Strict):
    """How many new notifications are lost."""

    times: PositiveInt = 1


class GhostOrder(Strict):
    """Which of our subscriptions get nothing from now on, or get pushes again with `ghost` false."""

    subscription_id: str | None = None
    plant_id: str | None = None
    ghost: bool = True

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.subscription_id is None and self.plant_id is None:
            raise ValueError("give subscription_id or plant_id")
        return self


class ThermostatClockOrder(Strict):
    """Sets a thermostat's own clock: exactly one of `set`, `ahead_seconds` (negative: behind), `right`.

    It runs on from there, within the calendar.
    """

    module_id: str
    set: AwareDatetime | None = None
    ahead_seconds: float | None = Field(default=None, ge=-_CALENDAR_SECONDS, le=_CALENDAR_SECONDS)
    right: bool | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum((self.set is not None, self.ahead_seconds is not None, self.right is True)) != 1:
            raise ValueError("give one of set, ahead_seconds, right")
        return self


class SubscriptionOrder(Strict):
    """Another application's subscription."""

    plant_id: str
    EndPointUrl: str  # the provider's own spelling
    application: str


class OthersOrder(Strict):
    """What another client does."""

    client: Client
    does: ClientAct


class NewPlant(Strict):
    """A home to add; `modules` are the rooms' names, or how many."""

    name: str
    modules: list[str] | PositiveInt = 1

    def rooms(self) -> list[str]:
        """The names of its rooms."""
        if isinstance(self.modules, int):
            return [f"Stanza {number}" for number in range(1, self.modules + 1)]
        return self.modules


class Move(Strict):
    """A thermostat to move to another home."""

    module_id: str
    to: str


class Rename(Strict):
    """A new name, any text, for the plant or thermostat with this id."""

    id: str
    name: str


class PlantsOrder(Strict):
    """Exactly one of `add`, `remove`, `move`, `rename`."""

    add: NewPlant | None = None
    remove: str | None = None
    move: Move | None = None
    rename: Rename | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(each is not None for each in (self.add, self.remove, self.move, self.rename)) != 1:
            raise ValueError("give one of add, remove, move, rename")
        return self


class ClientOrder(Strict):
    """An application to register, or changes to a known one (the default one without a `client_id`)."""

    client_id: str | None = None
    client_secret: str | None = None
    subscription_key: str | None = None
    redirect_uris: tuple[str, ...] | None = Field(default=None, max_length=MOST_REDIRECTS)
    name: str | None = None
    secret_age_days: float | None = None


class WorldOrder(Strict):
    """A random world, other answers to some questions, or the usual world if neither is given."""

    draw: int | None = None
    answers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.draw is not None and self.answers:
            raise ValueError("give draw or answers")
        with_answers(USUAL, self.answers)
        return self

    def world(self, before: Variants) -> Variants:
        """The world that comes after `before`."""
        if self.draw is not None:
            return drawn(self.draw)
        return with_answers(before, self.answers) if self.answers else USUAL


class RevokeOrder(Strict):
    """Which tokens are revoked."""

    access: bool = False
    refresh: bool = False


class FaultOrder(Strict):
    """A `Fault`; or a known one by its name, if wanted for one `operation` alone."""

    known: str | None = None
    operation: str = faults.EVERY_OPERATION
    status: int | None = Field(default=None, ge=100, le=599)
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    delay_ms: NonNegativeInt = 0
    times: PositiveInt | None = 1
    after_effect: bool = False
    drop: bool = False
    about: str | None = None
    place: tuple[str | NonNegativeInt, ...] | None = None
    value: Any = None
    missing: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.known is None and "operation" not in self.model_fields_set:
            raise ValueError("give an operation, or known")
        if self.known is not None and self.known not in faults.KNOWN:
            raise ValueError(f"no fault {self.known!r} is known; there are {', '.join(faults.KNOWN)}")
        if self.known is not None and self.model_fields_set - {"known", "operation"}:
            raise ValueError("a known fault takes an operation, and nothing else")
        self.fault()
        return self

    def fault(self) -> Fault:
        """The fault."""
        if self.known is not None:
            known = faults.KNOWN[self.known]
            return replace(known, operation=self.operation) if "operation" in self.model_fields_set else known
        return Fault(**self.model_dump(exclude={"known"}))
