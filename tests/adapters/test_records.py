"""The keeper's own items, in the table that the template deploys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError

from smarther.domain import consent
from smarther.domain.consent import STATE_LIFE, ConsentProgress, NotGiven, state_from
from smarther.domain.keeper_memory import Memory, RefusedGrant
from smarther.domain.keeper_report import PlantState, Report, SilentModule, TokenState
from smarther.domain.legrand_answers import Reason
from smarther.domain.quota import HARD_LIMIT, OPTIONAL_LIMIT, Need
from smarther.domain.reading import Reading
from smarther.domain.webhook import AcceptedDigests
from smarther.store.records import ConsentState, Module, Plant, QuotaReached, Records, RecordsError
from smarther.store.table import Table
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STATE = state_from(bytes(32))


@pytest.fixture
def records(dynamodb: DynamoDBClient) -> Records:
    return Records(dynamodb, deployed.TABLE)


def items(dynamodb: DynamoDBClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list(dynamodb.scan(TableName=deployed.TABLE)["Items"])
    return found


# ---- consent


def test_a_state_is_good_once(records: Records) -> None:
    records.begin_consent(STATE, NOW)

    assert records.use_consent(STATE, NOW)
    assert not records.use_consent(STATE, NOW)


def test_a_state_is_good_for_ten_minutes(records: Records) -> None:
    records.begin_consent(STATE, NOW)

    assert not records.use_consent(STATE, NOW + STATE_LIFE)
    assert records.use_consent(STATE, NOW + STATE_LIFE - timedelta(seconds=1))


def test_a_state_that_was_never_begun_is_no_good(records: Records) -> None:
    records.begin_consent(STATE, NOW)

    assert not records.use_consent(state_from(b"\x01" * 32), NOW)


def test_what_becomes_of_a_consent_is_kept_for_whoever_waits_for_it(records: Records) -> None:
    other = state_from(b"\x01" * 32)
    assert records.consent(STATE) == ConsentState(ConsentProgress.UNKNOWN)
    for state in (STATE, other):
        records.begin_consent(state, NOW)
    assert records.consent(STATE) == ConsentState(ConsentProgress.WAITING)
    records.use_consent(STATE, NOW)
    assert records.consent(STATE) == ConsentState(ConsentProgress.BACK)
    told = Report(at="2026-01-14T06:30:00Z", outcome="healthy", consent="accepted")
    records.settle_consent(consent.state_digest(STATE), told)
    records.use_consent(other, NOW, not_given=NotGiven.DECLINED)

    assert records.consent(STATE) == ConsentState(ConsentProgress.SETTLED, report=told)
    assert records.consent(other) == ConsentState(ConsentProgress.SETTLED, not_given=NotGiven.DECLINED)


def test_a_consent_that_is_gone_is_not_made_again_by_its_outcome(records: Records, dynamodb: DynamoDBClient) -> None:
    records.settle_consent(consent.state_digest(STATE), Report(at="2026-01-14T06:30:00Z", outcome="busy"))

    assert items(dynamodb) == []


def test_the_table_holds_no_state(records: Records, dynamodb: DynamoDBClient) -> None:
    records.begin_consent(STATE, NOW)

    assert STATE not in str(items(dynamodb))
    assert items(dynamodb)[0]["expires_at"] == {"N": str(int((NOW + STATE_LIFE).timestamp()))}


# ---- the lease


def take(records: Records, owner: str, at: datetime = NOW) -> bool:
    return records.take_lease(owner, now=at, life=2 * MINUTE)


def test_one_run_holds_the_lease(records: Records) -> None:
    assert take(records, "a")
    assert not take(records, "b")
    assert take(records, "a", NOW + MINUTE)
    assert not take(records, "b", NOW + 2 * MINUTE)


def test_a_lease_ends_by_itself(records: Records) -> None:
    assert take(records, "a")
    assert not take(records, "b", NOW + 2 * MINUTE - timedelta(seconds=1))
    assert take(records, "b", NOW + 2 * MINUTE)


def test_a_lease_is_given_back_only_by_its_owner(records: Records) -> None:
    assert take(records, "a")
    records.release_lease("b")
    assert not take(records, "b")
    records.release_lease("a")
    assert take(records, "b")


# ---- digests


def test_what_is_published_replaces_what_was(records: Records, dynamodb: DynamoDBClient) -> None:
    assert records.published() is None
    records.publish(AcceptedDigests(current="c", pending="p"), NOW)
    records.publish(AcceptedDigests(current="p", previous="c"), NOW + MINUTE)

    published = records.published()
    assert published is not None
    assert published.digests == AcceptedDigests(current="p", previous="c")
    assert published.at == NOW + MINUTE
    assert Table(dynamodb, deployed.TABLE).accepted_digests() == published.digests


# ---- the quota


def test_calls_are_counted_by_utc_day(records: Records) -> None:
    assert [records.count_call(Need.REQUIRED, NOW) for _ in range(3)] == [1, 2, 3]
    assert records.count_call(Need.OPTIONAL, NOW + timedelta(days=1)) == 1
    assert records.calls_today(NOW) == 3
    assert records.calls_today(NOW + timedelta(days=2)) == 0


@pytest.mark.parametrize(("need", "limit"), [(Need.OPTIONAL, OPTIONAL_LIMIT), (Need.REQUIRED, HARD_LIMIT)])
def test_calls_end_at_their_limit(records: Records, dynamodb: DynamoDBClient, need: Need, limit: int) -> None:
    dynamodb.put_item(
        TableName=deployed.TABLE,
        Item={"pk": {"S": "QUOTA"}, "sk": {"S": "2026-01-14"}, "calls": {"N": str(limit - 1)}},
    )

    assert records.count_call(need, NOW) == limit
    with pytest.raises(QuotaReached) as reached:
        records.count_call(need, NOW)
    assert reached.value.until is None
    assert records.calls_today(NOW) == limit


def test_a_pause_lasts_to_its_end_and_across_midnight(records: Records, dynamodb: DynamoDBClient) -> None:
    late = datetime(2026, 1, 14, 23, 30, tzinfo=UTC)
    until = late + 60 * MINUTE
    records.pause_calls(now=late, until=until, quota=True)

    for at in (late, late + 29 * MINUTE, late + 31 * MINUTE, until - timedelta(seconds=1)):
        with pytest.raises(QuotaReached) as reached:
            records.count_call(Need.REQUIRED, at)
        assert reached.value.until == records.paused_until(at) == until
    assert records.paused_until(until) is None
    assert records.count_call(Need.REQUIRED, until) == 1
    assert {item["sk"]["S"]: item["stopped"]["BOOL"] for item in items(dynamodb)} == {
        "2026-01-14": True,
        "2026-01-15": True,
    }


def test_a_pause_that_is_not_the_quota_s_marks_no_day(records: Records, dynamodb: DynamoDBClient) -> None:
    records.count_call(Need.REQUIRED, NOW)
    records.pause_calls(now=NOW, until=NOW + MINUTE, quota=False)

    (day,) = items(dynamodb)
    assert "stopped" not in day
    assert records.calls_today(NOW) == 1


def test_the_days_of_the_quota_go_by_themselves(records: Records, dynamodb: DynamoDBClient) -> None:
    records.count_call(Need.REQUIRED, NOW)

    assert int(items(dynamodb)[0]["expires_at"]["N"]) > NOW.timestamp()


# ---- the directory


def test_the_directory_comes_back_as_it_was_written(records: Records) -> None:
    casa, module = Plant("p1", "Casa"), Module("p1", "m1", "Sala", "chronothermostat", NOW)
    nameless = Module("p2", "m2", None, None)
    records.keep_plant(casa)
    records.keep_plant(Plant("p2", None))
    records.keep_module(module)
    records.keep_module(nameless)
    records.directory_refreshed(NOW)

    directory = records.directory()

    assert directory.plants == {"p1": casa, "p2": Plant("p2", None)}
    assert directory.modules == {"m1": module, "m2": nameless}
    assert directory.refreshed_at == NOW


def test_a_thermostat_that_two_plants_list_is_one_where_it_was_met_last(records: Records) -> None:
    before, now = Module("p2", "m1", "Sala", None, NOW - MINUTE), Module("p1", "M1", "Salotto", None, NOW)
    for listing in (now, before):
        records.keep_module(listing)

    assert records.directory().listed == {("p2", "m1"): before, ("p1", "M1"): now}
    assert records.directory().modules == {"M1": now}
    assert records.directory().of_plant("p2") == {"m1": before}
    records.forget_module(now)
    assert records.directory().modules == {"m1": before}


def test_a_name_that_an_earlier_version_stored_as_it_came_is_read_as_it_can_be_shown(
    records: Records, dynamodb: DynamoDBClient
) -> None:
    for key, name in (("PLANT#p1", "a\u202eb"), ("MODULE#p1#m1", "a\x00b\u2028c"), ("MODULE#p1#m2", "\x1b")):
        item = {"pk": "DIRECTORY", "sk": key, "plant_id": "p1", "name": name}
        item |= {"module_id": key.rpartition("#")[2]} if key.startswith("MODULE") else {}
        dynamodb.put_item(TableName=deployed.TABLE, Item={name: {"S": value} for name, value in item.items()})

    directory = records.directory()

    assert directory.plants["p1"].name == "ab"
    assert {key: module.name for key, module in directory.modules.items()} == {"m1": "ab c", "m2": None}


@pytest.mark.parametrize("listed", ["abc-1", "ABC-1"])
@pytest.mark.parametrize("spoken", ["abc-1", "ABC-1"])
def test_a_thermostat_is_found_under_the_spelling_with_which_it_speaks(
    records: Records, dynamodb: DynamoDBClient, listed: str, spoken: str
) -> None:
    assert records.spoken_as(listed) is None
    reading = Reading(plant_id="p1", module_id=spoken, time=NOW)
    Table(dynamodb, deployed.TABLE).put_reading(reading, received_at=NOW, source="push")

    assert records.spoken_as(listed) == spoken


def test_what_is_forgotten_is_gone_and_an_empty_directory_is_one(records: Records) -> None:
    records.keep_plant(Plant("p1", "Casa"))
    records.keep_module(Module("p1", "m1", "Sala", None))
    records.forget_module(Module("p1", "m1", "Sala", None))
    records.forget_plant("p1")

    directory = records.directory()
    assert (directory.plants, directory.modules, directory.refreshed_at) == ({}, {}, None)


# ---- memory and report


def test_memory_comes_back_as_it_was(records: Records) -> None:
    assert records.memory() == Memory()
    memory = Memory(
        login_not_before=NOW,
        refused=RefusedGrant(tokens_version="t", credentials_version="c", reason=Reason.CONSENT_EXPIRED, at=NOW),
        absent_plants=frozenset({"p1", "p2"}),
        absent_modules={"p1": frozenset({"m1"}), "p2": frozenset()},
        ask_again=frozenset({"p1"}),
        polled={"m1": "READING#…"},
        tokens_left=("v", True),
        remade={"p1": NOW},
        replaced={"p1": frozenset({"s1"})},
    )

    records.remember(memory)

    assert records.memory() == memory


def test_the_report_comes_back_as_it_was(records: Records) -> None:
    assert records.report() is None
    report = Report(
        at="2026-01-14T06:30:00Z",
        outcome="healthy",
        plants=(PlantState(plant_id="p1", name="Casa", subscription="healthy"),),
        tokens=TokenState(expires_at=1768375800, refresh_expires_at=1776148200, refreshed=True),
        calls_today=8,
        actions=("tokens_renewed",),
        silent=(SilentModule(plant_id="p1", module_id="m1", since="2026-01-13T06:30:00Z", poll="stored"),),
    )

    records.keep_report(report)

    assert records.report() == report


# ---- failures


def test_failures_of_the_vendor_stop_here(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("dynamodb")
    client.meta.events.register("before-send", _refuse)
    records = Records(client, deployed.TABLE)
    works: list[Callable[[], object]] = [
        lambda: records.begin_consent(STATE, NOW),
        lambda: records.use_consent(STATE, NOW),
        lambda: take(records, "a"),
        lambda: records.release_lease("a"),
        records.published,
        lambda: records.count_call(Need.REQUIRED, NOW),
        lambda: records.pause_calls(now=NOW, until=NOW + MINUTE, quota=True),
        records.directory,
        lambda: records.forget_plant("p1"),
        records.memory,
    ]

    for work in works:
        with pytest.raises(RecordsError) as error:
            work()
        assert not isinstance(error.value, QuotaReached)


def _refuse(**_: Any) -> None:
    raise ConnectTimeoutError(endpoint_url="https://dynamodb")


def test_of_many_who_reach_for_the_lease_one_gets_it(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each conditional write is atomic, as DynamoDB promises and moto's threads do not hold."""
    put, one_at_a_time = records._client.put_item, Lock()

    def put_alone(**parameters: Any) -> Any:
        with one_at_a_time:
            return put(**parameters)

    monkeypatch.setattr(records._client, "put_item", put_alone)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: take(records, f"owner {number}"), range(8)))

    assert taken.count(True) == 1
