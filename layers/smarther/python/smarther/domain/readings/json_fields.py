"""JSON as the provider writes it, read strictly: nothing is guessed.

Numbers come as JSON numbers or as strings with varying decimals, instants with `Z` or an offset, words in upper or
lower case. A document or an identity that cannot be read raises UnreadableError, whose message names the place and the
fault and quotes nothing of the content. Any other field that cannot be read is recorded as it was sent, and the fields
beside it are read as if it were absent.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smarther.domain.readings.reading import Stored

MAX_BODY_BYTES = 1_048_576
"""Event Grid delivers at most 1 MB at once, so a longer body is no notification."""

_MAX_TEXT = 200  # characters; ids have 36, words about ten
_MAX_NUMBER_TEXT = 100
_MAX_DIGITS = 38  # DynamoDB's precision; its range is 1e-130 up to 9.99…e+125
_MAX_EXPONENT = 125
_MIN_EXPONENT = -130
_MAX_DEPTH = 30  # DynamoDB nests 32 levels; the item and the attribute take two
_MAX_KEPT_BYTES = 32_768  # of the fields kept in one attribute; an item may have 400 KB
_PERSONAL = "receiver"  # holds user ids
_HASH_LENGTH = 16  # hex digits


class UnreadableError(Exception):
    """A part of a body cannot be read. The message may be logged: it quotes nothing of the body."""


# --- documents ------------------------------------------------------------------------------------------------------


class Repeated:
    """The values of a key that an object has more than once: which of them was meant is unknown."""

    __slots__ = ("values",)

    def __init__(self, values: list[object]) -> None:
        self.values = values


class Unstorable:
    """A JSON number that DynamoDB cannot hold (NaN, an infinity, 40 digits), as it was sent."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def document(body: bytes) -> object:
    """The JSON value of a body, with numbers as Decimal, and null for any value under the key `receiver` (user ids).

    A byte order mark is skipped. A byte that is not UTF-8, or half of a surrogate pair, makes only the text that holds
    it unreadable. Raises UnreadableError if the body is not JSON, is nested more deeply than Python reads, or is
    longer than MAX_BODY_BYTES.
    """
    if len(body) > MAX_BODY_BYTES:
        raise UnreadableError(f"body is longer than {MAX_BODY_BYTES} bytes")
    try:
        value: object = _DECODER.decode(body.decode("utf-8-sig", "surrogateescape"))
    except ValueError as error:
        raise UnreadableError("body is not JSON") from error
    except RecursionError as error:
        raise UnreadableError("body is nested too deeply") from error
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    as_dict = dict(pairs)
    if len(as_dict) != len(pairs):
        as_dict = _with_repeated(pairs)
    if _PERSONAL in as_dict:
        as_dict[_PERSONAL] = None
    return as_dict


def _with_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values: dict[str, list[object]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else Repeated(each) for name, each in values.items()}


def _json_number(text: str) -> Decimal | Unstorable:
    number = decimal(text)
    return Unstorable(text) if number is None else number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_json_number, parse_int=_json_number, parse_constant=Unstorable
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
    """The number in its normal form ("19.00000" is 19), or None if it is no number that can be stored."""
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
    """The instant, in UTC, of an ISO 8601 text with an offset; None for any other text.

    A leap second counts as the second after it. Digits beyond microseconds are cut off.
    """
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
    except (ValueError, OverflowError):  # month 13; an offset of a day or more; a year before 1 or after 9999 in UTC
        return None


def short_text(value: object) -> str | None:
    """The value if it is a text of at most 200 characters that UTF-8 can hold; else None."""
    return value if isinstance(value, str) and len(value) <= _MAX_TEXT and _is_utf8(value) else None


def _is_utf8(text: str) -> bool:
    """Whether UTF-8 can hold a text. JSON can escape half of a surrogate pair, which UTF-8 cannot hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- objects --------------------------------------------------------------------------------------------------------


def number(value: object) -> Decimal | None:
    """The number of a JSON number or of a text; None for anything else."""
    if isinstance(value, Decimal):
        return value
    return decimal(value) if isinstance(value, str) else None


class Fields:
    """One JSON object, read field by field; `rest` returns the fields that were not read.

    An absent field and null are both None. A field that cannot be read is None too, and its value is recorded as it was
    sent in `unread`, by the name of the attribute that it was for. Only the fields that identify a reading raise
    UnreadableError.
    """

    __slots__ = ("_children", "_path", "_rest", "unread")

    def __init__(self, value: object, path: str, unread: dict[str, object]) -> None:
        """`path` names the object in messages. Raises UnreadableError if the value is no object."""
        if not isinstance(value, dict):
            raise unreadable(path, value)
        self._path = path
        self._rest: dict[str, object] = dict(value)
        self._children: dict[str, Fields] = {}
        self.unread = unread

    def text(self, name: str, attribute: str) -> str | None:
        """A text of at most 200 characters."""
        value = self._rest.pop(name, None)
        text = short_text(value)
        if text is None and value is not None:
            self.unread[attribute] = value
        return text

    def word(self, name: str, attribute: str) -> str | None:
        """A word of the provider's vocabulary, in upper case. Unknown words are accepted, since it may grow."""
        text = self.text(name, attribute)
        return None if text is None else text.upper()

    def flag(self, name: str, attribute: str) -> bool | None:
        """True or false."""
        value = self._rest.pop(name, None)
        if value is None or isinstance(value, bool):
            return value
        self.unread[attribute] = value
        return None

    def child(self, name: str, attribute: str) -> Fields:
        """The object under a name, empty if there is none. Its rest becomes part of this object's rest."""
        value = self._rest.pop(name, None)
        if value is not None and not isinstance(value, dict):
            self.unread[attribute] = value
            value = None
        return self._below(name, {} if value is None else value)

    def entries(self, name: str, attribute: str) -> list[Any]:
        """The list under a name, empty if there is none. One that is not empty remains in the rest, for `take`."""
        entries = self._rest.get(name)
        if isinstance(entries, list) and entries:
            return entries
        self._rest.pop(name, None)
        if not isinstance(entries, list | None):
            self.unread[attribute] = entries
        return []

    def take(self, name: str) -> object:
        """The value under a name, which is taken out of the rest."""
        return self._rest.pop(name, None)

    def identity(self, name: str) -> Fields:
        """The object under a name that holds the identity; raises UnreadableError if there is no such object."""
        value = self._rest.pop(name, None)
        return self._below(name, {} if value is None else value)

    def identifier(self, name: str) -> str:
        """A text that must be there and not be blank; raises UnreadableError."""
        value = self._rest.pop(name, None)
        text = short_text(value)
        if text:
            return text
        raise self._missing(name) if value is None or text == "" else unreadable(f"{self._path}.{name}", value)

    def required_instant(self, name: str) -> datetime:
        """An instant that must be there, with its offset; raises UnreadableError."""
        value = self._rest.pop(name, None)
        text = short_text(value)
        if text is None:
            raise self._missing(name) if value is None else unreadable(f"{self._path}.{name}", value)
        at = instant(text)
        if at is None:
            raise UnreadableError(f"{self._path}.{name} is not an instant with an offset")
        return at

    def rest(self) -> dict[str, object]:
        """The fields that were not read, of this object and of its children."""
        below = {name: child.rest() for name, child in self._children.items()}
        return self._rest | {name: rest for name, rest in below.items() if rest}

    def _below(self, name: str, value: object) -> Fields:
        child = Fields(value, f"{self._path}.{name}", self.unread)
        self._children[name] = child
        return child

    def _missing(self, name: str) -> UnreadableError:
        return UnreadableError(f"{self._path}.{name} is missing")


def unreadable(path: str, value: object) -> UnreadableError:
    """The error for a value that is not what was wanted."""
    match value:
        case Repeated():
            return UnreadableError(f"{path} is there more than once")
        case Unstorable():
            return UnreadableError(f"{path} is not a number that can be stored")
        case str():
            return UnreadableError(f"{path} is not a usable text")
        case _:
            return UnreadableError(f"{path} has the wrong type")


# --- fields as they were sent ---------------------------------------------------------------------------------------


def kept(sent: Mapping[str, object]) -> tuple[dict[str, Stored], list[str], dict[str, Stored]]:
    """Make fields storable. Returns the stored fields, the names of those that were altered, and those left out.

    DynamoDB cannot hold some values, which are stored in another form: half of a surrogate pair as its escape
    (`\\ud83d`), a number of 40 digits as its text, a repeated key as the list of its values, a field without a name
    under `""`, and anything nested deeper than 32 levels as a text of JSON. What is under `receiver`, at any depth, is
    left out. Where all fields take more than 32 KB, the largest are left out.
    """
    held: dict[str, Stored] = {}
    too_much: dict[str, Stored] = {}
    altered = []
    sizes: dict[str, int] = {}
    for original, value in sent.items():
        if original != _PERSONAL:
            storing = _Storing()
            name = storing.name(original, held)
            held[name] = storing.value(value, 1)
            sizes[name] = _size(name) + _size(held[name])
            if storing.altered:
                altered.append(name)
    room = _MAX_KEPT_BYTES - sum(sizes.values())
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if room >= 0:
            break
        room += sizes[name]
        too_much[name] = held.pop(name)
    return held, [name for name in altered if name in held], too_much


def note(too_much: Stored) -> str:
    """A short text stored in place of a field that was left out. It differs where the field's content differs."""
    text = json.dumps(too_much, sort_keys=True, default=str).encode()
    return f"left out: {len(text)} bytes, SHA-256 {hashlib.sha256(text).hexdigest()[:_HASH_LENGTH]}"


class _Storing:
    """Makes one field storable, and records whether that altered it."""

    __slots__ = ("altered",)

    def __init__(self) -> None:
        self.altered = False

    def value(self, value: object, depth: int) -> Stored:  # noqa: PLR0911 - one for each kind of value
        match value:
            case None | bool() | Decimal():
                return value
            case str():
                return self._text(value)
            case Unstorable():
                self.altered = True
                return value.text
            case Repeated():
                self.altered = True
                return self.value(value.values, depth)
            case list() | dict() if depth >= _MAX_DEPTH:
                self.altered = True
                return _as_json(value)
            case list():
                return [self.value(entry, depth + 1) for entry in value]
            case dict():
                stored: dict[str, Stored] = {}
                for name, entry in value.items():
                    if name != _PERSONAL:
                        stored[self.name(name, stored)] = self.value(entry, depth + 1)
                return stored
            case _:
                raise TypeError(f"{type(value).__name__} is in no document")

    def name(self, name: str, taken: Mapping[str, Stored]) -> str:
        """A name that DynamoDB can hold and that no other field has."""
        usable = self._text(name) or '""'
        while usable in taken:
            usable += "'"
        self.altered = self.altered or usable != name
        return usable

    def _text(self, text: str) -> str:
        if _is_utf8(text):
            return text
        self.altered = True
        return text.encode("utf-8", "backslashreplace").decode()


def _as_json(value: object) -> str:
    """A value as JSON. It is never nested too deeply to be written: Python has read as many levels."""
    return json.dumps(value, default=_for_json)


def _for_json(value: object) -> object:
    match value:
        case Repeated():
            return value.values
        case Unstorable():
            return value.text
        case _:
            return str(value)


def _size(value: Stored) -> int:
    """The most bytes that a value takes in the table, by DynamoDB's rules for the size of an item."""
    match value:
        case str():
            return len(value.encode())
        case dict():
            return 3 + sum(1 + len(name.encode()) + _size(entry) for name, entry in value.items())
        case list():
            return 3 + sum(1 + _size(entry) for entry in value)
        case _:
            return 21
