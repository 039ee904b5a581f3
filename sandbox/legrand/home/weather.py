"""The temperature outside: the season, the hour, and a random deviation for each day."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Final, Literal

COLDEST_DAY = 20
"""Day of the year; the warmest is half a year later."""
COLDEST_HOUR = 5.0
"""Hour of the day in UTC; the warmest is twelve hours later."""


type Season = Literal["now", "summer", "winter"]
"""The season at the start of a simulation: the calendar's, or the height of one."""

_HEIGHT: Final = {"summer": (7, 15), "winter": (1, 15)}


@dataclass(frozen=True, slots=True)
class Climate:
    """The climate: the year's mean, the amplitudes of season and day, and a day's largest deviation (all °C)."""

    mean: float = 13.0
    season: float = 9.5
    day: float = 4.5
    mood: float = 3.0

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest possible temperature."""
        reach = self.season + self.day + self.mood
        return self.mean - reach, self.mean + reach


class Weather:
    """The temperature outside at any instant, the same for the same seed.

    A `season` other than the calendar's shifts the year, so that its height is on the day of `start`.
    """

    def __init__(
        self, seed: int, climate: Climate | None = None, *, season: Season = "now", start: date | None = None
    ) -> None:
        self._seed = seed
        self.climate = climate or Climate()
        self._turned = timedelta()
        if season != "now" and start is not None:
            self._turned = date(start.year, *_HEIGHT[season]) - start
        self._moods: dict[int, float] = {}

    def temperature(self, at: datetime) -> float:
        """°C outside at `at`, without jumps."""
        hour = at.hour + at.minute / 60 + at.second / 3600
        season = self.season(at)
        day = -math.cos(2 * math.pi * (hour - COLDEST_HOUR) / 24)
        climate = self.climate
        return climate.mean + climate.season * season + climate.day * day + self._mood(at, hour / 24)

    def day_of_year(self, day: date) -> date:
        """The day, shifted as the seasons are."""
        return day + self._turned

    def season(self, at: datetime) -> float:
        """-1 on the coldest day of the year, 1 on the warmest."""
        at += self._turned
        day = at.timetuple().tm_yday + (at.hour + at.minute / 60 + at.second / 3600) / 24
        return -math.cos(2 * math.pi * (day - COLDEST_DAY) / 365.25)

    def _mood(self, at: datetime, through_the_day: float) -> float:
        today, tomorrow = self._mood_of(at), self._mood_of(at + timedelta(days=1))
        return today + (tomorrow - today) * through_the_day

    def _mood_of(self, at: datetime) -> float:
        ordinal = at.toordinal()
        if ordinal not in self._moods:
            dice = Random(f"{self._seed}:weather:{ordinal}")  # noqa: S311 - weather, not cryptography
            self._moods[ordinal] = dice.uniform(-self.climate.mood, self.climate.mood)
        return self._moods[ordinal]
