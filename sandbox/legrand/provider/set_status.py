"""Reads the body of "set status", with the liberties that clients take.

What clients have sent for years: openHAB's binding `SmartherApi.java`, MrRonfo/openhab-smarther `smarther-api.sh`,
andrea-mattioli/bticino_x8000_component `climate.py`, artumino/smarther-rs `model.rs`. Which fields are required:
Legrand's OpenAPI export.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from sandbox.legrand.account.answer import Answer, Refusal
from sandbox.legrand.home.snapshot import Function, Mode
from sandbox.legrand.home.thermostat import Order
from sandbox.legrand.variants import USUAL, Variants

LOWEST, HIGHEST = Decimal(3), Decimal(40)
"""The documented range of `setPoint.value` in °C."""


BOOST_MINUTES = (30, 60, 90)
MINUTE = timedelta(minutes=1)


def read_order(
    wish: Mapping[str, Any], *, programs: Collection[int], now: datetime, zone: ZoneInfo, variants: Variants = USUAL
) -> Order:
    """The order in a "set status" body. Words may be in either case; the end is a time, a range, or blank for none.

    `programs` are the thermostat's program numbers. Raises Refusal: 430 for an invalid body; the world's answer for
    what Legrand's documents exclude and nobody has tried.
    """
    try:
        function = Function(str(wish["function"]).upper())
        mode = Mode(str(wish["mode"]).upper())
        set_point = _set_point(wish["setPoint"]) if mode is Mode.MANUAL else None
        starts, until = _span(wish.get("activationTime") or None, zone, variants)
        number = _number(wish.get("programs")) if mode is Mode.AUTOMATIC else None
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
        raise Refusal(Answer.words(430)) from None
    local = now.astimezone(zone).replace(tzinfo=None)
    if mode is Mode.BOOST:
        until = _boost(local if starts is None else starts, until, local, variants)
    if until is not None and until <= local and mode is not Mode.AUTOMATIC and variants.past_end != "taken":
        _refuse(variants.past_end)
    if mode is Mode.AUTOMATIC and number not in programs:
        if variants.odd_program != "kept":
            _refuse(variants.odd_program)
        number = None
    return Order(function, mode, set_point, until, number)


def _set_point(wish: Mapping[str, Any]) -> Decimal:
    value = Decimal(str(wish["value"]))
    match str(wish.get("unit", "C")).removeprefix("°").upper():
        case "C":
            pass
        case "F":
            value = (value - 32) * 5 / 9
        case _:
            raise ValueError("no such unit")
    if not LOWEST <= value <= HIGHEST:
        raise ValueError("out of range")
    return value.quantize(Decimal("0.1"))


def _number(programs: Any) -> int | None:
    """The number of the first program, which clients send as they read it: as text from pushes, else as a number."""
    return int(str(programs[0]["number"])) if programs else None


def _span(text: str | None, zone: ZoneInfo, variants: Variants) -> tuple[datetime | None, datetime | None]:
    """Start and end in naive local time, of `end` or `start/end`."""
    if text is None:
        return None, None
    start, _, end = text.rpartition("/")
    return (_local(start, zone, variants) if start else None), _local(end, zone, variants)


def _local(text: str, zone: ZoneInfo, variants: Variants) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or (variants.zulu_in_orders == "local" and text.upper().endswith("Z")):
        return at.replace(tzinfo=None)
    return at.astimezone(zone).replace(tzinfo=None)


def _boost(starts: datetime, until: datetime | None, local: datetime, variants: Variants) -> datetime:
    """The end of a boost, which must have one of the documented lengths, to the minute."""
    if until is not None and round((until - starts) / MINUTE) in BOOST_MINUTES:
        return until
    if variants.odd_boost != "taken":
        _refuse(variants.odd_boost)
    return local + BOOST_MINUTES[0] * MINUTE if until is None else until


def _refuse(status: str) -> NoReturn:
    raise Refusal(Answer.words(int(status)))
