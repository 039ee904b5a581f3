"""The webhook's secrets on their way through a rotation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from smarther.domain.webhook import secret_digest
from smarther.domain.webhook_rotation import GRACE, SETTLING, WebhookSecrets, WebhookSecretsError

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
A, B, C = (letter * 43 for letter in "abc")


def test_a_rotation_goes_through_its_states_and_what_is_in_use_is_always_accepted() -> None:
    fresh = WebhookSecrets(current=A, created_at=NOW)
    begun = fresh.begun(B)
    later = NOW + timedelta(hours=1)
    promoted = begun.promoted(later)
    forgotten = promoted.without_previous()

    assert fresh.digests.accept(secret_digest(A))
    assert begun.digests.accept(secret_digest(A))
    assert begun.digests.accept(secret_digest(B))
    assert promoted == WebhookSecrets(current=B, previous=A, created_at=later)
    assert promoted.digests.accept(secret_digest(A))
    assert forgotten == WebhookSecrets(current=B, created_at=later)
    assert not forgotten.digests.accept(secret_digest(A))


def test_nothing_is_promoted_that_is_not_pending() -> None:
    with pytest.raises(ValueError, match="no secret is pending"):
        WebhookSecrets(current=A, created_at=NOW).promoted(NOW)


@pytest.mark.parametrize(
    ("age", "days", "due"),
    [
        (timedelta(days=90), 90, True),
        (timedelta(days=90) - timedelta(seconds=1), 90, False),
        (timedelta(days=1), 1, True),
        (timedelta(days=9999), 0, False),
    ],
)
def test_a_rotation_is_due_after_its_days(age: timedelta, days: int, *, due: bool) -> None:
    assert WebhookSecrets(current=A, created_at=NOW).rotation_due(NOW + age, days) is due


def test_a_rotation_under_way_is_not_due_again() -> None:
    begun = WebhookSecrets(current=A, created_at=NOW).begun(B)

    assert not begun.rotation_due(NOW + timedelta(days=400), 90)


def test_the_previous_secret_outlives_the_longest_backlog_that_was_seen() -> None:
    promoted = WebhookSecrets(current=A, created_at=NOW).begun(B).promoted(NOW)

    assert timedelta(hours=18) < GRACE
    assert not promoted.grace_over(NOW + GRACE - timedelta(seconds=1))
    assert promoted.grace_over(NOW + GRACE)


def test_a_pending_secret_settles_for_longer_than_a_receiver_goes_without_looking_though_its_clock_steps() -> None:
    from smarther.receiver.authenticate import REFRESH  # noqa: PLC0415 - the receiver's side of the bargain

    assert REFRESH + timedelta(seconds=30) < SETTLING


@pytest.mark.parametrize(
    "secrets",
    [
        WebhookSecrets(current=A, created_at=NOW),
        WebhookSecrets(current=A, pending=B, created_at=NOW),
        WebhookSecrets(current=A, pending=B, previous=C, created_at=NOW),
    ],
)
def test_secrets_survive_the_vault(secrets: WebhookSecrets) -> None:
    assert WebhookSecrets.from_secret(secrets.to_secret()) == secrets


@pytest.mark.parametrize(
    "document",
    [
        "hunter2",
        [],
        {},
        {"current": A},
        {"current": "hunter2", "created_at": NOW.isoformat()},
        {"current": A, "pending": "hunter2", "created_at": NOW.isoformat()},
        {"current": A, "created_at": "yesterday"},
        {"current": A, "created_at": "2026-01-14T06:30:00"},
        {"current": 1, "created_at": NOW.isoformat()},
    ],
)
def test_what_the_keeper_did_not_write_is_told_without_being_quoted(document: Any) -> None:
    with pytest.raises(WebhookSecretsError) as error:
        WebhookSecrets.from_secret(json.dumps(document))
    assert "hunter2" not in str(error.value)


def test_nobody_sees_a_secret_by_looking_at_it() -> None:
    assert A not in repr(WebhookSecrets(current=A, pending=A, previous=A, created_at=NOW))
