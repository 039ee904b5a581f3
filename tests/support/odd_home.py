"""Random homes with a history, and one odd thing in each.

The odd thing is in one item of the table: any value of one attribute, a missing attribute, an item of another form, an
odd name. It must not change anything else of the home for any reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from smarther.domain.readings.reading import Reading
from smarther.store.items import attribute
from smarther.store.readings import stored
from tests.support.memory_table import MemoryTable

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

    type Item = dict[str, Any]

NOW = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
"""The instant at which these homes are read."""

ODD = "module-odd"
OTHERS = ("module-1", "module-2")
NAMES = {ODD: "Studio", OTHERS[0]: "Kitchen", OTHERS[1]: "Attic"}
PLANT = "plant-1"


@dataclass(frozen=True)
class OddHome:
    """The items of a home without and with one odd thing, which `what` describes."""

    items: tuple[Item, ...]
    with_oddity: tuple[Item, ...]
    what: str

    def tables(self) -> tuple[MemoryTable, MemoryTable]:
        """The home without it, and with it."""
        return MemoryTable.of(self.items), MemoryTable.of(self.with_oddity)


# ---- the home

_minutes = st.integers(min_value=1, max_value=70 * 60)
_tenths = st.integers(min_value=50, max_value=280).map(lambda tenths: Decimal(tenths) / 10)


@st.composite
def _reading(draw: DrawFn, module_id: str, minutes: int) -> Item:
    reading = Reading(
        plant_id=PLANT,
        module_id=module_id,
        time=NOW - timedelta(minutes=minutes),
        function=draw(st.sampled_from(["HEATING", "COOLING", None])),
        mode=draw(st.sampled_from(["AUTOMATIC", "MANUAL", "BOOST", None])),
        load_state=draw(st.sampled_from(["ACTIVE", "INACTIVE", None])),
        temperature_c=draw(st.none() | _tenths),
        humidity_percent=draw(st.none() | _tenths),
        setpoint_c=draw(st.none() | _tenths),
        program=draw(st.none() | st.integers(0, 3).map(Decimal)),
        activation_time=draw(st.sampled_from([None, "2026-01-31T23:30:00", "2026-02-01T10:00:00Z"])),
        online=draw(st.sampled_from([None, True])),
        extra=draw(st.sampled_from([{}, {"new": Decimal("1.5")}])),
    )
    item = stored(reading, received_at=reading.time, source="push", retention_days=None)
    return {name: attribute(value) for name, value in item.items()}


@st.composite
def _statistics(draw: DrawFn, module_id: str) -> list[Item]:
    """Some of the last hours and days, as a rollup stored them."""
    hours = draw(st.sets(st.integers(1, 60), max_size=3))
    days = draw(st.sets(st.integers(1, 9), max_size=2))
    keys = [f"HOUR#{NOW - timedelta(hours=each):%Y-%m-%dT%H}Z" for each in sorted(hours)]
    keys += [f"DAY#{(NOW - timedelta(days=each)).date()}" for each in sorted(days)]
    return [
        {
            "pk": {"S": f"MODULE#{module_id}"},
            "sk": {"S": key},
            "module_id": {"S": module_id},
            "count": {"N": "3"},
            **{f"temperature_{part}": {"N": "19.5"} for part in ("mean", "min", "max")},
            "temperature_minutes": {"N": "60"},
            "load_minutes": {"N": "60"},
            "heating_minutes": {"N": "12.5"},
        }
        for key in keys
    ]


@st.composite
def _history(draw: DrawFn, module_id: str) -> list[Item]:
    minutes = draw(st.sets(_minutes, min_size=1, max_size=5))
    return [draw(_reading(module_id, each)) for each in sorted(minutes)] + draw(_statistics(module_id))


def entry(module_id: str, name: str | None = None) -> Item:
    """A thermostat in the directory."""
    return {
        "pk": {"S": "DIRECTORY"},
        "sk": {"S": f"MODULE#{PLANT}#{module_id}"},
        "plant_id": {"S": PLANT},
        "module_id": {"S": module_id},
        "name": {"S": name or NAMES[module_id]},
    }


_PLANT = {"pk": {"S": "DIRECTORY"}, "sk": {"S": f"PLANT#{PLANT}"}, "plant_id": {"S": PLANT}, "name": {"S": "Home"}}


# ---- the odd thing

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_odd_texts = st.sampled_from(
    [
        *("", " ", "--", "null", "0", "NaN", "19,5", "\x00", "\x1b[31m", "a\ufffeb", "\u2028", "\u202eabc", "x" * 3000),
        *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
        *("9999-12-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00Z", "2026-13-45T99:00:00Z", "2026-01-31T12:00/x"),
        *("ACTIVE", "COOLING", "active", "=1+1", "+39", "-2 piano", "@SUM(1)", "\tcucina", "bagno\rdue", "bagno\ndue"),
        *('Sala "grande"', "</title><script>alert(1)</script>", "[bold]x[/] [/]", "è" + "\u0301" * 40, "😀👨‍👩‍👧"),
    ]
)
_odd_numbers = st.sampled_from(
    [
        *("0", "-1", "85", "126.5", "-127", "255", "60.5", "1.5", "12345678901234567890", "-3276.8"),
        *(f"{Decimal(each):f}" for each in ("1e24", "3.4028235e38", "-3.4028235e38", "9e125", "-9e125", "1e-130")),
        "20.123456789012345678901234567890123456",
    ]
)
_numbers = (
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
    .filter(lambda number: len(number.as_tuple().digits) <= 38 and number.adjusted() >= -130)
    .map(lambda number: f"{number:f}")
)
_scalars = st.one_of(
    st.builds(lambda text: {"S": text}, _odd_texts | _texts),
    st.builds(lambda number: {"N": number}, _odd_numbers | _numbers),
    st.sampled_from([{"NULL": True}, {"BOOL": True}, {"BOOL": False}, {"B": "AAEC"}, {"B": ""}]),
    st.sampled_from([{"SS": ["a", "b"]}, {"NS": ["1", "2.5"]}, {"BS": ["AAEC"]}]),
)
values = st.recursive(
    _scalars,
    lambda below: st.one_of(
        st.builds(lambda entries: {"L": entries}, st.lists(below, max_size=3)),
        st.builds(lambda entries: {"M": entries}, st.dictionaries(_odd_texts | _texts, below, max_size=3)),
    ),
    max_leaves=4,
)
"""Any value that an attribute of DynamoDB can have."""

names = _odd_texts | _texts

_odd_keys = st.sampled_from(
    [
        *("READING#", "READING#x", "READING#2026-01-31T12:00:00.000000Z", "READING#2026-01-31T12:00:00#", "READING#9"),
        *("READING#9999-12-31T23:59:59.000000Z#0", "READING#2026-01-31T99:00:00.000000Z#0", "READING#2026-01-31#0"),
        *("HOUR#", "HOUR#2026-01-31T1Z", "HOUR#2026-01-31T11", "HOUR#2026-01-31T11Z#x", "HOUR#2026-01-30", "HOUR#9"),
        *("DAY#", "DAY#2026-01-30x", "DAY#2026-01-2", "DAY#2026-01-31T", "DAY#9", "OTHER", "é"),
    ]
)
_attributes = st.sampled_from([*Reading._fields, "received_at", "source", "expires_at"])


@st.composite
def odd_homes(draw: DrawFn) -> OddHome:
    """A home of three thermostats, one of which has something odd about it."""
    items = [_PLANT, *(entry(each) for each in NAMES), *(item for each in NAMES for item in draw(_history(each)))]
    own = [item for item in items if ODD in item["pk"]["S"] or item.get("module_id", {}).get("S") == ODD]
    match draw(st.sampled_from(["value", "value", "value", "missing", "form", "name"])):
        case "value":
            item = draw(st.sampled_from(own))
            place = draw(st.sampled_from(sorted(item.keys() - {"pk", "sk"})) | _attributes)
            odd, what = item | {place: draw(values)}, f"{item['sk']['S']}: {place}"
        case "missing":
            item = draw(st.sampled_from(own))
            place = draw(st.sampled_from(sorted(item.keys() - {"pk", "sk"})))
            odd = {name: value for name, value in item.items() if name != place}
            what = f"{item['sk']['S']}: no {place}"
        case "form":
            item = draw(st.sampled_from(own))
            odd = {name: value for name, value in item.items() if draw(st.booleans())}
            odd |= draw(st.dictionaries(_attributes, values, max_size=3))
            odd |= {"pk": {"S": f"MODULE#{ODD}"}, "sk": {"S": draw(_odd_keys)}}
            item, what = odd, f"an item {odd['sk']['S']}"
        case _:
            item = entry(ODD)
            odd, what = entry(ODD, draw(names.filter(bool))), "its name"
    rest = [each for each in items if (each["pk"], each["sk"]) != (item["pk"], item["sk"])]
    return OddHome(tuple(items), (*rest, odd), what)
