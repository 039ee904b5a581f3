"""What the broker retains is the latest state by the table, whatever comes in which order and fails."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from addons.home_assistant.tests.homes import BEGIN, Home, item, listing

if TYPE_CHECKING:
    from addons.home_assistant.functions.mirror.messages import Message

DAY = timedelta(days=1)


@pytest.fixture
def home() -> Home:
    return Home()


@given(order=st.permutations(range(5)))
def test_in_whatever_order_readings_arrive_the_newest_by_the_thermostats_clock_is_retained(order: list[int]) -> None:
    home = Home()
    mirror = home.mirror()
    for position, minute in enumerate(order):
        home.put(item("kitchen", minute, arrives=10 + position, temperature_c=Decimal(minute)))
        assert mirror.show(["kitchen"]) == []
        assert home.broker.state("kitchen")["temperature_c"] == max(order[: position + 1])


@given(
    interleaved=st.lists(st.booleans(), min_size=1, max_size=12),
    minutes=st.lists(st.integers(0, 59), min_size=2, max_size=6, unique=True),
)
def test_whoever_publishes_last_of_several_at_once_the_newest_is_retained(
    interleaved: list[bool], minutes: list[int]
) -> None:
    """While one is about to publish, another reading may be stored, and another container may show it first."""
    home = Home()
    mirrors = [home.mirror() for _ in minutes]
    waiting, turns, again = list(minutes), list(interleaved), []

    def store_and_show() -> None:
        minute = waiting.pop()
        home.put(item("kitchen", minute, temperature_c=Decimal(minute)))
        if mirrors.pop().show(["kitchen"]):
            again.append("kitchen")

    def meanwhile(_: Message) -> None:
        if waiting and turns and turns.pop():
            store_and_show()

    home.broker.meanwhile = meanwhile
    while waiting:
        store_and_show()
    assert home.mirror().show(again) == []

    assert home.broker.state("kitchen")["temperature_c"] == max(minutes)


def test_a_state_that_does_not_settle_is_left_to_a_later_try(home: Home) -> None:
    minutes = iter(range(1, 60))
    home.put(item("kitchen", 0))
    home.broker.meanwhile = lambda _: home.put(item("kitchen", next(minutes)))

    assert home.mirror().show(["kitchen"]) == ["kitchen"]


def test_a_silent_thermostat_is_unavailable_until_its_next_reading(home: Home) -> None:
    mirror = home.mirror()
    home.put(item("kitchen", 0))
    available = []
    for passed in (timedelta(hours=23), DAY + timedelta(minutes=1)):
        home.now = BEGIN + passed
        mirror.show(["kitchen"])
        available.append(home.broker.state("kitchen")["available"])
    home.put(item("kitchen", 24 * 60))
    mirror.show(["kitchen"])

    assert [*available, home.broker.state("kitchen")["available"]] == [True, False, True]


def test_a_reading_dated_by_a_wrong_clock_hides_no_newer_one(home: Home) -> None:
    """The rule is the dashboard's (decision 93)."""
    home.put(item("kitchen", 0, temperature_c=Decimal(20)))
    home.put(item("kitchen", 60 * 24 * 3000, arrives=10, temperature_c=Decimal(5)))
    home.mirror().show(["kitchen"])

    assert home.broker.state("kitchen")["temperature_c"] == 20


@pytest.mark.parametrize("refused", ["smarther/recorder/kitchen", "homeassistant/device/recorder/kitchen/config"])
def test_one_that_the_broker_refuses_takes_nothing_from_its_neighbours(home: Home, refused: str) -> None:
    for module_id in ("bath", "kitchen", "study"):
        home.put(item(module_id, 0), listing(module_id, module_id))
    home.broker.refuses = lambda message: message.topic == refused

    assert home.mirror().show(["bath", "kitchen", "study"]) == ["kitchen"]
    assert {"smarther/recorder/bath", "smarther/recorder/study"} <= home.broker.retained.keys()
    assert "smarther/recorder/kitchen" not in home.broker.retained


def test_what_the_table_does_not_answer_is_left_to_a_later_try(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.put(item("bath", 0), item("kitchen", 0))
    answer = home.table.query

    def query(**request: Any) -> dict[str, Any]:
        if request["ExpressionAttributeValues"][":partition"]["S"] == "MODULE#bath":
            raise ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "Query")
        return answer(**request)

    monkeypatch.setattr(home.table, "query", query)

    assert home.mirror().show(["bath", "kitchen"]) == ["bath"]
    assert home.broker.retained.keys() == {"smarther/recorder/kitchen"}


def test_the_reading_is_read_strongly_consistent(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event may be here before a read that is not would see its reading."""
    home.put(item("kitchen", 0))
    asked: list[bool] = []
    answer = home.table.query

    def query(**request: Any) -> dict[str, Any]:
        if request["ExpressionAttributeValues"][":partition"]["S"].startswith("MODULE#"):
            asked.append(request.get("ConsistentRead", False))
        return answer(**request)

    monkeypatch.setattr(home.table, "query", query)
    home.mirror().show(["kitchen"])

    assert set(asked) == {True}


# ---- Discovery ----


def test_a_thermostat_is_discovered_with_its_first_state_and_not_again(home: Home) -> None:
    home.put(item("kitchen", 0), listing("kitchen", "Cucina"))
    mirror = home.mirror()
    mirror.show(["kitchen"])
    mirror.show(["kitchen"])

    assert home.broker.discoveries() == ["Cucina"]
    assert home.broker.published[0].topic == "homeassistant/device/recorder/kitchen/config"


def test_a_thermostat_that_is_not_listed_yet_has_a_state_and_is_discovered_once_it_is(home: Home) -> None:
    home.put(item("kitchen", 0))
    mirror = home.mirror()
    mirror.show(["kitchen"])
    assert home.broker.discoveries() == []

    home.put(listing("kitchen", "Cucina"))
    mirror.show(["kitchen"])
    assert home.broker.discoveries() == ["Cucina"]


def test_another_name_is_told_within_the_hour(home: Home) -> None:
    home.put(item("kitchen", 0), listing("kitchen", "Cucina"))
    mirror = home.mirror()
    mirror.show(["kitchen"])
    home.put(listing("kitchen", "Tinello"))
    mirror.show(["kitchen"])
    home.now += timedelta(minutes=61)
    mirror.show(["kitchen"])

    assert home.broker.discoveries() == ["Cucina", "Tinello"]


def test_the_program_has_its_name(home: Home) -> None:
    home.put(item("kitchen", 0, program=Decimal(2)), listing("kitchen", "Cucina", programs={"2": "Settimana"}))
    home.mirror().show(["kitchen"])

    assert home.broker.state("kitchen")["program"] == "Settimana"


def test_all_are_announced_before_the_pause_and_their_states_follow_it(home: Home) -> None:
    for module_id in ("bath", "kitchen"):
        home.put(item(module_id, 0), listing(module_id, module_id))
    home.put(listing("odd/id", "odd"))
    mirror = home.mirror()
    mirror.show(["kitchen"])
    home.broker.published.clear()
    before: list[str] = []

    assert mirror.announce(pause=lambda: before.extend(each.topic for each in home.broker.published)) == []

    assert before == [f"homeassistant/device/recorder/{each}/config" for each in ("bath", "kitchen")]
    behind = [each.topic for each in home.broker.published[len(before) :]]
    assert behind == ["smarther/recorder/bath", "smarther/recorder/kitchen"]


def test_an_announcement_says_what_failed_and_the_others_are_announced(home: Home) -> None:
    for module_id in ("bath", "kitchen", "study"):
        home.put(item(module_id, 0), listing(module_id, module_id))
    refused = {"homeassistant/device/recorder/bath/config", "smarther/recorder/study"}
    home.broker.refuses = lambda message: message.topic in refused

    assert home.mirror().announce(pause=lambda: None) == ["bath", "study"]
    assert json.loads(home.broker.retained["smarther/recorder/kitchen"])["available"]
