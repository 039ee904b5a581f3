"""Homes to look at: rooms that are heated by a program for some days, in the memory of a history of their own.

Deterministic, so that a picture changes only when the drawing does.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from smarther.domain.readings.home import Load, Snapshot, Thermostat
from smarther.domain.readings.latest import Word
from smarther.domain.summaries.series import Shown, shown_of
from smarther.domain.summaries.statistics import HOUR, daily, hour_of, hourly
from smarther.widget.answer import Widget

if TYPE_CHECKING:
    from datetime import date

    from smarther.domain.summaries.statistics import Statistics

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 1, 18, 17, 42, tzinfo=UTC)
DAY = timedelta(days=1)
ROOMS = (
    *("Soggiorno", "Camera da letto", "Studio", "Cucina", "Bagno", "Taverna", "Mansarda", "Cameretta", "Ingresso"),
    *("Lavanderia", "Garage", "Sala da pranzo con il camino"),
)
GAP = (NOW - 19 * HOUR, NOW - 10 * HOUR)


@dataclass
class SampleHome:
    """Rooms by module id, with what each said, and a history's reads of it."""

    said: dict[str, list[Snapshot]]
    names: tuple[str, ...] = ROOMS
    items_read: int = 0
    _hours: dict[str, dict[datetime, Statistics]] = field(default_factory=dict)

    def thermostats(self) -> list[Thermostat]:
        plants = (("p1", "Casa"), ("p2", "Casa al mare"))
        return [
            Thermostat(module_id, self.names[number], *plants[number >= 7])
            for number, module_id in enumerate(self.said)
        ]

    def words(
        self, module_id: str, *, since: datetime | None = None, until: datetime | None = None, limit: int
    ) -> list[Word]:
        said = [each for each in self.said[module_id] if since is None or since <= each.time]
        return [_word(each) for each in said if until is None or each.time < until][::-1][:limit]

    def unusual_arrivals(self) -> dict[str, list[str]]:
        return {}

    def snapshots(self, module_id: str, *, start: datetime, end: datetime, limit: int) -> list[Snapshot]:
        return [each for each in self.said[module_id] if start <= each.time < end][-limit:]

    def shown_hours(self, module_id: str, *, start: datetime, end: datetime, limit: int) -> dict[datetime, Shown]:
        return {hour: shown_of(made) for hour, made in self._all_hours(module_id).items() if start <= hour < end}

    def shown_days(self, module_id: str, *, first: date, last: date, limit: int) -> dict[date, Shown]:
        days = daily(self._all_hours(module_id), ROME)
        return {day: shown_of(made) for day, made in days.items() if first <= day <= last}

    def _all_hours(self, module_id: str) -> dict[datetime, Statistics]:
        said = self.said[module_id]
        if module_id not in self._hours:
            start = hour_of(said[0].time) if said else NOW
            self._hours[module_id] = hourly(said, start=start, end=hour_of(NOW) + HOUR, until=NOW)
        return self._hours[module_id]


def home(rooms: int, *, days: int = 3, names: tuple[str, ...] = ROOMS) -> SampleHome:
    """So many rooms: the second has a gap, the sixth fell silent, and the twelfth never reported."""
    said = {f"m{number}": _room(number, days) for number in range(rooms)}
    if rooms > 11:
        said["m11"] = []
    return SampleHome(said, names)


def page(
    sample: SampleHome, width: int, *, dark: bool = False, period: timedelta = DAY, locale: str = "en", **said: Any
) -> str:
    """The widget's answer for a console of that width."""
    start, end = (round(instant.timestamp() * 1000) for instant in (NOW - period, NOW))
    context = {
        "timezone": {"label": "Local", "offsetISO": "+01:00", "offsetInMinutes": 60},
        "timeRange": {"mode": "relative", "start": start, "end": end},
        "theme": "dark" if dark else "light",
        "width": width,
        "locale": locale,
    }
    widget = Widget(sample, home=ROME, stale_after=DAY)  # type: ignore[arg-type]  # a history's reads are all it needs
    answer = widget.answer(
        {"widgetContext": context, **said}, now=NOW, endpoint="arn:aws:lambda:eu-south-1:1:function:w"
    )
    assert isinstance(answer, str)
    return answer


def _word(said: Snapshot) -> Word:
    key = f"READING#{said.time.isoformat()}"
    return Word(key=key, received_at=said.time, pushed=True, snapshot=said, said=())


def _room(number: int, days: int) -> list[Snapshot]:
    dice = random.Random(number)  # noqa: S311 - a picture, not a secret
    temperature, humidity, heating = 18.5 + dice.random(), 52 + 8 * dice.random(), False
    said: list[Snapshot] = []
    time = NOW - days * DAY
    while time < NOW - dice.random() * timedelta(minutes=15):
        setpoint = _program(time)
        heating = temperature < setpoint + (0.25 if heating else -0.25)
        step = dice.choice([4, 5, 5, 7, 9, 14])
        temperature += (0.02 if heating else -0.008) * step - 0.004 * (temperature - 12) * step / 30
        temperature += dice.uniform(-0.04, 0.04)
        humidity += dice.uniform(-0.6, 0.6) + 0.02 * (54 - humidity)
        if not _is_silent(number, time):
            said.append(
                Snapshot(
                    time=time,
                    temperature=Decimal(f"{temperature:.1f}"),
                    humidity=Decimal(f"{humidity:.1f}"),
                    setpoint=Decimal(str(setpoint)),
                    load=Load.HEATING if heating else Load.IDLE,
                    mode="MANUAL" if number % 3 == 0 else "AUTOMATIC",
                    program=1 + number % 3,
                    activation_time="2026-01-18T23:30:00" if number % 3 == 0 else None,
                )
            )
        time += timedelta(minutes=step)
    return said


def _program(time: datetime) -> float:
    local = time.astimezone(ROME)
    hour = local.hour + local.minute / 60
    if 6.5 <= hour < 9 or 17 <= hour < 22.5:
        return 20.5
    return 19.0 if 9 <= hour < 17 else 17.5


def _is_silent(number: int, time: datetime) -> bool:
    return (number == 1 and GAP[0] < time < GAP[1]) or (number == 5 and time > NOW - 40 * HOUR)
