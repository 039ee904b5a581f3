"""What people do in a room on a given day: open windows, take showers, slide the set point, boost."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from random import Random
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window is open for some minutes."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Steam:
    """Somebody showers or cooks."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Slide:
    """Somebody slides the set point by `by` °C for `hours`, or until the program's next change if None."""

    at: datetime
    by: Decimal
    hours: int | None


@dataclass(frozen=True, slots=True)
class Boost:
    """Somebody starts a boost."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Position:
    """An intermediate set point during a slide; it holds until `until` (naive local time)."""

    at: datetime
    set_point: Decimal
    until: datetime


@dataclass(frozen=True, slots=True)
class SeasonChange:
    """Somebody switches the system between heating and cooling."""

    at: datetime
    to_cooling: bool


type HomeEvent = OpenWindow | Steam | Slide | Position | Boost | SeasonChange

COOLING_MONTHS = range(6, 10)
"""From the first of June to the end of September a system that can cool does so."""
SEASON_CHANGE_AT = time(9)


class Habit(Enum):
    """What happens in a room every day; the rest is random."""

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


def season_change_of_day(day: date, zone: ZoneInfo, *, of_year: date) -> SeasonChange | None:
    """The switch of a system that can cool, if `of_year` is the first day of a season; it happens on `day`."""
    cools = cools_on(of_year)
    if cools == cools_on(of_year - timedelta(days=1)):
        return None
    return SeasonChange(datetime.combine(day, SEASON_CHANGE_AT, zone).astimezone(UTC), to_cooling=cools)


def events_of_day(day: date, zone: ZoneInfo, habit: Habit, dice: Random) -> list[HomeEvent]:
    """All events of a room on the local day `day`, in order of time."""

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
