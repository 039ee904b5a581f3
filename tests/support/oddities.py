"""Random notifications in the provider's form, and one odd thing to put into one place.

Metamorphic tests compare the results of a body with and without it: everything outside that place must stay the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

type Step = str | int

USER: Final = "0d9c1f6e-1111-4222-8333-444455556666"
"""A user id, which is personal and must not be stored."""

# --- notifications --------------------------------------------------------------------------------------------------

_DECIMALS = st.sampled_from(["{:.5f}", "{:.1f}", "{:.2f}"])


def _numbers(lowest: int, highest: int) -> st.SearchStrategy[Any]:
    """A number in tenths as the provider writes it: text with varying decimals, or a JSON number."""
    tenths = st.integers(lowest * 10, highest * 10).map(lambda tenths: tenths / 10)
    return tenths | st.builds(lambda form, number: form.format(number), _DECIMALS, tenths)


def _measures(values: st.SearchStrategy[Any], units: list[str | None]) -> st.SearchStrategy[Any]:
    entry = st.fixed_dictionaries(
        {"value": values},
        optional={
            "timeStamp": st.sampled_from(["2026-01-14T06:30:02+00:00", "2026-01-14T06:10:00Z", None]),
            "unit": st.sampled_from(units),
        },
    )
    return st.fixed_dictionaries({"measures": st.lists(entry, min_size=1, max_size=2) | st.just([])})


def _statuses() -> st.SearchStrategy[dict[str, Any]]:
    """A status without its identity."""
    return st.fixed_dictionaries(
        {"function": st.sampled_from(["HEATING", "cooling"]), "receiver": st.just({"oid": [USER]})},
        optional={
            "mode": st.sampled_from(["MANUAL", "AUTOMATIC", "BOOST", "OFF", "PROTECTION", None]),
            "setPoint": st.none()
            | st.fixed_dictionaries({"value": _numbers(3, 40)}, optional={"unit": st.sampled_from(["C", "°C", None])}),
            "programs": st.lists(
                st.fixed_dictionaries({"number": st.integers(0, 11) | st.sampled_from(["0", "11"])}), max_size=2
            ),
            "activationTime": st.sampled_from(["2026-01-14T22:15:00", "2026-01-14T22:15:00Z", None]),
            "temperatureFormat": st.sampled_from(["C", "F"]),
            "loadState": st.sampled_from(["ACTIVE", "INACTIVE"]),
            "thermometer": _measures(_numbers(5, 40), ["C", "F"]),
            "hygrometer": _measures(_numbers(0, 100), ["%", None]),
            "online": st.booleans(),
            "firmware": st.sampled_from(["1.2.3", {"major": 1}, None]),
        },
    )


@st.composite
def notifications(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A list of envelopes with one or two thermostats in each; no two statuses are of the same thermostat."""
    envelopes = []
    for number in range(draw(st.integers(1, 2))):
        statuses = [
            {
                **draw(_statuses()),
                "time": f"2026-01-14T0{draw(st.integers(0, 9))}:30:04+01:00",
                "sender": {
                    "addressType": "AddressLocation",
                    "system": "thermoregulation",
                    "plant": {"id": "P", "module": {"id": f"M{number}.{index}"}},
                },
            }
            for index in range(draw(st.integers(1, 2)))
        ]
        envelopes.append(
            {
                "id": f"E{number}",
                "eventType": "DeviceToCloud",
                "subject": "///bs_cloud_P//",
                "eventTime": "2026-01-14T06:30:05Z",
                "data": {"chronothermostats": statuses},
                "subjectElements": {"plantId": "bs_cloud_P"},
            }
        )
    return envelopes


# --- one odd thing --------------------------------------------------------------------------------------------------


def nested(levels: int) -> str:
    """Lists in lists, as JSON."""
    return "[" * levels + "]" * levels


LARGE: Final = json.dumps("x" * 40_000)
ODD: Final = (
    *('"--"', '""', '" "', '"true"', '"ON"', '"°F"', '"K"', '"20,5"', '"20.5 C"', '"2026-01-14T06:30:02"', '"now"'),
    *(
        '"\\ud83d"',
        '"Cucina \\ud83d"',
        '"\\ude00\\ud83d"',
        '"\\u0000"',
        '"\\ufffe"',
        '"\\u202e"',
        json.dumps("x" * 300),
    ),
    *("NaN", "Infinity", "-Infinity", "1e400", "-1e-400", "1" * 40, f'"{"1" * 40}"', '"1e400"', "0." + "1" * 40),
    *("3.4028235E38", '"3.4028235E38"', "1e24", "-1e24", "9e125", "12345678901234567890", "1.5", "-1", "255", '"255"'),
    *("85", '"85.00000"', "126.5", '"127"', "-127", "-0.0", '"9999-12-31T23:59:59Z"', '"0001-01-01T00:00:00Z"'),
    *("null", "true", "[]", "{}", "[[]]", '[""]', "[null]", '{"value":"20"}'),
    *('{"":1}', '{"\\ud83d":"x"}', '{"a":1,"a":2}', '{"a":{"value":1,"value":1}}'),
    *(nested(40), nested(500), json.dumps({"receiver": {"oid": [USER]}}), LARGE),
)
"""JSON texts that were seen in a field, or with which a format, a library or a table has trouble."""

_NAMES = ("value", "unit", "measures", "number", "plant", "id", "time", "a", "", "é", "\ud83d", "receiver")
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=6)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3),
    max_leaves=6,
)
odd_texts = st.sampled_from(ODD) | _JSON.map(json.dumps)

_NEW_NAMES: Final = (
    *("", "\ud83d", "receiver", "firmware", "data", "sender", "chronothermostats", "validationCode", "id", "mode", "x"),
    *("value", "unit", "timeStamp", "measures", "number", "time", "plant", "module", "y" * 300),
)
_HERE, _NAME = "@here@", "@name@"


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd thing: the path to its place, its JSON text, and whether it is added instead of replacing a value.

    An added one may have the name of an existing key: then an object has a key twice.
    """

    steps: tuple[Step, ...]
    text: str
    beside: bool

    def put(self, document: Any) -> bytes:
        """The body with the odd thing."""
        root = [json.loads(json.dumps(document))]
        at: Any = root[0] if self.steps else root
        for step in self.steps[:-1]:
            at = at[step]
        last = self.steps[-1] if self.steps else 0
        at[_NAME if self.beside else last] = _HERE
        body = json.dumps(root[0]).replace(json.dumps(_HERE), self.text)
        return body.replace(json.dumps(_NAME), json.dumps(last)).encode()


def places(document: Any, steps: tuple[Step, ...] = ()) -> list[tuple[Step, ...]]:
    """Every place in a document below its root."""
    if isinstance(document, dict):
        entries: list[tuple[Step, Any]] = list(document.items())
    elif isinstance(document, list):
        entries = list(enumerate(document))
    else:
        return []
    return [place for step, value in entries for place in [(*steps, step), *places(value, (*steps, step))]]


def _at(document: Any, steps: tuple[Step, ...]) -> Any:
    for step in steps:
        document = document[step]
    return document


@st.composite
def oddities(draw: st.DrawFn, document: Any) -> Odd:
    """An odd thing for a document: instead of any value in it, or as a new field of any object in it."""
    everywhere = places(document)
    text = draw(odd_texts)
    if draw(st.booleans()):
        objects = [steps for steps in everywhere if isinstance(_at(document, steps), dict)]
        return Odd((*draw(st.sampled_from(objects)), draw(st.sampled_from(_NEW_NAMES))), text, beside=True)
    return Odd(draw(st.sampled_from(everywhere)), text, beside=False)


# --- what it may affect ---------------------------------------------------------------------------------------------

_STATUSES = ("data", "chronothermostats")
_IDENTITY: Final[tuple[tuple[Step, ...], ...]] = (
    ("time",),
    ("sender",),
    ("sender", "plant"),
    ("sender", "plant", "id"),
    ("sender", "plant", "module"),
    ("sender", "plant", "module", "id"),
)
_TEMPERATURES: Final = {"temperature_c", "temperature_f", "temperature_time"}
_SETPOINT: Final = {"setpoint_c", "setpoint_f"}
_ATTRIBUTES: Final[dict[Step, set[str]]] = {
    "function": {"function"},
    "mode": {"mode"},
    "loadState": {"load_state"},
    "setPoint": _SETPOINT,
    "programs": {"program"},
    "activationTime": {"activation_time"},
    "temperatureFormat": {"temperature_format", *_TEMPERATURES, *_SETPOINT},  # the unit of values without a unit
    "thermometer": _TEMPERATURES,
    "hygrometer": {"humidity_percent", "humidity_time"},
    "online": {"online"},
    "sender": {"sender_system", "sender_address_type"},
}
OF_THE_EVENT: Final = {"event_id", "event_type", "event_time", "event_extra", "unread"}


@dataclass(frozen=True, slots=True)
class Reach:
    """What an odd thing may change: which statuses, as (envelope, index); an index of None means the whole envelope.

    If `lost`, they may be no readings any more. Otherwise these `attributes` of their items may differ.
    """

    envelope: int
    index: int | None
    lost: bool
    attributes: frozenset[str] = frozenset()

    def holds(self, envelope: int, index: int) -> bool:
        """Whether the odd thing may change this status."""
        return envelope == self.envelope and self.index in {None, index}


def reach(odd: Odd) -> Reach:
    """What an odd thing in a random notification may change."""
    envelope, *inside = odd.steps
    assert isinstance(envelope, int)
    if len(inside) <= len(_STATUSES) and tuple(inside) == _STATUSES[: len(inside)]:
        return Reach(envelope, None, lost=True)
    if tuple(inside[:2]) != _STATUSES:
        return Reach(envelope, None, lost=False, attributes=frozenset(OF_THE_EVENT))
    index, *field = inside[2:]
    assert isinstance(index, int)
    if not field or tuple(field) in _IDENTITY:
        return Reach(envelope, index, lost=True)
    return Reach(
        envelope, index, lost=False, attributes=frozenset({*_ATTRIBUTES.get(field[0], set()), "extra", "unread"})
    )
