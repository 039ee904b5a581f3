from __future__ import annotations

from typing import Any

import pytest

from sandbox.shows.balance import balance


def entry(envelope_id: str, content: str | None = None, outcome: str = "acknowledged") -> dict[str, Any]:
    return {"envelope_id": envelope_id, "content": content or f"content of {envelope_id}", "outcome": outcome}


def reading(event_id: str) -> dict[str, Any]:
    return {"event_id": event_id}


def test_what_was_sent_and_stored_once_balances() -> None:
    result = balance([entry("a"), entry("b")], [reading("a"), reading("b")])

    assert result.even
    assert (result.sent, result.distinct, result.repeated, result.stored) == (2, 2, 0, 2)


def test_what_a_thermostat_answered_was_never_sent_and_is_nobodys_loss_or_gain() -> None:
    answered = {**reading(""), "source": "poll"}
    result = balance([entry("a")], [reading("a"), answered, answered])

    assert result.even
    assert result.stored == 1


def test_a_notification_that_is_nowhere_is_missing() -> None:
    result = balance([entry("a"), entry("b")], [reading("a")])

    assert not result.even
    assert result.missing == ("b",)


@pytest.mark.parametrize("outcome", ["timeout", "refused"])
def test_a_notification_that_was_sent_is_expected_however_it_was_answered(outcome: str) -> None:
    assert balance([entry("a", outcome=outcome)], []).missing == ("a",)


@pytest.mark.parametrize("outcome", ["dropped_in_ban", "ghost"])
def test_what_the_provider_never_sent_is_not_expected(outcome: str) -> None:
    assert balance([entry("a", outcome=outcome)], []).even


def test_the_same_content_under_another_id_is_the_same_notification() -> None:
    result = balance([entry("a", "x"), entry("b", "x")], [reading("a")])

    assert result.even
    assert (result.distinct, result.repeated) == (1, 1)


def test_content_stored_under_both_its_ids_is_doubled() -> None:
    assert balance([entry("a", "x"), entry("b", "x")], [reading("a"), reading("b")]).doubled == ("a",)


def test_one_notification_stored_twice_is_doubled() -> None:
    assert balance([entry("a")], [reading("a"), reading("a")]).doubled == ("a",)


def test_a_reading_that_nobody_sent_is_unexplained() -> None:
    assert balance([entry("a")], [reading("a"), reading("z")]).unexplained == ("z",)
