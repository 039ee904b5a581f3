"""What people do to a room on a given day: windows, showers, a slid set point, a boost."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from random import Random
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window stands open."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Steam:
    """Somebody showers or cooks."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Slide:
    """Somebody slides the set point by `by` °C; it holds for `hours`, or to the program's next change when None."""

    at: datetime
    by: Decimal
    hours: int | None


@dataclass(frozen=True, slots=True)
class Boost:
    """Somebody asks for heat at once."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Position:
    """The set point on its way while it is slid; it holds until `until` (naive local time)."""

    at: datetime
    set_point: Decimal
    until: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody turns the system over for the season."""

    at: datetime
    to_cooling: bool


type HomeEvent = OpenWindow | Steam | Slide | Position | Boost | Turn

COOLING_MONTHS = range(6, 10)
"""From the first of June to the end of September a system that can cool does so."""
TURNED_AT = time(9)


class Habit(Enum):
    """What is sure to happen in a room every day; the rest is by chance."""

    SLIDES = "slides"
    BOOSTS = "boosts"
    AIRS = "airs"
    ORDINARY = "ordinary"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class _Chances:
    airs: float
    slides: float
    boosts: float


CHANCES = {
    Habit.SLIDES: _Chances(airs=0.5, slides=1, boosts=0.1),
    Habit.BOOSTS: _Chances(airs=0.5, slides=0.3, boosts=1),
    Habit.AIRS: _Chances(airs=1, slides=0.4, boosts=0.2),
    Habit.ORDINARY: _Chances(airs=0.6, slides=0.4, boosts=0.2),
    Habit.EMPTY: _Chances(airs=0, slides=0, boosts=0),
}


def cools_on(day: date) -> bool:
    """Whether a system that can cool does so on this day."""
    return day.month in COOLING_MONTHS


def turn_of_day(day: date, zone: ZoneInfo, *, of_year: date) -> Turn | None:
    """What is done to a system that can cool on the first day of a season, which goes by the day `of_year`."""
    cools = cools_on(of_year)
    if cools == cools_on(of_year - timedelta(days=1)):
        return None
    return Turn(datetime.combine(day, TURNED_AT, zone).astimezone(UTC), to_cooling=cools)


def events_of_day(day: date, zone: ZoneInfo, habit: Habit, dice: Random) -> list[HomeEvent]:
    """Everything that happens in a room on the local day `day`, in order of time."""

    def moment(first_hour: float, last_hour: float) -> datetime:
        seconds = dice.uniform(first_hour, last_hour) * 3600
        return (datetime.combine(day, time(), zone) + timedelta(seconds=seconds)).astimezone(UTC)

    chances = CHANCES[habit]
    events: list[HomeEvent] = []
    if dice.random() < chances.airs:
        events.append(OpenWindow(moment(7, 10), dice.randint(8, 25)))
    if dice.random() < chances.slides:
        by = Decimal(dice.choice((-20, -15, 10, 15, 20, 25))) / 10
        events.append(Slide(moment(15.5, 16.5), by, dice.choice((None, 2, 3))))
    if dice.random() < chances.boosts:
        events.append(Boost(moment(19.5, 20.5), dice.choice((30, 60, 90))))
    if habit is not Habit.EMPTY:
        events.extend(Steam(moment(*hours), dice.randint(8, 20)) for hours in ((6.5, 8), (12, 13.5), (18.5, 20)))
    return sorted(events, key=lambda event: event.at)
