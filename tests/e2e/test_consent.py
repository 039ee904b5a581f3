"""Consent over HTTP: the stand-in's login, the redirect, the callback, tokens, subscriptions, and then pushes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.running import owner

if TYPE_CHECKING:
    from tests.e2e.conftest import Home


def test_consent_ends_with_tokens_saved_and_every_plant_subscribed_once(home: Home) -> None:
    tokens = json.loads(home.secret("TokensSecretArn") or "{}")
    assert {"access_token", "refresh_token", "expires_at"} <= set(tokens)

    plants = {plant["id"] for plant in home.control("plants")["plants"]}
    ours = [each for each in home.control("summary")["subscriptions"] if each["ours"]]
    assert sorted(each["plant_id"] for each in ours) == sorted(plants)


def test_other_applications_subscriptions_are_left_alone(home: Home) -> None:
    summary = home.control("summary")

    assert [each for each in summary["subscriptions"] if not each["ours"]]
    assert summary["other_applications_entries_deleted"] == 0


def test_a_second_run_of_the_keeper_changes_nothing(home: Home) -> None:
    before = home.control("summary")["subscriptions"]

    report = home.run_keeper()

    assert report["outcome"] == "healthy"
    assert home.control("summary")["subscriptions"] == before


def test_refusing_consent_is_told_plainly_and_changes_nothing(home: Home) -> None:
    before = home.secret("TokensSecretArn")

    page = httpx.get(owner.decide(owner.consent_address(home.state), "refuse"), timeout=60)

    assert page.is_client_error
    assert "text/html" in page.headers["content-type"]
    assert home.secret("TokensSecretArn") == before


@pytest.mark.shows("consent needs a state")
def test_a_state_is_good_only_once(home: Home) -> None:
    back = owner.decide(owner.consent_address(home.state), "allow")
    assert httpx.get(back, timeout=60).status_code == httpx.codes.OK

    again = httpx.get(back, timeout=60)

    assert again.is_client_error


def test_consent_given_again_mends_a_revoked_refresh_token(home: Home) -> None:
    home.control("revoke", {"access": True, "refresh": True})
    assert home.run_keeper()["outcome"] == "needs_person"

    page = owner.give_consent(home.state)

    assert page.status_code == httpx.codes.OK
    assert home.run_keeper()["outcome"] == "healthy"


def test_a_webhook_of_ours_that_is_no_longer_wanted_is_removed(home: Home) -> None:
    plant = home.control("plants")["plants"][0]["id"]
    stale = f"{home.outputs['WebhookBaseUrl']}/notifications/{'o' * 43}"
    home.control("subscriptions", {"plant_id": plant, "EndPointUrl": stale, "application": "ours before"})

    home.run_keeper()

    assert stale not in json.dumps(home.control("subscriptions"))
