"""The figures that the keeper's report gives to metrics, and with them to alarms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.keeper_report import (
    PersonNeeded,
    PlantState,
    Report,
    SilentModule,
    SubscriptionState,
    TokenState,
    is_overdue,
)
from smarther.domain.keeper.provider_watch import ProviderState

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HEALTHY = Report(at="2026-11-22T12:00:00Z", outcome="healthy")


def person(reason: Reason) -> PersonNeeded:
    return PersonNeeded(reason=reason, do=reason.remedy)


def plant(state: SubscriptionState) -> PlantState:
    return PlantState(plant_id="p", subscription=state)


def tokens(refresh_ends_in: timedelta | None) -> TokenState:
    ends = None if refresh_ends_in is None else int((NOW + refresh_ends_in).timestamp())
    return TokenState(expires_at=int(NOW.timestamp()), refresh_expires_at=ends)


def changed(**parts: object) -> Report:
    return HEALTHY.model_copy(update=parts)


def test_the_birthday_of_the_client_secret_does_not_cover_up_what_needs_a_person_now() -> None:
    birthday, consent = person(Reason.CLIENT_SECRET_BIRTHDAY), person(Reason.CONSENT_EXPIRED)

    assert HEALTHY.reasons_now == 0
    assert changed(person=(birthday,)).reasons_now == 0
    assert changed(person=(birthday, consent)).reasons_now == 1


@pytest.mark.parametrize("minutes", [15, 30, 50])
def test_a_run_is_overdue_once_three_in_a_row_were_missed(minutes: int) -> None:
    every = timedelta(minutes=minutes)
    assert not is_overdue(3 * every, every=every)
    assert is_overdue(3 * every + timedelta(seconds=1), every=every)


@pytest.mark.shows("end announced")
@pytest.mark.parametrize(
    ("ends_on", "days", "soon"),
    [
        (None, None, False),
        (date(2027, 11, 22), 334.5, False),
        (date(2026, 12, 23), 0.5, False),
        (date(2026, 12, 22), -0.5, True),
        (date(2020, 1, 1), -2547.5, True),
        (date.min, -9852.5, True),
        (date.max, 2912086.5, False),
    ],
)
def test_an_announced_end_is_told_again_thirty_days_before_it(
    *, ends_on: date | None, days: float | None, soon: bool
) -> None:
    report = changed(provider=ProviderState(announced=True, ends_on=ends_on))

    assert report.days_to_renewal == days
    assert report.api_ends_soon is soon


@pytest.mark.parametrize(
    ("state", "missing"), [("healthy", 0), ("created", 0), ("remade", 0), ("missing", 1), ("unknown", 1)]
)
def test_a_subscription_that_nobody_could_look_at_counts_as_missing(state: SubscriptionState, missing: int) -> None:
    assert changed(plants=(plant("healthy"), plant(state))).subscriptions_missing == missing


def test_silence_is_not_known_to_be_over_when_nobody_could_listen() -> None:
    silent = SilentModule(plant_id="p", module_id="m", since="2026-11-20T12:00:00Z", poll="failed")

    assert changed(plants=(plant("healthy"),)).thermostats_silent == 0
    assert changed(plants=(plant("unknown"),)).thermostats_silent is None
    assert changed(plants=(plant("unknown"),), silent=(silent,)).thermostats_silent == 1


@pytest.mark.parametrize(
    ("secret_ends_on", "consent_ends_in", "days"),
    [
        (None, None, None),
        ("2027-11-22", None, 334.5),  # a year without its last thirty days, from noon on
        (None, timedelta(days=90), 83.0),
        ("2027-11-22", timedelta(days=90), 83.0),
        ("2026-12-25", timedelta(days=90), 2.5),
        ("2026-12-22", timedelta(days=90), -0.5),
        ("2027-11-22", timedelta(days=6), -1.0),
    ],
)
def test_days_to_renewal_are_those_of_what_comes_first_with_time_left_to_act(
    secret_ends_on: str | None, consent_ends_in: timedelta | None, days: float | None
) -> None:
    report = changed(client_secret_ends_on=secret_ends_on, tokens=tokens(consent_ends_in))

    assert report.days_to_renewal == days
