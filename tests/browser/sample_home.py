"""Homes to look at: rooms that are heated by a program for some days, in a table in memory.

Deterministic, so that a picture changes only when the drawing does.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from smarther.domain.readings.home import Load, Snapshot
from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.statistics import HOUR, daily, hour_of, hourly
from smarther.store import keys
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.readings import stored
from smarther.store.table import Table
from smarther.widget.answer import Widget
from tests.support.memory_table import MemoryTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from smarther.store.items import Storable

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 1, 18, 17, 42, tzinfo=UTC)
DAY = timedelta(days=1)
ROOMS = (
    *("Soggiorno", "Camera da letto", "Studio", "Cucina", "Bagno", "Taverna", "Mansarda", "Cameretta", "Ingresso"),
    *("Lavanderia", "Garage", "Sala da pranzo con il camino"),
)
SEASIDE = 7
"""From this room on they stand in the other plant."""
NEVER_SPOKE = 11
GAP = (NOW - 19 * HOUR, NOW - 10 * HOUR)


def home(rooms: int, *, days: int = 3, names: tuple[str, ...] = ROOMS) -> Table:
    """So many rooms: the second has a gap, the sixth fell silent, and the twelfth never reported."""
    table = Table(cast("DynamoDBClient", MemoryTable()), "readings")
    for number in range(rooms):
        plant_id, plant = ("p1", "Casa") if number < SEASIDE else ("p2", "Casa al mare")
        module_id = f"m{number}"
        said = [] if number == NEVER_SPOKE else _room(number, days)
        table.put_all(
            [
                {**keys.plant_key(plant_id), "plant_id": plant_id, "name": plant},
                {
                    **keys.listing_key(plant_id, module_id),
                    "plant_id": plant_id,
                    "module_id": module_id,
                    "name": names[number],
                },
                *(_item(plant_id, module_id, snapshot) for snapshot in said),
            ]
        )
        if said:
            hours = hourly(said, start=hour_of(said[0].time), end=hour_of(NOW) + HOUR, until=NOW)
            HoursAndDays(table).store(module_id, hours, daily(hours, ROME))
    return table


def _item(plant_id: str, module_id: str, said: Snapshot) -> Mapping[str, Storable]:
    reading = Reading(
        plant_id=plant_id,
        module_id=module_id,
        time=said.time,
        function="HEATING",
        mode=said.mode,
        load_state="ACTIVE" if said.load is Load.HEATING else "INACTIVE",
        temperature_c=said.temperature,
        humidity_percent=said.humidity,
        setpoint_c=said.setpoint,
        program=None if said.program is None else Decimal(said.program),
        activation_time=said.activation_time,
    )
    return stored(reading, received_at=said.time, source="push", retention_days=None)


def page(
    sample: Table, width: int, *, dark: bool = False, period: timedelta = DAY, locale: str = "en", **said: Any
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
    widget = Widget(sample, home=ROME, stale_after=DAY, keeper_every=timedelta(minutes=30))
    answer = widget.answer(
        {"widgetContext": context, **said}, now=NOW, endpoint="arn:aws:lambda:eu-south-1:1:function:w"
    )
    assert isinstance(answer, str)
    return answer


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
