"""The wire: JSON as the provider writes it, read with nothing guessed.

Numbers come as JSON numbers or as strings with varying decimals, instants with `Z` or an offset, words in either case.
What cannot be read raises UnreadableError, whose words name the place and the fault and quote nothing of the content.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.reading import Stored

MAX_BODY_BYTES = 1_048_576
"""Event Grid delivers at most 1 MB at once, so a longer body is none of its notifications."""

_MAX_TEXT = 200  # characters; ids have 36, words about ten
_MAX_NUMBER_TEXT = 100
_MAX_DIGITS = 38  # DynamoDB's precision; its range is 1e-130 up to 9.99…e+125
_MAX_EXPONENT = 125
_MIN_EXPONENT = -130
_MAX_DEPTH = 30  # DynamoDB nests 32 levels; the item and the attribute take two
_MAX_KEPT_BYTES = 32_768  # of unknown content; an item may have 400 KB
_PERSONAL = "receiver"  # holds user ids


class UnreadableError(Exception):
    """Why a part of a body cannot be read, in words that can be logged."""


# --- documents ------------------------------------------------------------------------------------------------------


class _Ambiguous:
    """Stands where an object had a duplicate key: which of the two was meant, nobody can say."""


class _NoNumber:
    """Stands where a JSON number was that is none: NaN, an infinity, or beyond what can be stored."""


def document(body: bytes) -> object:
    """The JSON value in a body, its numbers as Decimal.

    Raises UnreadableError for what is not UTF-8 (a byte order mark is let pass), not JSON, nested beyond the
    interpreter's patience, or longer than MAX_BODY_BYTES.
    """
    if len(body) > MAX_BODY_BYTES:
        raise UnreadableError(f"body is longer than {MAX_BODY_BYTES} bytes")
    try:
        value: object = _DECODER.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError("body is not UTF-8") from error
    except ValueError as error:
        raise UnreadableError("body is not JSON") from error
    except RecursionError as error:
        raise UnreadableError("body is nested too deeply") from error
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object] | _Ambiguous:
    as_dict = dict(pairs)
    return as_dict if len(as_dict) == len(pairs) else _Ambiguous()


def _json_number(text: str) -> Decimal | _NoNumber:
    number = decimal(text)
    return _NoNumber() if number is None else number


def _json_constant(_: str) -> _NoNumber:
    return _NoNumber()


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_json_number, parse_int=_json_number, parse_constant=_json_constant
)


# --- values ---------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):?([0-5][0-9]))"
)
_EXACT = Context(prec=_MAX_NUMBER_TEXT)
_LEAP_SECOND = 60


def decimal(text: str) -> Decimal | None:
    """The number in its one normal form ("19.00000" is 19), or None where it is none that can be stored."""
    if len(text) > _MAX_NUMBER_TEXT or not _NUMBER.fullmatch(text):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond any Decimal
        return None
    if number.is_zero():
        return Decimal(0)
    in_range = _MIN_EXPONENT <= number.adjusted() <= _MAX_EXPONENT
    number = _EXACT.normalize(number) if in_range else number
    digits = len(number.as_tuple().digits)
    if not in_range or digits > _MAX_DIGITS:
        return None
    if digits <= number.adjusted() < _MAX_DIGITS:  # whole tens: 20, not 2E+1
        return number.quantize(Decimal(1), context=_EXACT)
    return number


def instant(text: str) -> datetime | None:
    """A full instant with offset, in UTC; a leap second is the second after it; finer than microseconds is cut off."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    date, hour_and_minute, second, fraction, sign, hours, minutes = match.groups()
    leap = int(second) == _LEAP_SECOND
    microseconds = (fraction or "")[:6].ljust(6, "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta(0)
    try:
        zone = timezone(-offset if sign == "-" else offset)
        local = datetime.fromisoformat(f"{date}T{hour_and_minute}:{'59' if leap else second}.{microseconds}")
        return (local.replace(tzinfo=zone) + timedelta(seconds=leap)).astimezone(UTC)
    except (ValueError, OverflowError):  # month 13, an offset of a day and more; years 1 and 9999 moved over the edge
        return None


def short_text(value: object) -> str | None:
    """A text of at most 200 characters that UTF-8 can hold, or None for anything else."""
    return value if isinstance(value, str) and len(value) <= _MAX_TEXT and _is_utf8(value) else None


def _is_utf8(text: str) -> bool:
    """JSON can escape half of a surrogate pair; UTF-8 cannot hold that."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- objects --------------------------------------------------------------------------------------------------------


class Fields:
    """One JSON object, read field by field; what nobody asked for remains, and is kept.

    Absent and null are the same, None. What is there in a wrong form raises UnreadableError.
    """

    __slots__ = ("_children", "_path", "_rest")

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise unreadable(path, value)
        self._path = path
        self._rest: dict[str, object] = dict(value)
        self._children: dict[str, Fields] = {}

    def text(self, name: str) -> str | None:
        value = self._rest.pop(name, None)
        text = short_text(value)
        if text is None and value is not None:
            raise unreadable(f"{self._path}.{name}", value)
        return text

    def word(self, name: str) -> str | None:
        """A word of the provider's vocabulary, in upper case; unknown ones are taken too, for it may grow."""
        text = self.text(name)
        return None if text is None else text.upper()

    def number(self, name: str) -> Decimal | None:
        value = self._rest.pop(name, None)
        number = decimal(value) if isinstance(value, str) else value
        if number is None or isinstance(number, Decimal):
            if number is None and value is not None:
                raise UnreadableError(f"{self._path}.{name} is not a number that can be stored")
            return number
        raise unreadable(f"{self._path}.{name}", value)

    def instant(self, name: str) -> datetime | None:
        text = self.text(name)
        if text is None:
            return None
        value = instant(text)
        if value is None:
            raise UnreadableError(f"{self._path}.{name} is not an instant with an offset")
        return value

    def flag(self, name: str) -> bool | None:
        value = self._rest.pop(name, None)
        if value is None or isinstance(value, bool):
            return value
        raise unreadable(f"{self._path}.{name}", value)

    def identifier(self, name: str) -> str:
        """A text that must be there and say something."""
        text = self.text(name)
        if not text:
            raise UnreadableError(f"{self._path}.{name} is missing")
        return text

    def required_instant(self, name: str) -> datetime:
        value = self.instant(name)
        if value is None:
            raise UnreadableError(f"{self._path}.{name} is missing")
        return value

    def child(self, name: str) -> Fields:
        """The object under a name, whose rest is part of this one's; empty where there is none."""
        value = self._rest.pop(name, None)
        child = Fields({} if value is None else value, f"{self._path}.{name}")
        self._children[name] = child
        return child

    def entries(self, name: str) -> list[Fields]:
        """The objects in a list. The list itself stays in the rest until it is settled."""
        value = self._rest.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise unreadable(f"{self._path}.{name}", value)
        return [Fields(entry, f"{self._path}.{name}[{index}]") for index, entry in enumerate(value)]

    def settle(self, name: str) -> None:
        """Nothing of this list is left over: it need not be kept."""
        self._rest.pop(name, None)

    def rest(self) -> dict[str, object]:
        """What nobody asked for, here and below."""
        below = {name: child.rest() for name, child in self._children.items()}
        return self._rest | {name: rest for name, rest in below.items() if rest}


def unreadable(path: str, value: object) -> UnreadableError:
    """What a value is, instead of what was wanted."""
    match value:
        case _Ambiguous():
            return UnreadableError(f"{path} has a duplicate key")
        case _NoNumber():
            return UnreadableError(f"{path} is not a number that can be stored")
        case str():
            return UnreadableError(f"{path} is not a usable text")
        case _:
            return UnreadableError(f"{path} has the wrong type")


# --- what the model does not know -----------------------------------------------------------------------------------


def kept(unknown: Mapping[str, object], path: str) -> dict[str, Stored]:
    """Unknown content in a form that the table can hold, without the user ids under `receiver`, wherever they stand."""
    storable = {
        name: _storable(value, path, 1) for name, value in unknown.items() if name != _PERSONAL and _named(name, path)
    }
    if _size(storable) > _MAX_KEPT_BYTES:
        raise UnreadableError(f"{path} holds too much that is unknown")
    return storable


def _storable(value: object, path: str, depth: int) -> Stored:
    if depth >= _MAX_DEPTH:
        raise UnreadableError(f"{path} is nested too deeply")
    match value:
        case None | bool() | Decimal():
            return value
        case str() if _is_utf8(value):
            return value
        case list():
            return [_storable(entry, path, depth + 1) for entry in value]
        case dict():
            return {
                name: _storable(entry, path, depth + 1)
                for name, entry in value.items()
                if name != _PERSONAL and _named(name, path)
            }
        case _:
            raise unreadable(f"something unknown in {path}", value)


def _named(name: str, path: str) -> bool:
    if not name or not _is_utf8(name):
        raise UnreadableError(f"{path} has a field without a usable name")
    return True


def _size(value: Stored) -> int:
    """Bytes that a value takes in the table, at the most: DynamoDB's own rules."""
    match value:
        case str():
            return len(value.encode())
        case dict():
            return 3 + sum(1 + len(name.encode()) + _size(entry) for name, entry in value.items())
        case list():
            return 3 + sum(1 + _size(entry) for entry in value)
        case _:
            return 21
