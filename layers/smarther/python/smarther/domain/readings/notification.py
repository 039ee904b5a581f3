"""A notification: the bytes that the provider posted, turned into readings, rejects and the validation code.

The shape that was observed is an array of Event Grid envelopes with `data.chronothermostats` in each
(github.com/artumino/smarther-rs, `validation/c2c_event.json`). The vendor's tutorial shows only the inside of `data`.
Both are understood, and so is one envelope or one status alone.

Rules:
- `parse` never raises: any bytes give a Notification, in time and memory bounded by a megabyte of JSON.
- Each thermostat status becomes one reading or one reject, independently of all others.
- Plant, module and time identify a reading: they must be there and be readable, or the status is a reject.
- Any other field may be absent or null, which is the same. One that cannot be read, or that no thermostat can have
  (BOUNDS), is left out of the typed attributes and kept as it was sent, under `unread`.
- Fields that the model does not know are kept, except the user ids under `receiver`, which are personal data.
- A status with more than an item can hold becomes a reading without the excess, and a reject as well, so that the whole
  body goes to quarantine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from smarther.domain.readings import json_fields
from smarther.domain.readings.json_fields import Fields, UnreadableError
from smarther.domain.readings.reading import Reading, bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smarther.domain.readings.reading import Stored


MAX_ELEMENTS = 2_000
"""A genuine status has more than 500 bytes, so this many do not fit into the longest body that is read."""

_MAX_NAMES = 10  # of altered unknown fields that are named
_MAX_NAME = 60  # characters


class Reject(NamedTuple):
    """A part of a body that could not be read: its path (`[0].data.chronothermostats[1]`), and why, in words.

    The reason quotes nothing of the content, so it can be logged.
    """

    path: str
    reason: str


class Notification(NamedTuple):
    """What one body says: each thermostat status in it is among the readings or among the rejects.

    A status that says more than a reading can hold is among both. `system_events` counts the messages of Event Grid
    itself about our subscription, such as that it was deleted; nothing of them is stored.
    """

    readings: tuple[Reading, ...] = ()
    rejects: tuple[Reject, ...] = ()
    validation_code: str | None = None
    system_events: int = 0

    def oddities(self) -> dict[str, str | int]:
        """What was odd in the body, as keys of a log record: names and counts, nothing of the content.

        `unread` names the attributes that could not be read, as in a Reading. What was not odd has no key.
        """
        unread = sorted({name for reading in self.readings for name in reading.unread})
        named: dict[str, str | int] = {"unread": ",".join(unread)} if unread else {}
        return named | ({"system_events": self.system_events} if self.system_events else {})


def parse(body: bytes) -> Notification:
    """Read one body: an array of envelopes, an envelope, `{"chronothermostats": […]}` or one bare status.

    Never raises. A body, or an element of it, that holds no status is one reject.
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
        system_events=sum(part.system_events for part in parts),
    )


def _rejected(path: str, error: UnreadableError) -> Notification:
    return Notification(rejects=(Reject(path, str(error)),))


# --- from an element of a body to its statuses ----------------------------------------------------------------------

_STATUSES = "chronothermostats"


class _Opened(NamedTuple):
    """An element taken apart: its statuses with their paths and the envelope `around` them, or the validation code."""

    statuses: list[tuple[str, object]]
    around: Mapping[str, object]
    validation_code: str | None = None


def _element(element: object, path: str) -> Notification:
    try:
        opened = _open(element, path)
    except UnreadableError as error:
        return Notification(system_events=1) if _is_system_event(element) else _rejected(path or "body", error)
    event = _event(opened.around)
    readings, rejects = [], []
    for at, status in opened.statuses:
        try:
            reading, whole = _reading(status, event)
        except UnreadableError as error:
            rejects.append(Reject(at, str(error)))
        else:
            readings.append(reading)
            rejects += [] if whole else [Reject(at, "status says more than a reading can keep")]
    return Notification(tuple(readings), tuple(rejects), opened.validation_code)


def _open(element: object, path: str) -> _Opened:
    """Open an envelope, which has a `data` that is not empty, or a bare object, which is the inside of `data`."""
    if not isinstance(element, dict):
        raise json_fields.unreadable("element", element)
    if "data" not in element:
        return _open_data(element, path)
    try:
        if not isinstance(element["data"], dict):
            raise json_fields.unreadable("data", element["data"])
        opened = _open_data(element["data"], f"{path}.data" if path else "data")
    except UnreadableError:
        if _STATUSES not in element and "sender" not in element:
            raise
        return _open_data(element, path)  # a bare object with an odd field of that name
    return _Opened(opened.statuses, {**element, "data": opened.around}, opened.validation_code)


def _open_data(data: dict[str, object], path: str) -> _Opened:
    """Open the inside of `data`, or a bare object: a list of statuses, one status, or the validation code."""
    statuses = data.get(_STATUSES)
    if isinstance(statuses, list) and statuses:
        if len(statuses) > MAX_ELEMENTS:
            raise UnreadableError(f"{_STATUSES} is a list of {len(statuses)} elements")
        prefix = f"{path}.{_STATUSES}" if path else _STATUSES
        around = {name: value for name, value in data.items() if name != _STATUSES}
        return _Opened([(f"{prefix}[{index}]", status) for index, status in enumerate(statuses)], around)
    if "sender" in data:
        return _Opened([(path or "body", data)], {})
    if _STATUSES in data:
        raise UnreadableError(f"{_STATUSES} is not a list with something in it")
    code = data.get("validationCode")
    if isinstance(code, str) and code:
        return _Opened([], {}, code)
    raise UnreadableError("element holds no thermostat status")


_OF_EVENT_GRID = "microsoft.eventgrid."
_VALIDATION = "microsoft.eventgrid.subscriptionvalidationevent"


def _is_system_event(element: object) -> bool:
    """Whether it is a message of Event Grid about the subscription that needs no answer.

    Source: learn.microsoft.com/azure/event-grid, "Azure Event Grid's system events" (`SubscriptionDeletedEvent` and
    others).
    """
    event_type = element.get("eventType") if isinstance(element, dict) else None
    named = event_type.casefold() if isinstance(event_type, str) else ""
    return named.startswith(_OF_EVENT_GRID) and named != _VALIDATION


# --- the envelope ---------------------------------------------------------------------------------------------------


class _Event(NamedTuple):
    """What the envelope says about the delivery; `whole` is whether all of it can be stored."""

    id: str | None
    type: str | None
    time: datetime | None
    extra: Mapping[str, Stored]
    unread: Mapping[str, Stored]
    whole: bool


_OF_THE_ENVELOPE = {"id": "event_id", "eventType": "event_type", "eventTime": "event_time"}


def _event(envelope: Mapping[str, object]) -> _Event:
    """Read the envelope. Nothing in it can make a reading unreadable."""
    event_id, event_type = json_fields.short_text(envelope.get("id")), json_fields.short_text(envelope.get("eventType"))
    time = json_fields.instant(json_fields.short_text(envelope.get("eventTime")) or "")
    subject = json_fields.short_text(envelope.get("subject"))
    understood = {"id": event_id, "eventType": event_type, "eventTime": time, "subject": subject}
    rest: dict[str, object] = {}
    unread: dict[str, object] = {}
    for name, value in envelope.items():
        if understood.get(name) is None and value is not None:
            if name in _OF_THE_ENVELOPE:
                unread[_OF_THE_ENVELOPE[name]] = value
            else:
                rest[name] = _without_plant(value) if name == "subjectElements" else value
    extra, held, whole = _held({name: value for name, value in rest.items() if value != {}}, unread, "event_extra")
    extra = {name: value for name, value in extra.items() if value != {}}
    return _Event(id=event_id, type=event_type, time=time, extra=extra, unread=held, whole=whole)


def _without_plant(elements: object) -> object:
    """Without `plantId`, which only repeats the plant's id with a prefix, as `subject` does."""
    if not isinstance(elements, dict):
        return elements
    return {name: value for name, value in elements.items() if name != "plantId" or not isinstance(value, str)}


def _held(
    rest: Mapping[str, object], unread: Mapping[str, object], attribute: str
) -> tuple[dict[str, Stored], dict[str, Stored], bool]:
    """Make unknown and unreadable fields storable; the third value is whether all of them were.

    The names of unknown fields that had to be altered are added to the unreadable ones, under `attribute`.
    """
    if not rest and not unread:
        return {}, {}, True
    extra, altered, too_much = json_fields.kept(rest)
    odd, _, long = json_fields.kept(unread)
    odd |= {name: json_fields.note(value) for name, value in long.items()}
    if altered or too_much:
        names = [name[:_MAX_NAME] for name in sorted(altered)[:_MAX_NAMES]]
        odd[attribute] = [*names, json_fields.note(too_much)] if too_much else list(names)
    return extra, odd, not (too_much or long)


# --- from a status to a reading -------------------------------------------------------------------------------------


def _reading(value: object, event: _Event) -> tuple[Reading, bool]:
    """The reading, and whether it holds all that the status says. Raises UnreadableError without an identity."""
    status = Fields(value, "status", {})
    key_only: dict[str, Stored] = {}
    sender = status.identity("sender")
    plant = sender.identity("plant")
    plant_id, module_id = plant.identifier("id"), plant.identity("module").identifier("id")
    time = status.required_instant("time")
    function, mode = status.word("function", "function"), status.word("mode", "mode")
    load_state, online = status.word("loadState", "load_state"), status.flag("online", "online")
    temperature_format = status.word("temperatureFormat", "temperature_format")
    temperature_c, temperature_f, temperature_time = _temperature(status, temperature_format, key_only)
    humidity_percent, humidity_time = _humidity(status, key_only)
    setpoint_c, setpoint_f = _setpoint(status, temperature_format, key_only)
    program, activation_time = _program(status, key_only), _activation_time(status, key_only)
    system, address_type = sender.text("system", "sender_system"), sender.text("addressType", "sender_address_type")
    extra, unread, whole = _held(status.rest(), status.unread, "extra")
    reading = Reading(
        plant_id=plant_id,
        module_id=module_id,
        time=time,
        function=function,
        mode=mode,
        load_state=load_state,
        temperature_c=temperature_c,
        temperature_f=temperature_f,
        temperature_time=temperature_time,
        humidity_percent=humidity_percent,
        humidity_time=humidity_time,
        setpoint_c=setpoint_c,
        setpoint_f=setpoint_f,
        program=program,
        activation_time=activation_time,
        temperature_format=_UNITS.get(temperature_format or "", temperature_format),
        online=online,
        sender_system=system,
        sender_address_type=address_type,
        extra=extra,
        event_id=event.id,
        event_type=event.type,
        event_time=event.time,
        event_extra=event.extra,
        unread={**unread, **event.unread},
        key_only=key_only,
    )
    return reading, whole and event.whole


# --- numbers --------------------------------------------------------------------------------------------------------

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_OF_A_MEASURE = frozenset({"value", "unit", "timeStamp"})
_OF_A_PROGRAM = frozenset({"number"})

type _Degrees = tuple[Decimal, Decimal | None]
"""A temperature in Celsius, and its original where it came in Fahrenheit."""


def _temperature(
    status: Fields, temperature_format: str | None, key_only: dict[str, Stored]
) -> tuple[Decimal | None, Decimal | None, datetime | None]:
    def read(entry: Mapping[str, object]) -> _Degrees | None:
        return _degrees(entry.get("value"), entry.get("unit"), temperature_format)

    degrees, sent, time = _newest_measure(status, "thermometer", "temperature", "temperature_c", read)
    if degrees is None:
        return None, None, time
    return *_within_bounds(status, "temperature", degrees, sent, key_only), time


def _humidity(status: Fields, key_only: dict[str, Stored]) -> tuple[Decimal | None, datetime | None]:
    def read(entry: Mapping[str, object]) -> Decimal | None:
        return json_fields.number(entry.get("value")) if _unit(entry.get("unit"), "%") == "%" else None

    percent, sent, time = _newest_measure(status, "hygrometer", "humidity", "humidity_percent", read)
    if percent is not None and bounded("humidity_percent", percent) is None:
        status.unread["humidity_percent"], key_only["humidity_percent"] = sent, percent
        return None, time
    return percent, time


def _setpoint(
    status: Fields, temperature_format: str | None, key_only: dict[str, Stored]
) -> tuple[Decimal | None, Decimal | None]:
    fields = status.child("setPoint", "setpoint_c")
    value, unit = fields.take("value"), fields.take("unit")
    if value is None:
        return None, None
    sent = {"value": value} if unit is None else {"value": value, "unit": unit}
    degrees = _degrees(value, unit, temperature_format)
    if degrees is None:
        status.unread["setpoint_c"] = sent
        return None, None
    return _within_bounds(status, "setpoint", degrees, sent, key_only)


def _within_bounds(
    status: Fields, name: str, degrees: _Degrees, sent: object, key_only: dict[str, Stored]
) -> tuple[Decimal | None, Decimal | None]:
    celsius, fahrenheit = degrees
    if bounded(f"{name}_c", celsius) is not None:
        return degrees
    status.unread[f"{name}_c"], key_only[f"{name}_c"] = sent, celsius
    if fahrenheit is not None:
        key_only[f"{name}_f"] = fahrenheit
    return None, None


class _Measure[Value](NamedTuple):
    """A measure: its value, None if there is none that can be read; the measure as it was sent; and its own time."""

    value: Value | None
    sent: Mapping[str, object]
    time: datetime | None


def _newest_measure[Value](
    status: Fields,
    instrument: str,
    name: str,
    attribute: str,
    read: Callable[[Mapping[str, object]], Value | None],
) -> _Measure[Value]:
    """The newest measure, by its own time, of those that can be read.

    Where the list says more than that one measure, it is kept whole, as it was sent.
    """
    fields = status.child(instrument, attribute)
    measures = fields.entries("measures", attribute)
    entries = [_Measure(read(each), each, _time(each)) for each in measures if isinstance(each, dict)]
    readable = [entry for entry in entries if entry.value is not None]
    if readable:
        newest = max(readable, key=lambda entry: entry.time or _BEFORE_ALL)
        if newest.time is None and newest.sent.get("timeStamp") is not None:
            status.unread[f"{name}_time"] = newest.sent["timeStamp"]
        if len(measures) == 1 and newest.sent.keys() <= _OF_A_MEASURE:
            fields.take("measures")  # the attributes say all of it
        return newest
    if len(entries) == len(measures) and all(entry.sent.get("value") is None for entry in entries):
        return _Measure(None, {}, None)  # nothing was measured
    fields.take("measures")
    status.unread[attribute] = measures if measures == [None] or len(measures) > 1 else measures[0]
    return _Measure(None, {}, entries[0].time if len(measures) == len(entries) == 1 else None)


def _time(measure: Mapping[str, object]) -> datetime | None:
    return json_fields.instant(json_fields.short_text(measure.get("timeStamp")) or "")


def _program(status: Fields, key_only: dict[str, Stored]) -> Decimal | None:
    """The number of the first program that has one. Where the list says more, it is kept whole, as it was sent."""
    programs = status.entries("programs", "program")
    numbered = [each for each in programs if not isinstance(each, dict) or each.get("number") is not None]
    if not numbered:
        return None  # no program was sent
    first = numbered[0]
    number = json_fields.number(first.get("number")) if isinstance(first, dict) else None
    if number is None or number != number.to_integral_value():
        status.unread["program"] = status.take("programs")
        return None
    if len(programs) == 1 and first.keys() <= _OF_A_PROGRAM:
        status.take("programs")  # the attribute says all of it
    if bounded("program", number) is None:
        status.unread["program"], key_only["program"] = programs, number
        return None
    return number


def _activation_time(status: Fields, key_only: dict[str, Stored]) -> str | None:
    """The end of the mode, as it was sent; None if it is blank, which means that there is no end."""
    text = status.text("activationTime", "activation_time")
    if text == "":
        key_only["activation_time"] = text
        return None
    return text


_UNITS = {"C": "C", "°C": "C", "F": "F", "°F": "F"}
_PRECISE = Context(prec=38)


def _unit(sent: object, usual: str) -> str | None:
    """The unit of a value; the usual one where it is absent or blank; None if it cannot be read."""
    if sent is None or sent == "":
        return usual
    return sent.upper() if isinstance(sent, str) else None


def _degrees(value: object, unit: object, temperature_format: str | None) -> _Degrees | None:
    """A temperature; None if it cannot be read. Without a unit it is in Celsius."""
    number = json_fields.number(value)
    if number is None:
        return None
    match _UNITS.get(_unit(unit, temperature_format or "C") or ""):
        case "C":
            return number, None
        case "F":
            celsius = from_fahrenheit(number)
            return None if celsius is None else (celsius, number)
        case _:
            return None


def from_fahrenheit(value: Decimal) -> Decimal | None:
    """°F to °C, rounded to a hundredth, which is finer than the instrument; None for too many digits to store."""
    degrees = _PRECISE.divide(_PRECISE.multiply(_PRECISE.subtract(value, Decimal(32)), Decimal(5)), Decimal(9))
    try:
        rounded = degrees.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP, context=_PRECISE)
    except InvalidOperation:
        return None
    return json_fields.decimal(str(rounded)) or Decimal(0)
