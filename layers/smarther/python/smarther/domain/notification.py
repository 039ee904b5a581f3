"""A notification: the bytes that the provider posted, turned into readings, rejects and the validation code.

The shape really observed is an array of envelopes in the manner of Event Grid with `data.chronothermostats` in each
(github.com/artumino/smarther-rs, `validation/c2c_event.json`); the vendor's tutorial shows only what stands inside
`data`. Both are understood, and one envelope or one status alone as well.

Rules:
- `parse` is total: any bytes give a Notification, in time and memory bounded by a megabyte of JSON.
- Each thermostat status stands alone: it becomes one reading or one reject and never takes a neighbour along.
- Plant, module and time must be there; anything else may be absent or null, which is the same.
- What is there must be right: a number that is none, an instant without offset, a duplicate key reject the status.
- What the model does not know is kept, except the user ids under `receiver`, which are personal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from itertools import chain
from typing import TYPE_CHECKING

from smarther.domain import json_fields
from smarther.domain.json_fields import Fields, UnreadableError
from smarther.domain.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.reading import Stored


MAX_ELEMENTS = 2_000
"""A genuine status has more than 500 bytes, so this many do not fit into the longest body that is read."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A part that could not be read: where it stands (`[0].data.chronothermostats[1]`) and why, in words.

    The reason quotes nothing of the content, so it can be logged.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Notification:
    """All that one body said. Each thermostat status in it is either among the readings or among the rejects."""

    readings: tuple[Reading, ...] = ()
    rejects: tuple[Reject, ...] = ()
    validation_code: str | None = None


def parse(body: bytes) -> Notification:
    """Read one body: an array of envelopes, an envelope, `{"chronothermostats": […]}` or one bare status.

    Never raises, whatever the bytes. A body or an element without any status in it is one reject.
    """
    try:
        document = json_fields.document(body)
    except UnreadableError as error:
        return _rejected("body", error)
    if not isinstance(document, list):
        return _element(document, "")
    if not 0 < len(document) <= MAX_ELEMENTS:
        return _rejected("body", UnreadableError(f"body is a list of {len(document)} elements"))
    parts = [_element(element, f"[{index}]") for index, element in enumerate(document)]
    return Notification(
        readings=tuple(chain.from_iterable(part.readings for part in parts)),
        rejects=tuple(chain.from_iterable(part.rejects for part in parts)),
        validation_code=next((part.validation_code for part in parts if part.validation_code), None),
    )


def _rejected(path: str, error: UnreadableError) -> Notification:
    return Notification(rejects=(Reject(path, str(error)),))


# --- from an element of a body to its statuses ----------------------------------------------------------------------

_STATUSES = "chronothermostats"


@dataclass(frozen=True, slots=True)
class _Opened:
    """An element taken apart: its statuses with their paths, what stood around them, or the validation code."""

    statuses: list[tuple[str, object]]
    around: Mapping[str, object]
    validation_code: str | None = None


def _element(element: object, path: str) -> Notification:
    try:
        opened = _open(element, path)
    except UnreadableError as error:
        return _rejected(path or "body", error)
    try:
        event = _event(opened.around)
    except UnreadableError as error:
        return Notification(rejects=tuple(Reject(at, str(error)) for at, _ in opened.statuses))
    readings, rejects = [], []
    for at, status in opened.statuses:
        try:
            readings.append(_reading(status, event))
        except UnreadableError as error:
            rejects.append(Reject(at, str(error)))
    return Notification(tuple(readings), tuple(rejects), opened.validation_code)


def _open(element: object, path: str) -> _Opened:
    if not isinstance(element, dict):
        raise json_fields.unreadable("element", element)
    if "data" not in element:
        return _open_data(element, path)
    if _STATUSES in element or "sender" in element:
        raise UnreadableError("element is an envelope and a bare object at once")
    if not isinstance(element["data"], dict):
        raise json_fields.unreadable("data", element["data"])
    opened = _open_data(element["data"], f"{path}.data" if path else "data")
    return _Opened(opened.statuses, {**element, "data": opened.around}, opened.validation_code)


def _open_data(data: dict[str, object], path: str) -> _Opened:
    """What is inside `data`, or the bare object: a list of statuses, one status, or the handshake's code."""
    if _STATUSES in data:
        statuses = data[_STATUSES]
        if not isinstance(statuses, list) or not statuses:
            raise UnreadableError(f"{_STATUSES} is not a list with something in it")
        if len(statuses) > MAX_ELEMENTS:
            raise UnreadableError(f"{_STATUSES} is a list of {len(statuses)} elements")
        prefix = f"{path}.{_STATUSES}" if path else _STATUSES
        around = {name: value for name, value in data.items() if name != _STATUSES}
        return _Opened([(f"{prefix}[{index}]", status) for index, status in enumerate(statuses)], around)
    if "sender" in data:
        return _Opened([(path or "body", data)], {})
    code = data.get("validationCode")
    if isinstance(code, str) and code:
        return _Opened([], {}, code)
    raise UnreadableError("element holds no thermostat status")


# --- the envelope ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What the envelope tells about the delivery."""

    id: str | None
    type: str | None
    time: datetime | None
    extra: Mapping[str, Stored]


def _event(envelope: Mapping[str, object]) -> _Event:
    """An odd envelope costs no reading: a known field in an unknown form is kept as sent, like an unknown one."""
    event_id, event_type = json_fields.short_text(envelope.get("id")), json_fields.short_text(envelope.get("eventType"))
    time = json_fields.instant(json_fields.short_text(envelope.get("eventTime")) or "")
    subject = json_fields.short_text(envelope.get("subject"))
    understood = {"id": event_id, "eventType": event_type, "eventTime": time, "subject": subject}
    rest = {
        name: _without_plant(value) if name == "subjectElements" else value
        for name, value in envelope.items()
        if understood.get(name) is None and value is not None
    }
    extra = {name: value for name, value in json_fields.kept(rest, "envelope").items() if value != {}}
    return _Event(id=event_id, type=event_type, time=time, extra=extra)


def _without_plant(elements: object) -> object:
    """`subject` and `subjectElements.plantId` only say again, with a prefix, which plant it is."""
    if not isinstance(elements, dict):
        return elements
    return {name: value for name, value in elements.items() if name != "plantId"}


# --- from a status to a reading -------------------------------------------------------------------------------------


def _reading(value: object, event: _Event) -> Reading:
    status = Fields(value, "status")
    sender = status.child("sender")
    plant = sender.child("plant")
    temperature_format = status.word("temperatureFormat")
    temperature = _newest_measure(status.child("thermometer"))
    temperature_c, temperature_f = _celsius(temperature.value, temperature.unit or temperature_format)
    humidity = _newest_measure(status.child("hygrometer"))
    if humidity.unit not in {None, "%"}:
        raise UnreadableError("status.hygrometer is not in percent")
    setpoint = status.child("setPoint")
    setpoint_c, setpoint_f = _celsius(setpoint.number("value"), setpoint.word("unit") or temperature_format)
    return Reading(
        plant_id=plant.identifier("id"),
        module_id=plant.child("module").identifier("id"),
        time=status.required_instant("time"),
        function=status.word("function"),
        mode=status.word("mode"),
        load_state=status.word("loadState"),
        temperature_c=temperature_c,
        temperature_f=temperature_f,
        temperature_time=temperature.time,
        humidity_percent=humidity.value,
        humidity_time=humidity.time,
        setpoint_c=setpoint_c,
        setpoint_f=setpoint_f,
        program=_program(status),
        activation_time=status.text("activationTime"),
        temperature_format=_UNITS.get(temperature_format or "", temperature_format),
        online=status.flag("online"),
        sender_system=sender.text("system"),
        sender_address_type=sender.text("addressType"),
        extra=json_fields.kept(status.rest(), "status"),
        event_id=event.id,
        event_type=event.type,
        event_time=event.time,
        event_extra=event.extra,
    )


@dataclass(frozen=True, slots=True)
class _Measure:
    value: Decimal | None = None
    unit: str | None = None
    time: datetime | None = None


_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


def _newest_measure(instrument: Fields) -> _Measure:
    """The latest by its own time. Where the list says more than that one measure, it is kept whole, as sent."""
    entries = instrument.entries("measures")
    measures = [_Measure(entry.number("value"), entry.word("unit"), entry.instant("timeStamp")) for entry in entries]
    valued = [measure for measure in measures if measure.value is not None]
    if len(measures) == len(valued) <= 1 and not any(entry.rest() for entry in entries):
        instrument.settle("measures")
    return max(valued, key=lambda measure: measure.time or _BEFORE_ALL, default=_Measure())


def _program(status: Fields) -> Decimal | None:
    """The number of the first program. Where the list says more than that, it is kept whole, as sent."""
    entries = status.entries("programs")
    numbers = [number for entry in entries if (number := entry.number("number")) is not None]
    if any(number != number.to_integral_value() for number in numbers):
        raise UnreadableError("status.programs holds a number that is not whole")
    if len(entries) == len(numbers) <= 1 and not any(entry.rest() for entry in entries):
        status.settle("programs")
    return numbers[0] if numbers else None


_UNITS = {"C": "C", "°C": "C", "F": "F", "°F": "F"}
_PRECISE = Context(prec=38)


def _celsius(value: Decimal | None, unit: str | None) -> tuple[Decimal | None, Decimal | None]:
    """A temperature in Celsius, and its original where it came in Fahrenheit. Without any unit it is Celsius."""
    if value is None:
        return None, None
    match _UNITS.get(unit or "C"):
        case "C":
            return value, None
        case "F":
            return _from_fahrenheit(value), value
        case _:
            raise UnreadableError("status holds a temperature in an unknown unit")


def _from_fahrenheit(value: Decimal) -> Decimal:
    """Rounded to a hundredth, which is finer than the instrument."""
    degrees = _PRECISE.divide(_PRECISE.multiply(_PRECISE.subtract(value, Decimal(32)), Decimal(5)), Decimal(9))
    try:
        rounded = degrees.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP, context=_PRECISE)
    except InvalidOperation as error:  # more digits than a stored number has
        raise UnreadableError("status holds a temperature that cannot be stored in Celsius") from error
    return json_fields.decimal(str(rounded)) or Decimal(0)
