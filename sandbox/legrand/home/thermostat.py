"""One room and the thermostat on its wall: it warms, cools, is kept with hysteresis, and reports what changed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from sandbox.legrand.home.habits import (
    Boost,
    Habit,
    HomeEvent,
    OpenWindow,
    Position,
    Slide,
    Steam,
    Turn,
    cools_on,
    events_of_day,
    turn_of_day,
)
from sandbox.legrand.home.program import WeeklyProgram
from sandbox.legrand.home.snapshot import Function, Mode, Snapshot
from sandbox.legrand.home.weather import Weather
from sandbox.legrand.variants import USUAL, Variants

STEP = timedelta(minutes=1)
STEP_HOURS = STEP / timedelta(hours=1)
WINDOW_LEAK_HOURS = 1.2
"""An open window lets the room follow the outside this fast (time constant)."""
FREE_WARMTH = 2.5
"""°C that people and neighbours keep a closed room above the outside."""
SUN_WARMTH = 3.0
"""°C that the sun adds to that on the longest days, and not at all in the winter half of the year."""
PROTECTION_SET_POINTS = {Function.HEATING: Decimal("7.0"), Function.COOLING: Decimal("35.0")}
"""From frost, and from heat where the system cools, as BTicino's devices have it; that the API tells 35 is a guess."""
BOOST_TARGETS = {Function.HEATING: Decimal(40), Function.COOLING: Decimal(3)}
"""The ends of the range of set points: the load runs through. No client ever saw them told."""
COOLING_MIRROR = Decimal(45)
"""Where a program heats to 20 °C it cools to 25: what is saved when nobody is there is saved in either season."""
NO_BOOST_BEYOND = 3.0
"""°C: nobody asks for heat at once in July."""
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
    """What never changes in a room. Temperatures in °C, `leak_hours` its time constant, `heat_per_hour` the heater.

    Of the `programs`, by number, the first that is not built in (0) is kept at first. `cools`: the system can cool.
    """

    plant_id: str
    module_id: str
    programs: tuple[WeeklyProgram, ...]
    habit: Habit
    mode: Mode
    leak_hours: float
    heat_per_hour: float
    hysteresis: float
    report_step: float
    usual_humidity: float
    cools: bool = False

    def program(self, number: int) -> WeeklyProgram:
        """The program of a number. Raises KeyError for one that it does not know."""
        return {each.number: each for each in self.programs}[number]


@dataclass(frozen=True, slots=True)
class Order:
    """A wish from outside; `until` in naive local time, None for ever; `program` None for the one that is kept."""

    function: Function
    mode: Mode
    set_point: Decimal | None = None
    until: datetime | None = None
    program: int | None = None


class Thermostat:
    """Lives from `start` on. `advance` returns what it reported; the same seed gives the same life."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a life is made of
        self,
        room: Room,
        weather: Weather,
        zone: ZoneInfo,
        start: datetime,
        seed: int,
        variants: Variants = USUAL,
    ) -> None:
        self.room = room
        self.variants = variants
        self._weather = weather
        self._zone = zone
        self._seed = seed
        self._dice = Random(f"{seed}:{room.module_id}:{start.isoformat()}")  # noqa: S311 - a home, not cryptography
        self._now = start
        self._next_step = start + timedelta(seconds=self._dice.uniform(0, STEP.total_seconds()))
        today = start.astimezone(zone).date()
        self._function = Function.COOLING if room.cools and cools_on(weather.day_of_year(today)) else Function.HEATING
        self._mode = room.mode
        self._program = next(each.number for each in room.programs if each.number)
        self._manual_set_point = self._set_point_before = self._by_program()
        self._until: datetime | None = None
        self.clock_ahead = timedelta()
        self._active = False
        self._true_temperature = self._kept_at(self._rest(start)) + self._dice.uniform(-0.5, 0.5)
        self._steam = 0.0
        self._window_until = self._steam_until = start
        self._sensed_temperature, self._sensed_humidity = self._sense()
        self._told: Snapshot | None = None
        self._events_day: date = today
        self._events = [event for event in self._events_of(self._events_day) if event.at >= start]

    # Time passes

    def advance(self, to: datetime) -> list[Snapshot]:
        """Live until `to` and return all reports made on the way, in order."""
        reports: list[Snapshot] = []
        while True:
            event = self._next_event(to)
            if event is not None and event.at <= self._next_step:
                self._now = max(self._now, event.at)
                reports += self._apply(self._events.pop(0))
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
        if order.program is not None:
            self._program = self.room.program(order.program).number
        if order.set_point is not None:
            self._manual_set_point = order.set_point
        self._go(order.mode, order.until)
        self._function = order.function
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
            program=self._program,
            until=self._until,
            active=self._active,
            temperature=Decimal(str(round(self._sensed_temperature, 1))),
            humidity=Decimal(str(round(self._sensed_humidity, 1))),
            clock_ahead=self.clock_ahead,
        )

    # The room

    def _step(self) -> list[Snapshot]:
        airing = self._now < self._window_until
        leak = WINDOW_LEAK_HOURS if airing else self.room.leak_hours
        rest = self._weather.temperature(self._now) if airing else self._rest(self._now)
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

    def _rest(self, at: datetime) -> float:
        """What a closed room tends to by itself."""
        return self._weather.temperature(at) + FREE_WARMTH + SUN_WARMTH * max(0.0, self._weather.season(at))

    def _sense(self) -> tuple[float, float]:
        temperature = self._true_temperature + self._dice.gauss(0, 0.015)
        humidity = self.room.usual_humidity + self._steam - DRIER_PER_DEGREE * (self._true_temperature - 20)
        return temperature, min(98.0, max(15.0, humidity + self._dice.gauss(0, 0.1)))

    # The control

    def _local(self) -> datetime:
        return self._now.astimezone(self._zone).replace(tzinfo=None)

    def _go(self, mode: Mode, until: datetime | None) -> None:
        """Change the mode; what was kept before is remembered by those that keep nothing themselves."""
        if mode is not self._mode:
            self._set_point_before = self._kept()
        self._mode, self._until = mode, None if mode is Mode.AUTOMATIC else until

    def _by_program(self) -> Decimal:
        heats_to = self.room.program(self._program).set_point(self._local())
        return heats_to if self._function is Function.HEATING else COOLING_MIRROR - heats_to

    def _kept(self) -> Decimal:
        """The set point; in BOOST and OFF the one before, which nothing is driven to."""
        match self._mode:
            case Mode.AUTOMATIC:
                return self._by_program()
            case Mode.MANUAL:
                return self._manual_set_point
            case Mode.PROTECTION:
                return PROTECTION_SET_POINTS[self._function]
            case Mode.BOOST | Mode.OFF:
                return self._set_point_before

    def _target(self) -> Decimal | None:
        """What the load is driven to; None when it rests."""
        match self._mode:
            case Mode.OFF:
                return None
            case Mode.BOOST:
                return BOOST_TARGETS[self._function]
            case _:
                return self._kept()

    def _is_beyond(self, degrees: float) -> bool:
        """Whether the room is by so much warmer than is wanted where it heats, or colder where it cools."""
        beyond = self._sensed_temperature - float(self._kept())
        return (beyond if self._function is Function.HEATING else -beyond) > degrees

    def _kept_at(self, by_itself: float) -> float:
        """The temperature of a room that has long been so, when it would by itself be of this one."""
        target = self._target()
        if target is None:
            return by_itself
        return (max if self._function is Function.HEATING else min)(float(target), by_itself)

    def _shown_set_point(self) -> Decimal | None:
        """Told in every mode; in BOOST the one before (bticino_x8000_component issue 20), unless the world has none."""
        match self._mode:
            case Mode.BOOST if self.variants.set_point_in_boost == "missing":
                return None
            case Mode.PROTECTION if self.variants.set_point_in_protection == "missing":
                return None
            case Mode.OFF if self.variants.set_point_when_off == "missing":
                return None
            case Mode.OFF if self.variants.set_point_when_off == "protection":
                return PROTECTION_SET_POINTS[self._function]
            case _:
                return self._kept()

    def _end_what_is_over(self) -> None:
        if self._until is not None and self._local() >= self._until:
            self._go(Mode.AUTOMATIC, None)

    def _control(self) -> None:
        target = self._target()
        if target is None:
            self._active = False
        else:
            too_warm = self._sensed_temperature - float(target)
            missing = -too_warm if self._function is Function.HEATING else too_warm
            if missing >= self.room.hysteresis:
                self._active = True
            elif missing <= -self.room.hysteresis:
                self._active = False

    # The people

    def _next_event(self, to: datetime) -> HomeEvent | None:
        while not self._events and self._events_day < to.astimezone(self._zone).date():
            self._events_day += timedelta(days=1)
            self._events = self._events_of(self._events_day)
        return self._events[0] if self._events and self._events[0].at <= to else None

    def _events_of(self, day: date) -> list[HomeEvent]:
        dice = Random(f"{self._seed}:{self.room.module_id}:{day.isoformat()}")  # noqa: S311 - as above
        events = events_of_day(day, self._zone, self.room.habit, dice)
        of_year = self._weather.day_of_year(day)
        turn = turn_of_day(day, self._zone, of_year=of_year) if self.room.cools else None
        return events if turn is None else sorted([*events, turn], key=lambda event: event.at)

    def _apply(self, event: HomeEvent) -> list[Snapshot]:
        match event:
            case OpenWindow(at, minutes):
                self._window_until = at + timedelta(minutes=minutes)
                return []
            case Steam(at, minutes):
                self._steam_until = at + timedelta(minutes=minutes)
                return []
            case Slide():
                self._events = sorted([*self._positions(event), *self._events], key=lambda event: event.at)
                return []
            case Position(set_point=set_point, until=until):
                self._manual_set_point = set_point
                self._go(Mode.MANUAL, until)
            case Boost() if self._is_beyond(NO_BOOST_BEYOND):
                return []
            case Boost(minutes=minutes):
                self._go(Mode.BOOST, _whole_minute(self._local() + timedelta(minutes=minutes)))
            case Turn(to_cooling=to_cooling):
                self._function = Function.COOLING if to_cooling else Function.HEATING
                if self._mode in (Mode.MANUAL, Mode.BOOST):  # its set point is of the other season
                    self._go(Mode.AUTOMATIC, None)
        self._control()
        return self._report()

    def _positions(self, slide: Slide) -> list[Position]:
        """Every intermediate position is told: the burst that fuzzybear62's README describes.

        Nobody slides what is off or boosting.
        """
        if self._mode not in (Mode.AUTOMATIC, Mode.MANUAL):
            return []
        origin, local = self._kept(), self._local()
        until = self.room.program(self._program).next_change(local)
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
            or (self._active, self._mode, self._until, self._function, self._program)
            != (told.active, told.mode, told.until, told.function, told.program)
            or self._shown_set_point() != told.set_point
        )


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
