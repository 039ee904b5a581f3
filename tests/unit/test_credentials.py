"""The owner's credentials, and the birthday that ends them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from smarther.domain.account.credentials import Credentials, CredentialsError

WRITTEN = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
DOCUMENT = {"client_id": "id", "client_secret": "s'e\"c&r=e;t ", "subscription_key": "key"}


def read(**changed: Any) -> Credentials:
    return Credentials.from_secret(json.dumps(DOCUMENT | changed), version="v1", written_at=WRITTEN)


def test_a_client_secret_is_kept_to_the_letter_and_stray_blanks_elsewhere_are_not() -> None:
    credentials = read(client_id=" id\n", subscription_key=" key ")

    assert credentials.client_secret == "s'e\"c&r=e;t "
    assert (credentials.client_id, credentials.subscription_key, credentials.version) == ("id", "key", "v1")


@pytest.mark.parametrize(
    ("recorded_at", "day"),
    [
        ("2025-12-01", date(2025, 12, 1)),
        ("2025-12-01T23:59:59Z", date(2025, 12, 1)),
        ("some day", date(2026, 1, 14)),
        (20251201, date(2026, 1, 14)),
        (None, date(2026, 1, 14)),
    ],
)
def test_the_year_counts_from_the_recorded_day_or_else_from_the_writing(recorded_at: object, day: date) -> None:
    assert read(recorded_at=recorded_at).recorded_on == day


@pytest.mark.parametrize(
    ("today", "near"), [("2026-12-14", False), ("2026-12-15", True), ("2027-01-14", True), ("2027-06-01", True)]
)
def test_the_birthday_is_near_thirty_days_ahead_and_stays_so(today: str, *, near: bool) -> None:
    now = datetime.fromisoformat(f"{today}T12:00:00Z")

    assert read().birthday_near(now) is near


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        '"hunter2"',
        "{}",
        json.dumps(DOCUMENT | {"client_secret": " "}),
        json.dumps(DOCUMENT | {"client_id": 5}),
        json.dumps(DOCUMENT | {"subscription_key": "hunter2\nX: y"}),
    ],
)
def test_what_holds_no_credentials_is_told_without_being_quoted(text: str) -> None:
    with pytest.raises(CredentialsError) as error:
        Credentials.from_secret(text, version="v1", written_at=WRITTEN)
    assert "hunter2" not in str(error.value)


def test_all_that_is_missing_is_named() -> None:
    lacking = {"client_secret": DOCUMENT["client_secret"]}
    with pytest.raises(CredentialsError, match=r"^the credentials secret lacks client_id, subscription_key$"):
        Credentials.from_secret(json.dumps(lacking), version="v1", written_at=WRITTEN)


def test_nobody_sees_credentials_by_looking_at_them() -> None:
    assert "key" not in repr(read()).replace("subscription_key", "")
