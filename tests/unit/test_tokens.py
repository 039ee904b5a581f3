"""Tokens from answers of any mood, and from secrets that anybody wrote."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.tokens import Tokens, TokensError

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def answer(**fields: Any) -> dict[str, Any]:
    return {"access_token": "a", "refresh_token": "r", **fields}


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"expires_in": 1800}, 1800),
        ({"expires_in": "1800"}, 1800),
        ({"expires_in": "1800.0"}, 1800),
        ({"expires_on": EPOCH + 1800}, 1800),
        ({"expires_on": str(EPOCH + 1800)}, 1800),
        ({"expires_in": 1800, "expires_on": EPOCH + 99}, 1800),
        ({"expires_in": "soon", "expires_on": EPOCH + 1800}, 1800),
        ({"expires_in": 0, "expires_on": str(EPOCH + 1800)}, 1800),
        ({"expires_in": -5}, 3600),
        ({"expires_in": None}, 3600),
        ({"expires_in": True}, 3600),
        ({"expires_in": "1e999"}, 3600),
        ({"expires_in": "nan"}, 3600),
        ({"expires_in": 10**400}, 3600),
        ({"expires_on": 0}, 3600),
        ({"expires_on": EPOCH - 1}, 3600),
        ({"expires_on": EPOCH * 1000}, 3600),
        ({}, 3600),
    ],
)
def test_the_end_of_an_access_token_is_read_from_whatever_tells_it(fields: dict[str, Any], seconds: int) -> None:
    assert Tokens.from_answer(answer(**fields), now=NOW).expires_at == EPOCH + seconds


def test_the_end_of_a_refresh_token_is_ninety_days_off_unless_it_is_told() -> None:
    assert Tokens.from_answer(answer(), now=NOW).refresh_expires_at == EPOCH + 90 * 86_400
    assert Tokens.from_answer(answer(refresh_token_expires_in="86400"), now=NOW).refresh_expires_at == EPOCH + 86_400


def test_an_answer_without_a_refresh_token_leaves_the_old_one_in_force() -> None:
    renewed = Tokens.from_answer({"access_token": "a"}, now=NOW, previous="old")

    assert renewed.refresh_token == "old"
    assert renewed.refresh_expires_at is None
    assert Tokens.from_secret(renewed.to_secret()) == renewed
    assert "refresh_expires_at" not in json.loads(renewed.to_secret())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"access_token": "a"},
        {"access_token": "a", "refresh_token": ["r"]},
        {"access_token": "a\nX-Injected: yes", "refresh_token": "r\nX-Injected: yes"},
    ],
)
def test_an_answer_without_tokens_is_none(fields: dict[str, Any]) -> None:
    with pytest.raises(TokensError) as error:
        Tokens.from_answer(fields, now=NOW)
    assert "Injected" not in str(error.value)


def test_an_answer_with_nothing_new_in_it_is_none() -> None:
    for odd in ({}, {"refresh_token": 5}, {"access_token": "ä"}):
        with pytest.raises(TokensError, match="no access token"):
            Tokens.from_answer(odd, now=NOW, previous="old")


@pytest.mark.parametrize("odd", [{}, *({"access_token": odd} for odd in ("", ["a"], "a\nX-Injected: yes", "ä", 5))])
def test_a_new_refresh_token_is_kept_even_alone(odd: dict[str, Any]) -> None:
    """It is the only copy: the one before it ended when it was issued."""
    tokens = Tokens.from_answer({"refresh_token": "new", "expires_in": 3600, **odd}, now=NOW, previous="old")

    assert (tokens.refresh_token, tokens.access_token) == ("new", "")
    assert tokens.expires_within(timedelta(0), NOW)
    assert tokens.refresh_expires_at == EPOCH + 90 * 86_400
    assert Tokens.from_secret(tokens.to_secret()) == tokens


@pytest.mark.parametrize("odd", [None, 5, [], "", "ä"])
def test_an_odd_refresh_token_leaves_the_old_one_in_force(odd: object) -> None:
    tokens = Tokens.from_answer({"access_token": "a", "refresh_token": odd}, now=NOW, previous="old")

    assert (tokens.refresh_token, tokens.refresh_expires_at) == ("old", None)


@given(
    st.dictionaries(
        st.sampled_from(["expires_in", "expires_on", "refresh_token_expires_in"]),
        st.none() | st.text() | st.integers() | st.floats() | st.lists(st.integers()),
    )
)
def test_no_mood_of_the_other_fields_costs_a_token(fields: dict[str, Any]) -> None:
    tokens = Tokens.from_answer(answer(**fields), now=NOW)

    assert (tokens.access_token, tokens.refresh_token) == ("a", "r")
    assert EPOCH <= tokens.expires_at <= EPOCH + timedelta(days=400).total_seconds()


def test_tokens_survive_the_secret() -> None:
    tokens = Tokens.from_answer(answer(expires_in=60), now=NOW)

    assert Tokens.from_secret(tokens.to_secret()) == tokens


@pytest.mark.parametrize("expires_at", [EPOCH, str(EPOCH), float(EPOCH), f"{EPOCH}.7"])
def test_a_secret_that_somebody_else_wrote_needs_three_fields(expires_at: object) -> None:
    tokens = Tokens.from_secret(json.dumps({"access_token": "a", "refresh_token": "r", "expires_at": expires_at}))

    assert tokens == Tokens(access_token="a", refresh_token="r", expires_at=EPOCH)


@pytest.mark.parametrize("text", ["", "hunter2", "[]", "null", '{"access_token": "hunter2"}', '{"expires_at": "x"}'])
def test_a_secret_without_tokens_is_told_without_being_quoted(text: str) -> None:
    with pytest.raises(TokensError) as error:
        Tokens.from_secret(text)
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_refresh_is_due_before_the_next_run_would_come_too_late() -> None:
    tokens = Tokens(access_token="a", refresh_token="r", expires_at=EPOCH + 2400)

    assert tokens.expires_within(timedelta(minutes=40), NOW)
    assert not tokens.expires_within(timedelta(minutes=39), NOW)


def test_nobody_sees_tokens_by_looking_at_them() -> None:
    assert "hunter2" not in repr(Tokens(access_token="hunter2", refresh_token="hunter2", expires_at=0))


@pytest.mark.parametrize("end", ["Infinity", "-Infinity", "NaN", "1e999"])
def test_an_end_that_is_no_instant_is_none(end: str) -> None:
    secret = '{"access_token": "a", "refresh_token": "r", "expires_at": %s, "refresh_expires_at": %s}'

    with pytest.raises(TokensError, match="lacks"):
        Tokens.from_secret(secret % (end, 0))
    assert Tokens.from_secret(secret % (0, end)).refresh_expires_at is None
