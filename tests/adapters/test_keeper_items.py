"""The keeper's own items, in the table that the template deploys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.account import consent
from smarther.domain.account.consent import STATE_LIFE, ConsentProgress, NotGiven
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.account.quota import CallsOfDay, Need, Quota
from smarther.domain.keeper.keeper_memory import MOST_POLLED, Memory, RefusedGrant
from smarther.domain.keeper.keeper_report import ModuleClock, PlantState, Report, SilentModule, TokenState
from smarther.store.keeper_items import CallCount, Consents, ConsentState, KeeperNotes, Leases, calls_of_day
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from smarther.store.table import Table

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STATE = "A" * 43


def items(dynamodb: DynamoDBClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list(dynamodb.scan(TableName=deployed.TABLE)["Items"])
    return found


def take(table: Table, owner: str, at: datetime = NOW) -> bool:
    return Leases(table).take(owner, now=at, life=2 * MINUTE)


ID, NAME = "00000000-0000-4000-8000-{:012}", "{:04} " + "🔥" * 95


def test_a_state_is_good_once(table: Table) -> None:
    Consents(table).begin(STATE, NOW)

    assert Consents(table).use(STATE, NOW)
    assert not Consents(table).use(STATE, NOW)


def test_a_state_is_good_for_ten_minutes(table: Table) -> None:
    Consents(table).begin(STATE, NOW)

    assert not Consents(table).use(STATE, NOW + STATE_LIFE)
    assert Consents(table).use(STATE, NOW + STATE_LIFE - timedelta(seconds=1))


def test_a_state_that_was_never_begun_is_no_good(table: Table) -> None:
    Consents(table).begin(STATE, NOW)

    assert not Consents(table).use("B" * 43, NOW)


def test_what_becomes_of_a_consent_is_kept_for_whoever_waits_for_it(table: Table) -> None:
    other = "B" * 43
    assert Consents(table).of(STATE) == ConsentState(ConsentProgress.UNKNOWN)
    for state in (STATE, other):
        Consents(table).begin(state, NOW)
    assert Consents(table).of(STATE) == ConsentState(ConsentProgress.WAITING)
    Consents(table).use(STATE, NOW)
    assert Consents(table).of(STATE) == ConsentState(ConsentProgress.BACK)
    told = Report(at="2026-01-14T06:30:00Z", outcome="healthy", consent="accepted")
    Consents(table).settle(consent.state_digest(STATE), told)
    Consents(table).use(other, NOW, not_given=NotGiven.DECLINED)

    assert Consents(table).of(STATE) == ConsentState(ConsentProgress.SETTLED, report=told)
    assert Consents(table).of(other) == ConsentState(ConsentProgress.SETTLED, not_given=NotGiven.DECLINED)


def test_a_consent_that_is_gone_is_not_made_again_by_its_outcome(table: Table, dynamodb: DynamoDBClient) -> None:
    Consents(table).settle(consent.state_digest(STATE), Report(at="2026-01-14T06:30:00Z", outcome="busy"))

    assert items(dynamodb) == []


def test_the_table_holds_no_state(table: Table, dynamodb: DynamoDBClient) -> None:
    Consents(table).begin(STATE, NOW)

    assert STATE not in str(items(dynamodb))
    assert items(dynamodb)[0]["expires_at"] == {"N": str(int((NOW + STATE_LIFE).timestamp()))}


def test_one_run_holds_the_lease(table: Table) -> None:
    assert take(table, "a")
    assert not take(table, "b")
    assert take(table, "a", NOW + MINUTE)
    assert not take(table, "b", NOW + 2 * MINUTE)


def test_a_lease_ends_by_itself(table: Table) -> None:
    assert take(table, "a")
    assert not take(table, "b", NOW + 2 * MINUTE - timedelta(seconds=1))
    assert take(table, "b", NOW + 2 * MINUTE)


def test_a_lease_is_given_back_only_by_its_owner(table: Table) -> None:
    assert take(table, "a")
    Leases(table).release("b")
    assert not take(table, "b")
    Leases(table).release("a")
    assert take(table, "b")


def test_calls_are_counted_by_utc_day(table: Table) -> None:
    assert all(CallCount(table, Quota(500)).count(Need.REQUIRED, NOW) for _ in range(3))
    assert CallCount(table, Quota(500)).count(Need.OPTIONAL, NOW + timedelta(days=1))
    assert calls_of_day(table, NOW).made == 3
    assert calls_of_day(table, NOW + timedelta(days=2)) == CallsOfDay()


@pytest.mark.parametrize("quota", [100, 500, 100_000])
@pytest.mark.parametrize("need", Need)
def test_calls_end_at_their_limit(table: Table, dynamodb: DynamoDBClient, need: Need, quota: int) -> None:
    limit = Quota(quota).limit(need)
    dynamodb.put_item(
        TableName=deployed.TABLE,
        Item={"pk": {"S": "QUOTA"}, "sk": {"S": "2026-01-14"}, "calls": {"N": str(limit - 1)}},
    )

    assert CallCount(table, Quota(quota)).count(need, NOW)
    assert not CallCount(table, Quota(quota)).count(need, NOW)
    assert calls_of_day(table, NOW).paused_until is None
    assert calls_of_day(table, NOW).made == limit


def test_a_pause_lasts_to_its_end_and_across_midnight(table: Table) -> None:
    late = datetime(2026, 1, 14, 23, 30, tzinfo=UTC)
    until = late + 60 * MINUTE
    CallCount(table, Quota(500)).count(Need.REQUIRED, late)
    CallCount(table, Quota(500)).pause(now=late, until=until, quota=True)

    for at in (late, late + 29 * MINUTE, late + 31 * MINUTE, until - timedelta(seconds=1)):
        assert not CallCount(table, Quota(500)).count(Need.REQUIRED, at)
        assert calls_of_day(table, at).paused_until == until
    assert calls_of_day(table, until).paused_until is None
    assert CallCount(table, Quota(500)).count(Need.REQUIRED, until)


def test_how_many_calls_legrand_granted_is_known_for_the_rest_of_that_day_alone(table: Table) -> None:
    """And what is optional waits for the next day, whatever Legrand grants once its pause is over."""
    calls = CallCount(table, Quota(500))
    for _ in range(7):
        assert calls.count(Need.OPTIONAL, NOW)
    calls.pause(now=NOW, until=NOW + MINUTE, quota=True)

    assert calls.count(Need.REQUIRED, NOW + MINUTE)
    assert not calls.count(Need.OPTIONAL, NOW + MINUTE)
    calls.pause(now=NOW + MINUTE, until=NOW + 2 * MINUTE, quota=True)
    assert calls_of_day(table, NOW + 2 * MINUTE) == CallsOfDay(made=8, granted=7)
    assert calls.count(Need.OPTIONAL, NOW + timedelta(days=1))
    assert calls_of_day(table, NOW + timedelta(days=1)).granted is None


def test_a_pause_that_is_not_the_quota_s_says_nothing_of_what_is_granted(table: Table) -> None:
    CallCount(table, Quota(500)).count(Need.REQUIRED, NOW)
    CallCount(table, Quota(500)).pause(now=NOW, until=NOW + MINUTE, quota=False)

    assert calls_of_day(table, NOW + MINUTE) == CallsOfDay(made=1)


def test_the_days_of_the_quota_go_by_themselves(table: Table, dynamodb: DynamoDBClient) -> None:
    CallCount(table, Quota(500)).count(Need.REQUIRED, NOW)

    assert int(items(dynamodb)[0]["expires_at"]["N"]) > NOW.timestamp()


def test_memory_comes_back_as_it_was(table: Table) -> None:
    assert KeeperNotes(table).memory() == Memory()
    memory = Memory(
        login_not_before=NOW,
        refused=RefusedGrant(tokens_version="t", credentials_version="c", reason=Reason.CONSENT_EXPIRED, at=NOW),
        absent_plants=frozenset({"p1", "p2"}),
        absent_modules={"p1": frozenset({"m1"}), "p2": frozenset()},
        ask_again=frozenset({"p1"}),
        polled_at={"m1": NOW},
        tokens_left=("v", True),
        remade={"p1": NOW},
        replaced={"p1": frozenset({"s1"})},
    )

    KeeperNotes(table).remember(memory)

    assert KeeperNotes(table).memory() == memory


def test_the_report_comes_back_as_it_was(table: Table) -> None:
    assert KeeperNotes(table).report() is None
    report = Report(
        at="2026-01-14T06:30:00Z",
        outcome="healthy",
        plants=(PlantState(plant_id="p1", name="Casa", subscription="healthy"),),
        tokens=TokenState(expires_at=1768375800, refresh_expires_at=1776148200, refreshed=True),
        calls_today=8,
        actions=("tokens_renewed",),
        silent=(SilentModule(plant_id="p1", module_id="m1", since="2026-01-13T06:30:00Z", poll="stored"),),
    )

    KeeperNotes(table).keep_report(report)

    assert KeeperNotes(table).report() == report


def test_of_many_who_reach_for_the_lease_one_gets_it(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each conditional write is atomic, as DynamoDB promises and moto's threads do not hold."""
    put, one_at_a_time = table._client.put_item, Lock()

    def put_alone(**parameters: Any) -> Any:
        with one_at_a_time:
            return put(**parameters)

    monkeypatch.setattr(table._client, "put_item", put_alone)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda number: take(table, f"owner {number}"), range(8)))

    assert taken.count(True) == 1


@pytest.mark.shows("more to report than an item holds")
def test_the_report_of_any_account_is_kept_with_what_matters_first(table: Table) -> None:
    plants = tuple(
        PlantState(plant_id=ID.format(n), name=NAME.format(n), subscription="healthy" if n % 10 else "missing")
        for n in range(1000)
    )
    modules = [{"plant_id": ID.format(n // 5), "module_id": ID.format(n), "name": NAME.format(n)} for n in range(5000)]
    now = NOW.isoformat()
    report = Report(
        at=now,
        outcome="degraded",
        plants=plants,
        silent=tuple(SilentModule.model_validate({**each, "since": now, "poll": "not_now"}) for each in modules),
        clocks=tuple(ModuleClock.model_validate({**each, "told": now, "at": now}) for each in modules),
        actions=tuple(f"gap_filled {each['module_id']}" for each in modules),
    )
    KeeperNotes(table).keep_report(report)
    Consents(table).begin(STATE, NOW)
    Consents(table).settle(consent.state_digest(STATE), report)

    kept = KeeperNotes(table).report()
    assert kept is not None
    assert Consents(table).of(STATE).report == kept
    assert [plant.subscription for plant in kept.plants[:101]] == ["missing"] * 100 + ["healthy"]
    for name in ("plants", "silent", "clocks", "actions"):
        assert len(getattr(kept, name)) + kept.left_out[name] == len(getattr(report, name))


def test_a_report_that_fits_is_kept_whole(table: Table) -> None:
    plants = tuple(
        PlantState(plant_id=ID.format(n), subscription="missing" if n == 150 else "healthy") for n in range(200)
    )
    KeeperNotes(table).keep_report(Report(at=NOW.isoformat(), outcome="degraded", plants=plants))

    kept = KeeperNotes(table).report()
    assert kept is not None
    assert (kept.plants, kept.left_out) == (plants, {})


@pytest.mark.shows("more to report than an item holds")
def test_of_very_many_polls_the_last_are_remembered(table: Table) -> None:
    everybody = [ID.format(n) for n in range(5000)]
    at = {each: NOW - timedelta(minutes=n) for n, each in enumerate(everybody)}
    KeeperNotes(table).remember(
        Memory(
            polled_at=at,
            ask_again=frozenset(everybody[:1000]),
            changed_unheard=dict.fromkeys(everybody[:1000], NOW),
        )
    )

    kept = KeeperNotes(table).memory()
    assert set(kept.polled_at) == set(everybody[:MOST_POLLED])
    assert len(kept.ask_again) == len(kept.changed_unheard) == 1000
