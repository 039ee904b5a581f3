"""A reading's key, stored form and size."""

from __future__ import annotations

from copy import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.readings.reading import BOUNDS, Reading, bounded, expiry, instant_text, reading_digest
from smarther.receiver.settings import MAX_RETENTION_DAYS
from smarther.store.keys import module_partition, sort_key
from smarther.store.readings import stored

if TYPE_CHECKING:
    from collections.abc import Mapping

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, 250000, tzinfo=UTC)
READING = Reading(plant_id="P", module_id="M", time=datetime(2026, 1, 14, 6, 30, 4, tzinfo=UTC))


def item(reading: Reading, **changes: Any) -> dict[str, Any]:
    arrival: dict[str, Any] = {"received_at": ARRIVAL, "source": "push", "retention_days": None}
    return dict(stored(reading, **(arrival | changes)))


def test_what_was_not_sent_is_absent() -> None:
    assert item(READING) == {
        "pk": "MODULE#M",
        "sk": f"READING#2026-01-14T06:30:04.000000Z#{reading_digest(READING)}",
        "plant_id": "P",
        "module_id": "M",
        "time": "2026-01-14T06:30:04Z",
        "received_at": "2026-01-14T06:30:06.250000Z",
        "source": "push",
    }


def test_what_is_false_or_zero_was_sent() -> None:
    said = item(replace(READING, online=False, temperature_c=Decimal(0), program=Decimal(0), mode=""))
    assert (said["online"], said["temperature_c"], said["program"], said["mode"]) == (False, 0, 0, "")


def test_instants_are_stored_in_utc() -> None:
    rome = timezone(timedelta(hours=1))
    said = item(replace(READING, temperature_time=datetime(2026, 1, 14, 7, 30, 2, tzinfo=rome)))
    assert said["temperature_time"] == "2026-01-14T06:30:02Z"


def test_a_poll_is_told_from_a_push_and_is_the_same_reading() -> None:
    polled = item(READING, source="poll")
    assert polled["source"] == "poll"
    assert polled["sk"] == item(READING)["sk"]


@pytest.mark.shows("clock is years behind")
def test_with_a_retention_a_reading_expires_so_long_after_its_arrival() -> None:
    said = item(replace(READING, time=datetime(1970, 1, 1, tzinfo=UTC)), retention_days=2)
    assert said["expires_at"] == int(ARRIVAL.timestamp()) + 2 * 86_400
    assert said["expires_at"] == expiry(ARRIVAL, 2)


def test_the_partition_is_the_module() -> None:
    assert module_partition("M") == item(READING)["pk"]


@pytest.mark.shows("events out of order")
@given(
    st.datetimes(timezones=st.just(UTC), max_value=datetime(9999, 1, 1)),  # noqa: DTZ001 - the zone is added
    st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1)), max_size=4),
    st.lists(st.integers(min_value=0, max_value=999_999), max_size=4),
)
def test_keys_sort_as_time_does(first: datetime, later: list[timedelta], within_a_second: list[int]) -> None:
    second = first.replace(microsecond=0)
    times = [
        first,
        second,
        *(first + each for each in later),
        *(second.replace(microsecond=n) for n in within_a_second),
    ]
    ordered = sorted(times)
    at = {sort_key(replace(READING, time=time))[: len("READING#2026-01-14T06:30:04.000000Z")]: time for time in ordered}
    assert [at[key] for key in sorted(at)] == sorted(set(ordered))


def test_fractions_of_a_second_are_stored_only_where_there_are_any() -> None:
    assert instant_text(datetime(2026, 1, 14, tzinfo=UTC)) == "2026-01-14T00:00:00Z"
    assert instant_text(datetime(2026, 1, 14, 0, 0, 0, 1000, tzinfo=UTC)) == "2026-01-14T00:00:00.001000Z"


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "E"},
        {"event_type": "T"},
        {"event_time": ARRIVAL},
        {"event_extra": {"topic": "T"}},
        {"sender_address_type": "addressLocation"},
    ],
)
def test_the_delivery_is_no_part_of_the_identity(change: dict[str, Any]) -> None:
    assert reading_digest(replace(READING, **change)) == reading_digest(READING)


def test_a_number_and_its_text_are_not_the_same() -> None:
    assert reading_digest(replace(READING, extra={"a": Decimal(1)})) != reading_digest(
        replace(READING, extra={"a": "1"})
    )


def test_the_order_of_unknown_fields_is_no_part_of_the_identity() -> None:
    one: dict[str, Any] = {"a": "1", "b": {"c": True, "d": None}}
    other: dict[str, Any] = {"b": {"d": None, "c": True}, "a": "1"}
    assert reading_digest(replace(READING, extra=one)) == reading_digest(replace(READING, extra=other))


def test_a_reading_of_what_no_table_holds_has_no_digest() -> None:
    unstorable: Any = {"a": object()}
    with pytest.raises(TypeError, match="object has no place in a reading"):
        reading_digest(replace(READING, extra=unstorable))


# --- bounds: what a typed number may be ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribute", "number"),
    [
        *[("temperature_c", number) for number in ("-40", "-12.5", "0", "21.3", "57", "70")],
        *[("setpoint_c", number) for number in ("3", "7.1", "40")],
        *[("temperature_f", number) for number in ("-40", "68.9", "104", "158")],
        *[("humidity_percent", number) for number in ("0", "52", "100")],
        *[("program", number) for number in ("0", "11", "255")],
    ],
)
def test_what_a_thermostat_can_have_is_within_bounds(attribute: str, number: str) -> None:
    assert bounded(attribute, Decimal(number)) == Decimal(number)


@pytest.mark.shows("impossible value")
@pytest.mark.parametrize(
    ("attribute", "number"),
    [
        *[("temperature_c", n) for n in ("3.4028235E+38", "1e24", "85", "126.5", "127", "-46.85", "-127", "-3276.8")],
        *[("temperature_f", number) for number in ("185", "-50", "261")],
        *[("setpoint_c", number) for number in ("126.5", "-100", "70.01")],
        *[("humidity_percent", number) for number in ("255", "-1", "100.01", "655.35")],
        *[("program", number) for number in ("12345678901234567890", "-1", "256")],
    ],
)
def test_what_no_thermostat_can_have_is_beyond_bounds(attribute: str, number: str) -> None:
    assert bounded(attribute, Decimal(number)) is None


def test_what_was_not_sent_has_no_bounds() -> None:
    assert [bounded(attribute, None) for attribute in BOUNDS] == [None] * len(BOUNDS)


def test_fahrenheit_has_the_bounds_of_celsius() -> None:
    for name in ("temperature", "setpoint"):
        assert BOUNDS[f"{name}_f"] == tuple(degrees * Decimal("1.8") + 32 for degrees in BOUNDS[f"{name}_c"])


def test_every_number_of_a_reading_has_bounds() -> None:
    numbers = {name for name, hint in Reading.__annotations__.items() if "Decimal" in str(hint)}
    assert numbers == set(BOUNDS)


# --- the size: up to 1,024 bytes a write costs one unit ---------------------------------------------------------------


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes by DynamoDB's rules: names and texts in UTF-8; a number about a byte for two digits, and one more."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: object) -> int:
    match value:
        case bool() | None:
            return 1
        case Decimal():
            return (len(value.as_tuple().digits) + 1) // 2 + 2
        case str():
            return len(value.encode())
        case list():
            return 3 + sum(1 + _value_size(entry) for entry in value)
        case dict():
            return 3 + sum(1 + len(name.encode()) + _value_size(entry) for name, entry in value.items())
    raise AssertionError(value)


UUID = "b5e48d6f-cbad-2711-e053-27182d0ad74c"
OBSERVED = Reading(
    plant_id=UUID,
    module_id=UUID,
    time=READING.time,
    function="HEATING",
    mode="AUTOMATIC",
    load_state="INACTIVE",
    temperature_c=Decimal("19.55"),
    temperature_time=READING.time,
    humidity_percent=Decimal("60.5"),
    humidity_time=READING.time,
    setpoint_c=Decimal("19.5"),
    program=Decimal(1),
    temperature_format="C",
    online=False,
    sender_system="thermoregulation",
    sender_address_type="AddressLocation",
    event_id=UUID,
    event_type="DeviceToCloud",
    event_time=READING.time,
)
DOCUMENTED = replace(
    OBSERVED, online=None, activation_time="2019-11-17T02:00:47Z", event_id=None, event_type=None, event_time=None
)


@pytest.mark.parametrize("reading", [OBSERVED, DOCUMENTED])
def test_a_stored_reading_costs_one_write_unit(reading: Reading) -> None:
    assert item_size(item(reading, retention_days=MAX_RETENTION_DAYS)) <= 700
