"""What "set status" takes: a client's wish, read with the freedoms that clients take."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.legrand.account.answer import Answer, Refusal
from sandbox.legrand.home.snapshot import Function, Mode
from sandbox.legrand.home.thermostat import Order

LOWEST, HIGHEST = Decimal(3), Decimal(40)
"""The documented range of `setPoint.value` in °C."""


def read_order(wish: Mapping[str, Any], zone: tzinfo) -> Order:
    """The order in a "set status" body, in either case, its end a time or a range. Raises Refusal 430 otherwise.

    What clients send: openHAB's binding, MrRonfo/openhab-smarther, andrea-mattioli/bticino_x8000_component.
    """
    try:
        function = Function(str(wish["function"]).upper())
        mode = Mode(str(wish["mode"]).upper())
        set_point = _set_point(wish["setPoint"]) if mode is Mode.MANUAL else None
        until = _until(str(wish["activationTime"]), zone) if "activationTime" in wish else None
    except (KeyError, TypeError, ValueError, InvalidOperation):
        raise Refusal(Answer.words(430)) from None
    if mode is Mode.BOOST and until is None:
        raise Refusal(Answer.words(430))
    return Order(function, mode, set_point, until)


def _set_point(wish: Mapping[str, Any]) -> Decimal:
    value = Decimal(str(wish["value"]))
    if str(wish.get("unit", "C")).removeprefix("°").upper() == "F":
        value = (value - 32) * 5 / 9
    if not LOWEST <= value <= HIGHEST:
        raise ValueError("out of range")
    return value.quantize(Decimal("0.1"))


def _until(text: str, zone: tzinfo) -> datetime:
    """The end in naive local time, of `end` or `start/end`."""
    end = datetime.fromisoformat(text.rpartition("/")[2])
    return end if end.tzinfo is None else end.astimezone(zone).replace(tzinfo=None)
