"""One room and the thermostat on its wall: it warms, cools, is heated with hysteresis, and reports what changed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from sandbox.legrand.home.habits import Boost, Deed, Habit, OpenWindow, Position, Slide, Steam, deeds_of_day
from sandbox.legrand.home.program import WeeklyProgram
from sandbox.legrand.home.snapshot import Function, Mode, Snapshot
from sandbox.legrand.home.weather import Weather

STEP = timedelta(minutes=1)
STEP_HOURS = STEP / timedelta(hours=1)
WINDOW_LEAK_HOURS = 1.2
"""An open window lets the room follow the outside this fast (time constant)."""
FREE_WARMTH = 2.5
"""°C that people, sun and neighbours keep a closed room above the outside."""
PROTECTION_SET_POINT = Decimal("7.0")
BOOST_SET_POINT = Decimal("30.0")
"""So much that the heater runs through."""
SLIDE_PUSHES = 8
SLIDE_SECONDS = 0.9
HUMIDITY_STEP = 1.0
STEAM_PER_HOUR = 55.0
"""Percentage points of humidity that a shower adds in an hour."""
STEAM_LEAVES_HOURS = 0.7
DRIER_PER_DEGREE = 2.2
"""Percentage points that a room loses by being one degree warmer."""


@dataclass(frozen=True, slots=True)
class Room:
    """What never changes in a room. Temperatures in °C, `leak_hours` its time constant, `heat_per_hour` the heater."""

    plant_id: str
    module_id: str
    program: WeeklyProgram
    habit: Habit
    mode: Mode
    leak_hours: float
    heat_per_hour: float
    hysteresis: float
    report_step: float
    usual_humidity: float
    tells_set_point_in_boost: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A wish from outside; `until` in naive local time, None for ever."""

    function: Function
    mode: Mode
    set_point: Decimal | None = None
    until: datetime | None = None


class Thermostat:
    """Lives from `start` on. `advance` returns what it reported; the same seed gives the same life."""

    def __init__(self, room: Room, weather: Weather, zone: ZoneInfo, start: datetime, seed: int) -> None:
        self.room = room
        self._weather = weather
        self._zone = zone
        self._seed = seed
        self._dice = Random(f"{seed}:{room.module_id}:{start.isoformat()}")  # noqa: S311 - a home, not cryptography
        self._now = start
        self._next_step = start + timedelta(seconds=self._dice.uniform(0, STEP.total_seconds()))
        self._function, self._mode = Function.HEATING, room.mode
        self._manual_set_point = PROTECTION_SET_POINT
        self._until: datetime | None = None
        self.clock_ahead = timedelta()
        self._active = False
        unheated = weather.temperature(start) + FREE_WARMTH
        self._true_temperature = max(float(self._wanted()), unheated) + self._dice.uniform(-0.5, 0.5)
        self._steam = 0.0
        self._window_until = self._steam_until = start
        self._sensed_temperature, self._sensed_humidity = self._sense()
        self._told: Snapshot | None = None
        self._deeds_day: date = start.astimezone(zone).date()
        self._deeds = [deed for deed in self._deeds_of(self._deeds_day) if deed.at >= start]

    # Time passes

    def advance(self, to: datetime) -> list[Snapshot]:
        """Live until `to` and return all reports made on the way, in order."""
        reports: list[Snapshot] = []
        while True:
            deed = self._next_deed(to)
            if deed is not None and deed.at <= self._next_step:
                self._now = max(self._now, deed.at)
                reports += self._suffer(self._deeds.pop(0))
            elif self._next_step <= to:
                self._now = self._next_step
                self._next_step += STEP
                reports += self._step()
            else:
                self._now = max(self._now, to)
                return reports

    def obey(self, order: Order, at: datetime) -> list[Snapshot]:
        """Do what was ordered through the cloud, and report it."""
        self._now = max(self._now, at)
        self._function, self._mode = order.function, order.mode
        if order.set_point is not None:
            self._manual_set_point = order.set_point
        self._until = order.until if order.mode in (Mode.MANUAL, Mode.BOOST) else None
        self._control()
        return self._report()

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """What it would tell if asked at `at`."""
        return Snapshot(
            plant_id=self.room.plant_id,
            module_id=self.room.module_id,
            at=at or self._now,
            function=self._function,
            mode=self._mode,
            set_point=self._shown_set_point(),
            program=self.room.program.number,
            until=self._until,
            active=self._active,
            temperature=Decimal(str(round(self._sensed_temperature, 1))),
            humidity=Decimal(str(round(self._sensed_humidity, 1))),
            clock_ahead=self.clock_ahead,
        )

    # The room

    def _step(self) -> list[Snapshot]:
        outside = self._weather.temperature(self._now)
        airing = self._now < self._window_until
        leak = WINDOW_LEAK_HOURS if airing else self.room.leak_hours
        rest = outside if airing else outside + FREE_WARMTH
        self._true_temperature += (rest - self._true_temperature) / leak * STEP_HOURS
        if self._active:
            heat = self.room.heat_per_hour if self._function is Function.HEATING else -self.room.heat_per_hour
            self._true_temperature += heat * STEP_HOURS
        if self._now < self._steam_until:
            self._steam += STEAM_PER_HOUR * STEP_HOURS
        self._steam -= self._steam / (STEAM_LEAVES_HOURS / 5 if airing else STEAM_LEAVES_HOURS) * STEP_HOURS
        self._sensed_temperature, self._sensed_humidity = self._sense()
        self._end_what_is_over()
        self._control()
        return self._report()

    def _sense(self) -> tuple[float, float]:
        temperature = self._true_temperature + self._dice.gauss(0, 0.015)
        humidity = self.room.usual_humidity + self._steam - DRIER_PER_DEGREE * (self._true_temperature - 20)
        return temperature, min(98.0, max(15.0, humidity + self._dice.gauss(0, 0.1)))

    # The control

    def _local(self) -> datetime:
        return self._now.astimezone(self._zone).replace(tzinfo=None)

    def _wanted(self) -> Decimal:
        match self._mode:
            case Mode.AUTOMATIC:
                return self.room.program.set_point(self._local())
            case Mode.BOOST:
                return BOOST_SET_POINT
            case Mode.MANUAL:
                return self._manual_set_point
            case Mode.OFF | Mode.PROTECTION:
                return PROTECTION_SET_POINT

    def _shown_set_point(self) -> Decimal | None:
        """Whether a set point is told in BOOST is not known of the real thing, so some rooms do and some do not."""
        if self._mode is Mode.OFF or (self._mode is Mode.BOOST and not self.room.tells_set_point_in_boost):
            return None
        return self._wanted()

    def _end_what_is_over(self) -> None:
        if self._until is not None and self._local() >= self._until:
            self._mode, self._until = Mode.AUTOMATIC, None

    def _control(self) -> None:
        if self._mode is Mode.OFF:
            self._active = False
        else:
            too_warm = self._sensed_temperature - float(self._wanted())
            missing = -too_warm if self._function is Function.HEATING else too_warm
            if missing >= self.room.hysteresis:
                self._active = True
            elif missing <= -self.room.hysteresis:
                self._active = False

    # The people

    def _next_deed(self, to: datetime) -> Deed | None:
        while not self._deeds and self._deeds_day < to.astimezone(self._zone).date():
            self._deeds_day += timedelta(days=1)
            self._deeds = self._deeds_of(self._deeds_day)
        return self._deeds[0] if self._deeds and self._deeds[0].at <= to else None

    def _deeds_of(self, day: date) -> list[Deed]:
        dice = Random(f"{self._seed}:{self.room.module_id}:{day.isoformat()}")  # noqa: S311 - as above
        return deeds_of_day(day, self._zone, self.room.habit, dice)

    def _suffer(self, deed: Deed) -> list[Snapshot]:
        match deed:
            case OpenWindow(at, minutes):
                self._window_until = at + timedelta(minutes=minutes)
                return []
            case Steam(at, minutes):
                self._steam_until = at + timedelta(minutes=minutes)
                return []
            case Slide():
                self._deeds = sorted([*self._positions(deed), *self._deeds], key=lambda deed: deed.at)
                return []
            case Position(set_point=set_point, until=until):
                self._mode, self._manual_set_point, self._until = Mode.MANUAL, set_point, until
            case Boost(minutes=minutes):
                self._mode, self._until = Mode.BOOST, _whole_minute(self._local() + timedelta(minutes=minutes))
        self._control()
        return self._report()

    def _positions(self, slide: Slide) -> list[Position]:
        """Every intermediate position is told: the burst that fuzzybear62's README describes.

        Nobody slides what is off or boosting.
        """
        if self._mode not in (Mode.AUTOMATIC, Mode.MANUAL):
            return []
        origin, local = self._wanted(), self._local()
        until = self.room.program.next_change(local)
        if slide.hours is not None:
            until = _whole_minute(local + timedelta(hours=slide.hours))
        return [
            Position(
                at=slide.at + timedelta(seconds=SLIDE_SECONDS * position / SLIDE_PUSHES),
                set_point=origin + (slide.by * position / SLIDE_PUSHES).quantize(Decimal("0.1")),
                until=until,
            )
            for position in range(1, SLIDE_PUSHES + 1)
        ]

    # The reports

    def _report(self) -> list[Snapshot]:
        if self._told is not None and not self._is_news(self._told):
            return []
        self._told = self.snapshot()
        return [self._told]

    def _is_news(self, told: Snapshot) -> bool:
        return (
            abs(self._sensed_temperature - float(told.temperature)) >= self.room.report_step
            or abs(self._sensed_humidity - float(told.humidity)) >= HUMIDITY_STEP
            or (self._active, self._mode, self._until, self._function)
            != (told.active, told.mode, told.until, told.function)
            or self._shown_set_point() != told.set_point
        )


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
