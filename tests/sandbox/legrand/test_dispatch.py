from datetime import timedelta

import pytest

from sandbox.legrand import Provider
from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.pushes.dispatch import Attempt, Dispatch, ban_after
from sandbox.legrand.pushes.ledger import Kind, Outcome, Push
from tests.sandbox.legrand.account import ENDPOINT, Account

MINUTE = timedelta(minutes=1)


def push(plant_id: str, content: str = "content", kind: Kind = Kind.CHANGE) -> Push:
    return Push(plant_id=plant_id, body=content.encode(), content=content, kind=kind)


@pytest.fixture
def plant_id(account: Account) -> str:
    """A plant that our endpoint hears of."""
    plant_id = account.plant_ids()[0]
    account.subscribe(plant_id)
    return plant_id


@pytest.fixture
def dispatch(provider: Provider) -> Dispatch:
    return provider.dispatch


def send(dispatch: Dispatch, push: Push, status: int | None = 200, error: str | None = None) -> list[Attempt]:
    """Carry out what is to be called, every call ending with `status`."""
    attempts = dispatch.attempts(push)
    for attempt in attempts:
        dispatch.settle(attempt, status, 12.34, error)
    return attempts


def fail(dispatch: Dispatch, plant_id: str, times: int) -> None:
    for number in range(times):
        assert send(dispatch, push(plant_id, f"failing {number}"), 500), "banned too early"


# Who is called


def test_our_endpoints_of_the_plant_are_called_and_others_are_not(
    dispatch: Dispatch, plant_id: str, account: Account
) -> None:
    account.subscribe(plant_id, ENDPOINT + "/new")
    account.subscribe(account.plant_ids()[1])

    attempts = dispatch.attempts(push(plant_id))
    assert [attempt.subscription.url for attempt in attempts] == [ENDPOINT, ENDPOINT + "/new"]
    assert dispatch.counters["skipped_other_applications"] == 2


def test_a_change_nobody_of_ours_asked_for_is_counted(dispatch: Dispatch, account: Account) -> None:
    assert dispatch.attempts(push(account.plant_ids()[0])) == []
    assert dispatch.counters["without_subscriber"] == 1
    assert dispatch.ledger.last == 0


@pytest.mark.shows("subscription is dead")
def test_a_ghost_is_listed_and_told_nothing(
    dispatch: Dispatch, plant_id: str, provider: Provider, account: Account
) -> None:
    number = next(entry.id for entry in provider.subscriptions.all() if entry.ours)
    provider.subscriptions.make_ghost(number)

    assert dispatch.attempts(push(plant_id)) == []
    assert [entry.outcome for entry in dispatch.ledger.since()] == [Outcome.GHOST]
    assert number in account.call("GET", "/subscription").content.decode()

    provider.subscriptions.make_ghost(number, ghost=False)
    assert len(dispatch.attempts(push(plant_id))) == 1


# What counts as what


@pytest.mark.shows("750 ms and bans")
@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (200, None, Outcome.ACKNOWLEDGED),
        (204, None, Outcome.ACKNOWLEDGED),
        (299, None, Outcome.ACKNOWLEDGED),
        (300, None, Outcome.REFUSED),
        (307, None, Outcome.REFUSED),
        (404, None, Outcome.REFUSED),
        (409, None, Outcome.REFUSED),
        (500, None, Outcome.REFUSED),
        (None, "ConnectError", Outcome.REFUSED),
        (None, None, Outcome.TIMEOUT),
    ],
)
def test_below_300_in_time_is_good_and_all_else_a_failure(
    dispatch: Dispatch, plant_id: str, status: int | None, error: str | None, outcome: Outcome
) -> None:
    send(dispatch, push(plant_id), status, error)

    entry = dispatch.ledger.since()[0]
    assert (entry.outcome, entry.status, entry.error, entry.ms) == (outcome, status, error, 12.3)
    assert dispatch.health(ENDPOINT).failures == (outcome is not Outcome.ACKNOWLEDGED)


# Bans


@pytest.mark.shows("750 ms and bans")
@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, None), (1, None), (19, None), (20, 1), (21, None), (39, None), (40, 2), (200, 10), (400, 20), (420, 20)],
)
def test_every_twentieth_failure_bans_a_minute_longer_up_to_twenty(failures: int, minutes: int | None) -> None:
    assert ban_after(failures) == (minutes * MINUTE if minutes else None)


@pytest.mark.shows("750 ms and bans")
def test_what_happens_in_a_ban_is_dropped_and_never_sent_again(
    dispatch: Dispatch, plant_id: str, clock: MovableClock
) -> None:
    fail(dispatch, plant_id, 20)

    assert dispatch.attempts(push(plant_id, "lost")) == []
    assert dispatch.ledger.since()[-1].outcome is Outcome.DROPPED_IN_BAN
    clock.advance(MINUTE - timedelta(microseconds=1))
    assert dispatch.attempts(push(plant_id, "lost too")) == []

    clock.advance(timedelta(microseconds=1))
    assert [attempt.push.content for attempt in send(dispatch, push(plant_id, "new"))] == ["new"]
    assert [e.content for e in dispatch.ledger.since() if e.outcome is Outcome.ACKNOWLEDGED] == ["new"]


def test_bans_grow_with_all_failures_so_far(dispatch: Dispatch, plant_id: str, clock: MovableClock) -> None:
    fail(dispatch, plant_id, 20)
    clock.advance(MINUTE)
    assert send(dispatch, push(plant_id, "good"))
    fail(dispatch, plant_id, 20)

    clock.advance(2 * MINUTE - timedelta(seconds=1))
    assert dispatch.attempts(push(plant_id)) == []
    clock.advance(timedelta(seconds=1))
    assert dispatch.attempts(push(plant_id))
    assert dispatch.bans == 2


def test_a_ban_is_the_endpoints_alone(dispatch: Dispatch, plant_id: str, account: Account) -> None:
    fail(dispatch, plant_id, 20)
    account.subscribe(plant_id, ENDPOINT + "/other")
    assert [attempt.subscription.url for attempt in dispatch.attempts(push(plant_id))] == [ENDPOINT + "/other"]


def test_subscribing_again_does_not_clear_the_record(dispatch: Dispatch, plant_id: str, account: Account) -> None:
    fail(dispatch, plant_id, 20)
    number = dispatch.ledger.since()[0].endpoint
    account.call("DELETE", f"/plants/{plant_id}/subscription/{number}")
    account.subscribe(plant_id)
    assert dispatch.attempts(push(plant_id)) == []


# One notification made to disappear


def test_a_lost_notification_is_noted_as_acknowledged_and_never_sent_nor_its_copies(
    dispatch: Dispatch, plant_id: str
) -> None:
    dispatch.lose()

    assert send(dispatch, push(plant_id, "lost")) == []
    assert send(dispatch, push(plant_id, "lost", Kind.DUPLICATE)) == []
    assert len(send(dispatch, push(plant_id, "kept"))) == 1
    totals = dispatch.ledger.totals()
    assert (totals.sent, totals.acknowledged, totals.unique_bodies_acknowledged) == (3, 3, 2)


def test_only_what_was_never_sent_before_can_be_lost(dispatch: Dispatch, plant_id: str) -> None:
    send(dispatch, push(plant_id, "old"))
    dispatch.lose()
    assert send(dispatch, push(plant_id, "old", Kind.DUPLICATE))
    assert not send(dispatch, push(plant_id, "new"))


def test_losing_waits_for_something_that_would_have_been_sent(
    dispatch: Dispatch, plant_id: str, account: Account
) -> None:
    dispatch.lose()
    dispatch.attempts(push(account.plant_ids()[1], "nobody listens"))
    assert send(dispatch, push(plant_id, "lost")) == []


# The ledger


def test_totals_add_up(dispatch: Dispatch, plant_id: str) -> None:
    for content, status in (("a", 200), ("a", 200), ("b", 500), ("b", 200), ("c", None), ("d", 404)):
        send(dispatch, push(plant_id, content), status)

    totals = dispatch.ledger.totals()
    assert (totals.sent, totals.acknowledged, totals.refused, totals.timeout, totals.failed) == (6, 3, 2, 1, 3)
    assert (totals.unique_bodies_sent, totals.duplicates_sent, totals.unique_bodies_acknowledged) == (4, 2, 2)


def test_totals_can_begin_later(dispatch: Dispatch, plant_id: str) -> None:
    send(dispatch, push(plant_id, "before"))
    seen = dispatch.ledger.last
    send(dispatch, push(plant_id, "after"))

    assert [entry.content for entry in dispatch.ledger.since(seen)] == ["after"]
    assert dispatch.ledger.totals(seen).sent == 1


def test_latencies_are_real_values_by_nearest_rank(dispatch: Dispatch, plant_id: str) -> None:
    for ms in range(1, 201):
        (attempt,) = dispatch.attempts(push(plant_id, str(ms)))
        dispatch.settle(attempt, 200, float(ms))
    latency = dispatch.ledger.totals().latency_ms
    assert (latency.p50, latency.p90, latency.p99, latency.max) == (100, 180, 198, 200)


def test_an_empty_ledger_has_no_latency(dispatch: Dispatch) -> None:
    assert dispatch.ledger.totals().latency_ms.p50 is None


def test_the_ledger_holds_no_address(dispatch: Dispatch, plant_id: str) -> None:
    send(dispatch, push(plant_id))
    assert ENDPOINT not in repr(dispatch.ledger.since())
