"""A simulated room and its thermostat, which controls the temperature with hysteresis and reports changes."""

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
    SeasonChange,
    Slide,
    Steam,
    cools_on,
    events_of_day,
    season_change_of_day,
)
from sandbox.legrand.home.program import WeeklyProgram
from sandbox.legrand.home.snapshot import Function, Mode, Snapshot
from sandbox.legrand.home.weather import Weather
from sandbox.legrand.variants import USUAL, Variants

STEP = timedelta(minutes=1)
STEP_HOURS = STEP / timedelta(hours=1)
WINDOW_LEAK_HOURS = 1.2
"""The room's time constant while a window is open."""
FREE_WARMTH = 2.5
"""°C by which people and neighbours keep a closed room warmer than the outside."""
SUN_WARMTH = 3.0
"""°C that the sun adds to that on the longest days; none in the winter half of the year."""
PROTECTION_SET_POINTS = {Function.HEATING: Decimal("7.0"), Function.COOLING: Decimal("35.0")}
"""Against frost, or against heat if the system cools, as in BTicino's devices; that the API reports 35 is a guess."""
BOOST_TARGETS = {Function.HEATING: Decimal(40), Function.COOLING: Decimal(3)}
"""The ends of the range of set points, so that the load runs without a pause. No client has seen them reported."""
COOLING_MIRROR = Decimal(45)
"""Cooling uses this minus the program's set point: 25 °C for 20 °C, so that an empty home saves in both seasons."""
NO_BOOST_BEYOND = 3.0
"""°C. Nobody starts a boost in a room that is warmer than wanted by more than this, such as in July."""
SLIDE_PUSHES = 8
SLIDE_SECONDS = 0.9
HUMIDITY_STEP = 1.0
STEAM_PER_HOUR = 55.0
"""Percentage points of humidity that a shower adds in an hour."""
STEAM_LEAVES_HOURS = 0.7
DRIER_PER_DEGREE = 2.2
"""Percentage points of humidity that a room loses per degree of warming."""


@dataclass(frozen=True, slots=True)
class Room:
    """The constants of a room. Temperatures in °C, `leak_hours` its time constant, `heat_per_hour` its heater's power.

    The first of the `programs` that is not the built-in one (0) is active at first. `cools`: the system can cool.
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
        """The program with this number. Raises KeyError for an unknown one."""
        return {each.number: each for each in self.programs}[number]


@dataclass(frozen=True, slots=True)
class Order:
    """A "set status" order. `until` in naive local time, None for ever; `program` None keeps the active one."""

    function: Function
    mode: Mode
    set_point: Decimal | None = None
    until: datetime | None = None
    program: int | None = None


class Thermostat:
    """A thermostat, simulated from `start` on. `advance` returns its reports; the same seed gives the same ones."""

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
        self._manual_set_point = self._set_point_before = self._program_set_point()
        self._until: datetime | None = None
        self.clock_ahead = timedelta()
        self._active = False
        self._true_temperature = self._steady_temperature(self._equilibrium(start)) + self._dice.uniform(-0.5, 0.5)
        self._steam = 0.0
        self._window_until = self._steam_until = start
        self._sensed_temperature, self._sensed_humidity = self._sense()
        self._told: Snapshot | None = None
        self._events_day: date = today
        self._events = [event for event in self._events_of(self._events_day) if event.at >= start]

    # Time passes

    def advance(self, to: datetime) -> list[Snapshot]:
        """Simulate until `to` and return all reports, in order."""
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

    def execute(self, order: Order, at: datetime) -> list[Snapshot]:
        """Execute an order from the cloud; returns its reports."""
        self._now = max(self._now, at)
        if order.program is not None:
            self._program = self.room.program(order.program).number
        if order.set_point is not None:
            self._manual_set_point = order.set_point
        self._set_mode(order.mode, order.until)
        self._function = order.function
        self._control()
        return self._report()

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """Its state at `at`."""
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
        rest = self._weather.temperature(self._now) if airing else self._equilibrium(self._now)
        self._true_temperature += (rest - self._true_temperature) / leak * STEP_HOURS
        if self._active:
            heat = self.room.heat_per_hour if self._function is Function.HEATING else -self.room.heat_per_hour
            self._true_temperature += heat * STEP_HOURS
        if self._now < self._steam_until:
            self._steam += STEAM_PER_HOUR * STEP_HOURS
        self._steam -= self._steam / (STEAM_LEAVES_HOURS / 5 if airing else STEAM_LEAVES_HOURS) * STEP_HOURS
        self._sensed_temperature, self._sensed_humidity = self._sense()
        self._end_expired()
        self._control()
        return self._report()

    def _equilibrium(self, at: datetime) -> float:
        """The temperature to which a closed room tends without heating or cooling."""
        return self._weather.temperature(at) + FREE_WARMTH + SUN_WARMTH * max(0.0, self._weather.season(at))

    def _sense(self) -> tuple[float, float]:
        temperature = self._true_temperature + self._dice.gauss(0, 0.015)
        humidity = self.room.usual_humidity + self._steam - DRIER_PER_DEGREE * (self._true_temperature - 20)
        return temperature, min(98.0, max(15.0, humidity + self._dice.gauss(0, 0.1)))

    # The control

    def _local(self) -> datetime:
        return self._now.astimezone(self._zone).replace(tzinfo=None)

    def _set_mode(self, mode: Mode, until: datetime | None) -> None:
        """Change the mode; BOOST and OFF remember the set point from before."""
        if mode is not self._mode:
            self._set_point_before = self._kept()
        self._mode, self._until = mode, None if mode is Mode.AUTOMATIC else until

    def _program_set_point(self) -> Decimal:
        heats_to = self.room.program(self._program).set_point(self._local())
        return heats_to if self._function is Function.HEATING else COOLING_MIRROR - heats_to

    def _kept(self) -> Decimal:
        """The set point; in BOOST and OFF the one from before, which does not control the load."""
        match self._mode:
            case Mode.AUTOMATIC:
                return self._program_set_point()
            case Mode.MANUAL:
                return self._manual_set_point
            case Mode.PROTECTION:
                return PROTECTION_SET_POINTS[self._function]
            case Mode.BOOST | Mode.OFF:
                return self._set_point_before

    def _target(self) -> Decimal | None:
        """The temperature that controls the load; None if the load is off."""
        match self._mode:
            case Mode.OFF:
                return None
            case Mode.BOOST:
                return BOOST_TARGETS[self._function]
            case _:
                return self._kept()

    def _is_beyond(self, degrees: float) -> bool:
        """Whether the room is that much warmer than wanted while heating, or colder while cooling."""
        beyond = self._sensed_temperature - float(self._kept())
        return (beyond if self._function is Function.HEATING else -beyond) > degrees

    def _steady_temperature(self, by_itself: float) -> float:
        """The temperature of a room in steady state, given the one that it tends to by itself."""
        target = self._target()
        if target is None:
            return by_itself
        return (max if self._function is Function.HEATING else min)(float(target), by_itself)

    def _shown_set_point(self) -> Decimal | None:
        """The reported set point; in BOOST the one from before (bticino_x8000_component issue 20), or none."""
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

    def _end_expired(self) -> None:
        if self._until is not None and self._local() >= self._until:
            self._set_mode(Mode.AUTOMATIC, None)

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
        turn = season_change_of_day(day, self._zone, of_year=of_year) if self.room.cools else None
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
                self._set_mode(Mode.MANUAL, until)
            case Boost() if self._is_beyond(NO_BOOST_BEYOND):
                return []
            case Boost(minutes=minutes):
                self._set_mode(Mode.BOOST, _whole_minute(self._local() + timedelta(minutes=minutes)))
            case SeasonChange(to_cooling=to_cooling):
                self._function = Function.COOLING if to_cooling else Function.HEATING
                if self._mode in (Mode.MANUAL, Mode.BOOST):  # its set point was for the other season
                    self._set_mode(Mode.AUTOMATIC, None)
        self._control()
        return self._report()

    def _positions(self, slide: Slide) -> list[Position]:
        """Every intermediate position is reported: the burst that fuzzybear62's README describes.

        None if the thermostat is off or boosting.
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
        if self._told is not None and not self._is_changed(self._told):
            return []
        self._told = self.snapshot()
        return [self._told]

    def _is_changed(self, told: Snapshot) -> bool:
        return (
            abs(self._sensed_temperature - float(told.temperature)) >= self.room.report_step
            or abs(self._sensed_humidity - float(told.humidity)) >= HUMIDITY_STEP
            or (self._active, self._mode, self._until, self._function, self._program)
            != (told.active, told.mode, told.until, told.function, told.program)
            or self._shown_set_point() != told.set_point
        )


def _whole_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
