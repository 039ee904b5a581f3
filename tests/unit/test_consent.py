"""Consent: the state, the address, and what a browser may bring back."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from smarther.domain.account.consent import (
    STATE_BYTES,
    Given,
    NotGiven,
    Scope,
    authorisation_address,
    has_state_form,
    returned,
    state_digest,
)

STATE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


def test_a_state_has_256_random_bits_and_cannot_be_derived_from_its_digest() -> None:
    state = secrets.token_urlsafe(STATE_BYTES)

    assert has_state_form(state)
    assert state not in state_digest(state)


@pytest.mark.parametrize(
    ("scope", "asked"),
    [(Scope.READING, "comfort.read topology.read"), (Scope.CONTROL, "comfort.read comfort.write")],
)
def test_the_address_of_consent_is_encoded_to_the_letter(scope: Scope, asked: str) -> None:
    address = authorisation_address(
        "https://login.example/",
        client_id="a b&c",
        redirect_uri="https://ours.example/callback",
        state=STATE,
        scope=scope,
    )

    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "login.example", "/authorize")
    assert parse_qs(parts.query) == {
        "client_id": ["a b&c"],
        "response_type": ["code"],
        "redirect_uri": ["https://ours.example/callback"],
        "state": [STATE],
        "scope": [asked],
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"code": "c0de", "state": STATE}, Given("c0de", STATE)),
        ({"code": "c" * 8192, "state": STATE}, Given("c" * 8192, STATE)),
        ({"code": "c" * 8193, "state": STATE}, NotGiven.INCOMPLETE),
        ({"code": "with space", "state": STATE}, NotGiven.INCOMPLETE),
        ({"code": "", "state": STATE}, NotGiven.INCOMPLETE),
        ({"state": STATE}, NotGiven.INCOMPLETE),
        ({"code": "c0de"}, NotGiven.INCOMPLETE),
        ({"code": "c0de", "state": STATE[:-1]}, NotGiven.INCOMPLETE),
        ({"code": "c0de", "state": f"{STATE},{STATE}"}, NotGiven.INCOMPLETE),
        ({}, NotGiven.INCOMPLETE),
        ({"error": "access_denied", "state": STATE}, NotGiven.DECLINED),
        ({"error": "access_denied", "code": "c0de", "state": STATE}, NotGiven.DECLINED),
        ({"error": "invalid_scope", "state": STATE}, NotGiven.SCOPE_REFUSED),
        ({"error": "server_error", "error_description": "<script>"}, NotGiven.FAILED),
    ],
)
def test_what_the_browser_brings_back(query: dict[str, str], found: Any) -> None:
    assert returned(query) == found


def test_nobody_sees_a_code_by_looking_at_it() -> None:
    assert "hunter2" not in repr(Given("hunter2", "hunter2"))
