import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sandbox.legrand.home.homes import Homes, invent_plants
from sandbox.legrand.pushes.ledger import Kind, Push
from sandbox.legrand.pushes.timeline import DeliveryFaults, Outage, Timeline

START = datetime(2025, 11, 20, 16, tzinfo=UTC)
END = START + timedelta(hours=8)


def timeline(delivery_faults: DeliveryFaults, seed: int = 1) -> Timeline:
    homes = Homes(invent_plants(2, 5), seed, START, ZoneInfo("Europe/Rome"))
    return Timeline(homes, Random(seed), ["owner"], start=START, end=END, delivery_faults=delivery_faults)  # noqa: S311 - repeatable


def pushes(delivery_faults: DeliveryFaults, seed: int = 1) -> list[tuple[datetime, Push]]:
    return list(timeline(delivery_faults, seed).pushes())


def test_without_faults_each_change_is_sent_once_at_its_time_and_in_order() -> None:
    told = pushes(DeliveryFaults())

    assert [due for due, _ in told] == sorted(due for due, _ in told)
    assert len({push.content for _, push in told}) == len({push.envelope_id for _, push in told}) == len(told)
    assert {push.kind for _, push in told} == {Kind.CHANGE}
    assert all(f"{due:%Y-%m-%dT%H:%M:%S}+00:00" == push.device_time for due, push in told)
    assert all(json.loads(push.body)[0]["id"] == push.envelope_id for _, push in told)


def test_copies_say_the_same_half_of_them_under_another_id() -> None:
    told = [push for _, push in pushes(DeliveryFaults(duplicate_percent=50))]
    first = {push.content: push for push in told if push.kind is Kind.CHANGE}
    copies = [push for push in told if push.kind is Kind.DUPLICATE]

    assert {push.content for push in copies} <= set(first)
    same = Counter(push.envelope_id == first[push.content].envelope_id for push in copies)
    assert 0.4 < len(copies) / len(first) < 0.6
    assert 0.3 < same[True] / len(copies) < 0.7
    assert all(
        push.body == first[push.content].body for push in copies if push.envelope_id == first[push.content].envelope_id
    )


def test_a_copy_never_comes_before_what_it_copies() -> None:
    seen: set[str] = set()
    for _, push in pushes(DeliveryFaults(duplicate_percent=50, late_percent=30)):
        assert push.kind is Kind.CHANGE or push.content in seen
        seen.add(push.content)


def without_times_of_measures(push: Push) -> str:
    """What a push tells but for when its values were measured, which may be later where it comes late."""
    (envelope,) = json.loads(push.body)
    (status,) = envelope["data"]["chronothermostats"]
    for instrument in ("thermometer", "hygrometer"):
        del status[instrument]["measures"][0]["timeStamp"]
    return json.dumps(status)


def test_duplicates_and_lateness_do_not_change_the_contents() -> None:
    plain = {without_times_of_measures(push) for _, push in pushes(DeliveryFaults())}
    sent = {
        without_times_of_measures(push) for _, push in pushes(DeliveryFaults(duplicate_percent=30, late_percent=30))
    }
    assert sent == plain


@pytest.mark.shows("late pushes")
def test_late_pushes_are_at_least_45_minutes_late_but_within_the_timeline() -> None:
    late = 0
    for due, push in pushes(DeliveryFaults(late_percent=40)):
        happened = datetime.fromisoformat(push.device_time or "")
        if due - happened > timedelta(seconds=1):
            late += 1
            assert due == END or due - happened >= timedelta(minutes=45)
        assert due <= END
    assert late > 20


def test_late_ones_disturb_the_order_of_device_times() -> None:
    times = [push.device_time or "" for _, push in pushes(DeliveryFaults(late_percent=40))]
    assert any(later < earlier for earlier, later in pairwise(times))


def test_after_an_outage_the_backlog_comes_at_once_in_its_order() -> None:
    begin, end = START + timedelta(hours=2), START + timedelta(hours=5)
    told = pushes(DeliveryFaults(outage=Outage(timedelta(hours=2), timedelta(hours=3))))

    assert not [due for due, _ in told if begin <= due < end]
    backlog = [push for due, push in told if due == end]
    assert len(backlog) > 50
    assert [push.device_time for push in backlog] == sorted(push.device_time or "" for push in backlog)
    assert {push.content for _, push in told} == {push.content for _, push in pushes(DeliveryFaults())}


def test_the_same_seed_gives_the_same_timeline() -> None:
    delivery_faults = DeliveryFaults(duplicate_percent=20, late_percent=20)
    assert pushes(delivery_faults) == pushes(delivery_faults)
    assert pushes(delivery_faults) != pushes(delivery_faults, seed=2)


def test_a_dry_run_predicts_the_timeline_and_does_not_change_it() -> None:
    whole = timeline(DeliveryFaults(duplicate_percent=20))
    foretold = list(whole.dry_run().pushes())
    assert list(whole.pushes()) == foretold


@pytest.mark.parametrize("percent", [-1, 101])
def test_per_cent_means_0_to_100(percent: float) -> None:
    with pytest.raises(ValueError, match="per cent"):
        DeliveryFaults(duplicate_percent=percent)
