"""The webhook's secrets on their way through a rotation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from smarther.domain.account.webhook import secret_digest
from smarther.domain.account.webhook_rotation import (
    GRACE,
    NEXT,
    SETTLING,
    Stage,
    Step,
    WebhookSecrets,
    WebhookSecretsError,
)

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
A, B, C, D = (letter * 43 for letter in "abcd")


LATER = NOW + timedelta(hours=1)
STAGES = {
    Stage.STEADY: [WebhookSecrets(current=A, created_at=NOW)],
    Stage.SETTLING: [
        WebhookSecrets(current=A, created_at=NOW, pending=B),
        WebhookSecrets(current=A, created_at=NOW, pending=B, previous=C),
    ],
    Stage.INTRODUCED: [
        WebhookSecrets(current=A, created_at=NOW, pending=B, proven=True),
        WebhookSecrets(current=A, created_at=NOW, pending=B, previous=C, proven=True),
    ],
    Stage.PROMOTED: [WebhookSecrets(current=A, created_at=NOW, previous=C)],
}
"""All forms that each stage has."""
STEPS = [(secrets, step) for forms in STAGES.values() for secrets in forms for step in Step]
HAPPENING = [(secrets, step) for secrets, step in STEPS if (secrets.stage, step) in NEXT]


def accepted(secrets: WebhookSecrets) -> set[str]:
    return {each for each in (A, B, C, D) if secrets.digests.accept(secret_digest(each))}


def pushed_to(secrets: WebhookSecrets) -> set[str]:
    """The secrets to whose addresses Legrand may push by our own doing."""
    return {each for each in (secrets.subscribed, secrets.tolerated) if each is not None}


def test_each_form_is_of_its_stage() -> None:
    assert [{each.stage for each in forms} for forms in STAGES.values()] == [{stage} for stage in Stage]
    assert len(HAPPENING) >= len(NEXT)


@pytest.mark.parametrize(("secrets", "step"), STEPS, ids=str)
def test_an_event_leads_where_the_table_says_or_cannot_happen(secrets: WebhookSecrets, step: Step) -> None:
    expected = NEXT.get((secrets.stage, step))
    if expected is None:
        with pytest.raises(ValueError, match="cannot happen"):
            secrets.after(step, now=LATER, new=D)
    else:
        assert secrets.after(step, now=LATER, new=D).stage is expected


@pytest.mark.parametrize(("secrets", "step"), HAPPENING, ids=str)
def test_whom_legrand_may_push_to_is_accepted_before_and_after(secrets: WebhookSecrets, step: Step) -> None:
    after = secrets.after(step, now=LATER, new=D)

    assert pushed_to(secrets) <= accepted(secrets)
    assert pushed_to(after) <= accepted(after)
    # What is not removed yet may be pushed to still: only what nobody is subscribed with is refused from here on.
    assert pushed_to(secrets) <= accepted(after)
    assert accepted(secrets) - accepted(after) <= {C}


@pytest.mark.parametrize(("secrets", "step"), HAPPENING, ids=str)
def test_a_run_that_is_cut_short_after_any_step_goes_on_from_what_was_kept(secrets: WebhookSecrets, step: Step) -> None:
    after = secrets.after(step, now=LATER, new=D)
    read = WebhookSecrets.from_secret(after.to_secret())

    assert accepted(read) == accepted(after)
    assert read.stage is (Stage.SETTLING if after.stage is Stage.INTRODUCED else after.stage)


@pytest.mark.parametrize(("secrets", "step"), HAPPENING, ids=str)
def test_no_plant_is_subscribed_with_a_secret_before_it_is_accepted_and_proven(
    secrets: WebhookSecrets, step: Step
) -> None:
    after = secrets.after(step, now=LATER, new=D)

    assert after.subscribed == secrets.subscribed or step is Step.PROVEN
    assert after.subscribed in accepted(secrets)


@pytest.mark.parametrize(
    ("stage", "subscribed", "tolerated"),
    [(Stage.STEADY, A, None), (Stage.SETTLING, A, B), (Stage.INTRODUCED, B, A), (Stage.PROMOTED, A, None)],
)
def test_each_stage_has_its_address_and_what_may_stand_beside_it(
    stage: Stage, subscribed: str, tolerated: str | None
) -> None:
    assert {(each.subscribed, each.tolerated) for each in STAGES[stage]} == {(subscribed, tolerated)}


@pytest.mark.parametrize("secrets", [each for forms in STAGES.values() for each in forms])
def test_no_secret_is_shown_with_the_object(secrets: WebhookSecrets) -> None:
    assert not any(secret in repr(secrets) for secret in (A, B, C))


def test_the_new_secret_is_as_old_as_its_use() -> None:
    introduced = WebhookSecrets(current=A, created_at=NOW, pending=B, proven=True)

    assert introduced.after(Step.SUBSCRIBED, now=LATER) == WebhookSecrets(current=B, previous=A, created_at=LATER)


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
    begun = WebhookSecrets(current=A, created_at=NOW, pending=B)

    assert not begun.rotation_due(NOW + timedelta(days=400), 90)


def test_the_previous_secret_outlives_the_longest_backlog_that_was_seen() -> None:
    promoted = WebhookSecrets(current=B, previous=A, created_at=NOW)

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
