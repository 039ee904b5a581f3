import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.legrand import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Provider, Settings
from sandbox.legrand.account.answer import Answer
from sandbox.legrand.account.clock import MovableClock
from sandbox.legrand.account.login import STYLES, Application
from sandbox.legrand.variants import TokenFields, Variants
from tests.sandbox.legrand.account import FORM, QUERY, Account

OBSERVED = Path("../shared/reference/payloads/error_bodies__observed_shapes.json")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def error_of(answer: Answer) -> tuple[int, str]:
    """Status and the code that tells what it means."""
    description = answer.value["error_description"]
    return answer.status, description.partition(":")[0] if description.startswith("AADB2C") else answer.value["error"]


def known(provider: Provider) -> Application:
    application = provider.login.application(CLIENT_ID)
    assert application is not None
    return application


# Consent


def test_consent_page_names_who_asks_and_which_homes(account: Account) -> None:
    page = account.desk.show_consent(QUERY)

    assert page.status == 200
    text = page.content.decode()
    assert all(words in text for words in ("Smarther Recorder", "Casa in città", "Baita di montagna"))
    assert {'value="allow"', 'value="refuse"'} <= set(text.replace(">", " ").split())


def test_names_on_the_consent_page_stay_text(account: Account) -> None:
    account.provider.login.register(replace(known(account.provider), name="<script>alert(1)</script>"))

    assert b"<script>" not in account.desk.show_consent(QUERY).content


def test_allowing_leads_back_with_code_and_state(account: Account) -> None:
    answer = account.desk.decide(QUERY, b"decision=allow")

    back = urlsplit(answer.headers["Location"])
    assert answer.status == 302
    assert f"{back.scheme}://{back.netloc}{back.path}" == REDIRECT_URI
    assert parse_qs(back.query)["state"] == [QUERY["state"]]
    assert set(parse_qs(back.query)) == {"code", "state"}


@pytest.mark.parametrize("body", [b"decision=refuse", b"", b"decision=allow&decision=refuse"])
def test_anything_but_allowing_leads_back_with_access_denied(account: Account, body: bytes) -> None:
    back = urlsplit(account.desk.decide(QUERY, body).headers["Location"])

    assert parse_qs(back.query) == {"error": ["access_denied"], "state": [QUERY["state"]]}


def test_a_registered_address_with_a_query_keeps_it(account: Account) -> None:
    uri = "https://owner.example/callback?from=legrand"
    account.provider.login.register(replace(known(account.provider), redirect_uris=(uri,)))

    location = account.desk.decide({**QUERY, "redirect_uri": uri}, b"decision=allow").headers["Location"]
    assert location.startswith(f"{uri}&code=")


@pytest.mark.shows("redirect address to the letter")
@pytest.mark.parametrize("change", [{"redirect_uri": REDIRECT_URI + "/"}, {"redirect_uri": ""}])
def test_another_address_than_a_registered_one_is_refused_to_the_letter(
    account: Account, change: dict[str, str]
) -> None:
    for answer in (account.desk.show_consent(QUERY | change), account.desk.decide(QUERY | change, b"decision=allow")):
        assert answer.status == 400
        assert answer.value == {
            "error": "invalid_request",
            "error_description": "The reply url host xxxxx doesn't match with the ones configured on the application",
        }


@pytest.mark.parametrize("change", [{"client_id": "stranger"}, {"response_type": "token"}])
def test_a_request_for_consent_that_makes_no_sense_is_refused(account: Account, change: dict[str, str]) -> None:
    assert account.desk.show_consent(QUERY | change).status == 400


def test_an_application_has_ten_redirect_addresses_at_most(provider: Provider) -> None:
    ten = tuple(f"https://owner.example/{number}" for number in range(10))
    assert replace(known(provider), redirect_uris=ten).redirect_uris == ten
    with pytest.raises(ValueError, match="up to 10"):
        replace(known(provider), redirect_uris=(*ten, "https://owner.example/10"))


# Codes


def test_a_code_gives_tokens_once(account: Account) -> None:
    code = account.code()

    assert account.ask_token(grant_type="authorization_code", code=code).status == 200
    replay = account.ask_token(grant_type="authorization_code", code=code)
    assert error_of(replay) == (400, "AADB2C90080")


def test_a_code_lives_five_minutes(account: Account, clock: MovableClock) -> None:
    early, late = account.code(), account.code()

    clock.advance(5 * MINUTE - timedelta(seconds=1))
    assert account.ask_token(grant_type="authorization_code", code=early).status == 200
    clock.advance(timedelta(seconds=1))
    assert error_of(account.ask_token(grant_type="authorization_code", code=late)) == (400, "AADB2C90080")


def test_a_code_is_good_for_its_own_application_only(account: Account) -> None:
    other = replace(known(account.provider), client_id="other", client_secret="other's")
    account.provider.login.register(other)

    code = account.code()
    stolen = account.ask_token(client_id="other", client_secret="other's", grant_type="authorization_code", code=code)
    assert error_of(stolen) == (400, "AADB2C90080")
    assert account.ask_token(grant_type="authorization_code", code=code).status == 200


# Refresh tokens


@pytest.mark.shows("life of tokens")
def test_a_refresh_gives_a_new_pair_and_revokes_the_old_refresh_token_at_once(account: Account) -> None:
    first = account.log_in()

    second = account.refresh(first["refresh_token"])
    assert second.status == 200
    assert second.value["refresh_token"] != first["refresh_token"]
    assert second.value["access_token"] != first["access_token"]

    assert error_of(account.refresh(first["refresh_token"])) == (400, "AADB2C90080")
    assert account.refresh(second.value["refresh_token"]).status == 200


def test_the_newest_refresh_token_is_known(account: Account) -> None:
    newest = account.refresh(account.log_in()["refresh_token"]).value["refresh_token"]
    assert account.provider.login.newest_refresh_token == newest


@pytest.mark.shows("life of tokens")
def test_a_refresh_token_lives_ninety_days_without_use(account: Account, clock: MovableClock) -> None:
    token = account.log_in()["refresh_token"]
    clock.advance(90 * DAY - timedelta(seconds=1))
    renewed = account.refresh(token)
    assert renewed.status == 200

    clock.advance(90 * DAY)
    assert error_of(account.refresh(renewed.value["refresh_token"])) == (400, "AADB2C90080")


def test_revoking_ends_the_chosen_tokens(account: Account) -> None:
    tokens = account.log_in()
    account.provider.login.revoke(access=True, refresh=False)
    assert account.call("GET", "/plants").value == {"statusCode": 401, "message": "Unauthorized"}
    renewed = account.refresh(tokens["refresh_token"])
    assert renewed.status == 200

    account.provider.login.revoke(access=False, refresh=True)
    assert error_of(account.refresh(renewed.value["refresh_token"])) == (400, "AADB2C90080")


def test_live_and_dead_tokens_are_counted(provider: Provider, clock: MovableClock) -> None:
    account = Account(provider)
    account.refresh(account.log_in()["refresh_token"])
    counts = provider.login.counts()
    assert (counts.access_live, counts.access_dead, counts.refresh_live, counts.refresh_dead) == (2, 0, 1, 1)

    clock.advance(timedelta(hours=1))
    counts = provider.login.counts()
    assert (counts.access_live, counts.access_dead, counts.refresh_live, counts.refresh_dead) == (0, 2, 1, 1)


# The client


def test_a_wrong_client_secret_is_refused_and_spends_nothing(account: Account) -> None:
    token = account.log_in()["refresh_token"]

    refused = account.ask_token(client_secret="wrong", grant_type="refresh_token", refresh_token=token)
    assert error_of(refused) == (400, "AADB2C90081")
    assert account.refresh(token).status == 200


@pytest.mark.shows("life of a client secret")
def test_a_client_secret_is_good_for_a_year(account: Account, clock: MovableClock) -> None:
    clock.advance(365 * DAY - timedelta(seconds=1))
    assert account.log_in()

    clock.advance(timedelta(seconds=1))
    assert error_of(account.ask_token(grant_type="authorization_code", code=account.code())) == (400, "AADB2C90085")
    account.provider.login.register(replace(known(account.provider), secret_created_at=clock.now()))
    assert account.log_in()


def test_an_expired_client_secret_spends_no_refresh_token(account: Account, clock: MovableClock) -> None:
    token = account.log_in()["refresh_token"]
    application = known(account.provider)
    account.provider.login.register(replace(application, secret_created_at=clock.now() - 365 * DAY))

    assert error_of(account.refresh(token)) == (400, "AADB2C90085")
    account.provider.login.register(application)
    assert account.refresh(token).status == 200


@pytest.mark.shows("client secret in the form")
def test_awkward_characters_in_the_secret_must_be_encoded(account: Account) -> None:
    assert set(CLIENT_SECRET) & set("'\"&+%=;")
    code = account.code()
    raw = f"client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&grant_type=authorization_code&code={code}"

    assert error_of(account.desk.token(raw.encode(), FORM)) == (400, "AADB2C90081")
    assert account.ask_token(grant_type="authorization_code", code=code).status == 200


@pytest.mark.parametrize("content_type", ["application/json", "", "multipart/form-data; boundary=x"])
def test_only_a_form_is_taken(account: Account, content_type: str) -> None:
    assert account.desk.token(b"{}", content_type).value["error"] == "invalid_request"


def test_bytes_that_no_form_has_are_refused(account: Account) -> None:
    assert account.desk.token("client_id=città".encode(), FORM).status == 400


def test_basic_authentication_is_not_supported(account: Account) -> None:
    body = f"grant_type=authorization_code&code={account.code()}"
    assert account.desk.token(body.encode(), FORM).value["error"] == "invalid_client"


def test_an_unknown_grant_type_is_refused(account: Account) -> None:
    assert account.ask_token(grant_type="password").value["error"] == "unsupported_grant_type"


def test_token_calls_are_not_in_the_api_quota(account: Account) -> None:
    account.log_in()
    assert account.provider.quota.calls_today == 0


# The shape of answers


def tokens_in_style(style: TokenFields, clock: MovableClock) -> dict[str, Any]:
    return Account(Provider(Settings(variants=Variants(token_fields=style)), clock, Random(1))).log_in()  # noqa: S311 - repeatable


@pytest.mark.shows("token_fields")
@pytest.mark.parametrize(
    ("style", "expires_in", "expires_on"),
    [
        ("numbers", 3600, 1763643600),
        ("strings", "3600", "1763643600"),
        ("expires_in", 3600, None),
        ("expires_on", None, "1763643600"),
        ("neither", None, None),
    ],
)
def test_types_and_presence_of_token_fields_vary(
    style: TokenFields, expires_in: Any, expires_on: Any, clock: MovableClock
) -> None:
    tokens = tokens_in_style(style, clock)

    assert (tokens.get("expires_in"), tokens.get("expires_on")) == (expires_in, expires_on)
    assert tokens["token_type"] == "Bearer"
    assert int(tokens["refresh_token_expires_in"]) == 90 * 86400
    assert json.loads(base64.urlsafe_b64decode(tokens["profile_info"]))


@pytest.mark.shows("token_fields")
def test_mixed_goes_through_all_styles(provider: Provider) -> None:
    provider.use_variants(Variants(token_fields="mixed"))
    account = Account(provider)
    seen = [account.log_in() for _ in STYLES]

    assert {type(tokens.get("expires_in")) for tokens in seen} == {int, str, type(None)}
    assert {type(tokens.get("expires_on")) for tokens in seen} == {int, str, type(None)}


@pytest.mark.shows("code or refresh token is over")
def test_error_bodies_are_those_that_clients_met(account: Account, clock: MovableClock) -> None:
    if not OBSERVED.exists():
        pytest.skip("the observed bodies are not at hand")
    observed = {key.partition(" ")[0]: body for key, body in json.loads(OBSERVED.read_text()).items()}

    wrong_url = account.desk.show_consent(QUERY | {"redirect_uri": "https://elsewhere.example/"})
    assert wrong_url.value == observed["authorize_bad_reply_url"]

    expired = account.refresh("unknown").value
    pattern = observed["token_invalid_grant_code_expired"]
    assert expired["error"] == pattern["error"]
    first, _, rest = pattern["error_description"].partition(" Current time")
    assert expired["error_description"].startswith(f"{first} Current time: {clock.now().timestamp():.0f}, ")
    assert expired["error_description"].count("\r\n") == rest.count("\r\n") == 3

    clock.advance(365 * DAY)
    assert account.refresh("unknown").value == observed["token_invalid_grant_client_secret_expired"]


def test_the_time_in_an_error_is_the_clocks(account: Account, clock: MovableClock) -> None:
    clock.hold(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert "Timestamp: 2026-01-02 03:04:05Z" in account.refresh("unknown").value["error_description"]
