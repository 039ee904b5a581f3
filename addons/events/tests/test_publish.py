"""Each stored reading is told at least once, in order for each thermostat; what is odd goes aside."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.events.functions.publisher import bus as bus_module
from addons.events.functions.publisher.event import MOST_BYTES
from addons.events.tests.stream import FakeEventBridge, Stage, item, records, report
from sandbox.emulator.stream_batches import taken
from smarther.aws.service_call import ServiceFailedError
from smarther.store.table import TableUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

THROTTLED = "ThrottlingException"


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_module, "_PAUSES", (0.0, 0.0))


def ids(bridge: FakeEventBridge) -> list[tuple[str, str]]:
    """Module and time of each reading that was told."""
    details = [json.loads(each["Detail"]) for each in bridge.taken if each["DetailType"] == "ReadingRecorded"]
    return [(detail["module_id"], detail["time"]) for detail in details]


def test_a_reading_is_told_with_what_it_says() -> None:
    stage = Stage()
    said: dict[str, Any] = {"temperature_c": Decimal("20.5"), "humidity_percent": Decimal(45), "function": "HEATING"}

    assert stage.publish([item("kitchen", 0, **said, program=Decimal(3), extra={"users": "nobody's"})]) == []

    (entry,) = stage.bridge.taken
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == (
        "bus",
        "smarther.recorder",
        "ReadingRecorded",
    )
    detail = json.loads(entry["Detail"])
    assert detail.pop("id").startswith("kitchen#2026-01-14T06:00:00.000000Z#")
    assert detail == {
        "version": 1,
        "plant_id": "plant",
        "module_id": "kitchen",
        "time": "2026-01-14T06:00:00Z",
        "received_at": "2026-01-14T06:00:01Z",
        "source": "push",
        "function": "HEATING",
        "mode": "AUTOMATIC",
        "load_state": "INACTIVE",
        "temperature_c": 20.5,
        "humidity_percent": 45,
        "setpoint_c": 19,
        "program": 3,
    }


@given(
    whose=st.lists(st.sampled_from("abc"), min_size=1, max_size=30),
    poison=st.sets(st.integers(0, 29)),
    refused=st.lists(st.booleans(), max_size=120),
    size=st.integers(1, 12),
)
def test_each_reading_is_published_in_order_even_if_the_bus_refuses_some_for_a_while(
    whose: list[str], poison: set[int], refused: list[bool], size: int
) -> None:
    """Under Lambda's rules: a batch comes again from the first record that was not taken, until all are."""
    written = [item(module_id, place) for place, module_id in enumerate(whose)]
    for place in poison & set(range(len(written))):
        del written[place]["received_at"]
    fates = iter(refused)
    stage = Stage(FakeEventBridge(lambda _: THROTTLED if next(fates, False) else None))
    stream = records(written)
    for each in written:
        stage.table.put_item(Item=each)

    for _ in range(len(refused) + len(stream) + 1):
        batch, stream = stream[:size], stream[size:]
        if not batch:
            break
        answer = {"body": {"batchItemFailures": [{"itemIdentifier": each} for each in stage.given(batch)]}}
        stream = batch[taken(batch, answer, reports=True) :] + stream
    assert stream == []

    firsts: defaultdict[str, list[str]] = defaultdict(list)
    for module_id, time in ids(stage.bridge):
        if time not in firsts[module_id]:
            firsts[module_id].append(time)
    wanted: defaultdict[str, list[str]] = defaultdict(list)
    for place, each in enumerate(written):
        if place not in poison:
            wanted[each["module_id"]["S"]].append(each["time"]["S"])
    assert {name: times for name, times in firsts.items() if times} == dict(wanted)
    assert {parcel.key for parcel, _ in stage.aside} == {
        (written[place]["pk"]["S"], written[place]["sk"]["S"]) for place in poison if place < len(written)
    }


def test_no_reading_of_a_thermostat_is_told_before_the_one_before_it() -> None:
    """The second of the kitchen is refused for good: what is behind it waits, and the bath goes on."""
    second = item("kitchen", 1)
    stage = Stage(FakeEventBridge(lambda entry: THROTTLED if second["time"]["S"] in entry["Detail"] else None))

    left = stage.publish([item("kitchen", 0), item("bath", 0.5), second, item("kitchen", 2), item("bath", 2.5)])

    assert sorted(left) == ["3", "4"]
    assert [module_id for module_id, _ in ids(stage.bridge)] == ["kitchen", "bath", "bath"]


def test_what_is_refused_in_passing_is_told_at_the_next_attempt() -> None:
    fates = iter([THROTTLED, THROTTLED])
    stage = Stage(FakeEventBridge(lambda _: next(fates, None)))

    assert stage.publish([item("kitchen", 0)]) == []
    assert len(stage.bridge.requests) == 3


def test_a_bus_that_does_not_answer_leaves_all() -> None:
    def away(_: object) -> str | None:
        raise ServiceFailedError("EndpointConnectionError")

    stage = Stage(FakeEventBridge(away))

    assert sorted(stage.publish([item("kitchen", 0), item("bath", 0)])) == ["1", "2"]


def test_where_time_runs_out_the_rest_is_left() -> None:
    answers = iter([False, False, True])
    stage = Stage()

    left = stage.publish([item("kitchen", minute) for minute in range(4)], out_of_time=lambda: next(answers, True))

    assert left == ["3", "4"]
    assert len(stage.bridge.taken) == 2


def without(name: str) -> dict[str, Any]:
    odd = item("odd", 1)
    del odd[name]
    return odd


ODD = {
    "no time": lambda: without("time"),
    "no plant": lambda: without("plant_id"),
    "a time that is none": lambda: item("odd", 1) | {"time": {"S": "soon"}},
    "a time of another type": lambda: item("odd", 1) | {"time": {"N": "7"}},
    "an event that is too large": lambda: item("odd", 1) | {"activation_time": {"S": "x" * MOST_BYTES}},
    "a report of another form": lambda: report(silent="all of them"),
    "a report of a future version": lambda: report(silent=[{"device": "d"}]),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_cannot_be_told_goes_aside_and_its_neighbours_pass_in_order(odd: Callable[[], dict[str, Any]]) -> None:
    stage = Stage()
    poison = odd()

    assert stage.publish([item("odd", 0), item("bath", 0), poison, item("odd", 2), item("bath", 2)]) == []

    for module_id in ("odd", "bath"):
        times = [time for whose, time in ids(stage.bridge) if whose == module_id]
        assert times == ["2026-01-14T06:00:00Z", "2026-01-14T06:02:00Z"]
    ((parcel, unfit),) = stage.aside
    assert parcel.key == (poison["pk"]["S"], poison["sk"]["S"])
    assert unfit.why


def test_a_record_without_an_item_goes_aside() -> None:
    (record,) = records([item("kitchen", 0)])
    del record["dynamodb"]["NewImage"]
    stage = Stage()

    assert stage.given([record]) == []
    assert len(stage.aside) == 1


def test_what_the_bus_will_never_take_goes_aside() -> None:
    stage = Stage(FakeEventBridge(lambda entry: "MalformedDetail" if "kitchen" in entry["Detail"] else None))

    assert stage.publish([item("kitchen", 0), item("bath", 0)]) == []
    assert [(parcel.key[0], unfit.why) for parcel, unfit in stage.aside] == [("MODULE#kitchen", "MalformedDetail")]


def test_if_a_dead_letter_cannot_be_sent_its_record_and_all_after_it_are_delivered_again() -> None:
    class Full(list[Any]):
        def append(self, _: Any) -> None:
            raise ServiceFailedError("AccessDenied")

    stage = Stage(aside=Full())

    assert stage.publish([item("kitchen", 0), without("time"), item("odd", 2)]) == ["2", "3"]


def test_a_request_is_never_too_large_and_holds_no_more_than_ten() -> None:
    stage = Stage()
    long: dict[str, Any] = {"activation_time": "x" * 100_000}
    assert stage.publish([item(f"m{number}", 0, **long) for number in range(5)]) == []
    assert stage.publish([item(f"s{number}", 0) for number in range(12)]) == []

    assert [len(request) for request in stage.bridge.requests] == [2, 2, 1, 10, 2]


def test_imported_readings_are_no_news() -> None:
    stage = Stage()
    imported = item("kitchen", 0) | {"imported_at": {"S": "2026-02-01T00:00:00Z"}}

    assert stage.publish([imported]) == []
    assert (stage.bridge.taken, stage.aside) == ([], [])


def test_a_table_that_does_not_answer_is_no_poison(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: object) -> None:
        raise ServiceFailedError("ProvisionedThroughputExceededException")

    stage = Stage()
    monkeypatch.setattr(stage.table, "query", away)

    with pytest.raises(TableUnavailableError):
        stage.publish([item("kitchen", 0)])
    assert stage.aside == []
