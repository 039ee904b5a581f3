"""Legrand's answers, classed: the table row by row, and what stands behind the words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.legrand_answers import (
    LEGRAND_REASONS,
    LONGEST_WAIT,
    Announcement,
    Kind,
    ProviderAnswer,
    Reason,
    Service,
    classify,
    not_overtaken,
)

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
INPUTS = Path(__file__).resolve().parents[3] / "shared" / "inputs"
PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "reference" / "payloads"


def api(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> ProviderAnswer:
    return classify(Service.API, status, headers or {}, body, now=NOW)


def login(status: int, body: object = None, headers: dict[str, str] | None = None) -> ProviderAnswer:
    return classify(Service.LOGIN, status, headers or {}, json.dumps(body).encode(), now=NOW)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Kind.OK),
        (201, Kind.OK),
        (204, Kind.OK),
        (400, Kind.BUG),
        (401, Kind.UNAUTHORISED),
        (403, Kind.FORBIDDEN),
        (404, Kind.NOT_FOUND),
        (408, Kind.TRANSIENT),
        (409, Kind.CONFLICT),
        (410, Kind.GONE),
        (429, Kind.TRANSIENT),
        (430, Kind.BUG),
        (469, Kind.PERSON),
        (470, Kind.PERSON),
        (486, Kind.TRANSIENT),
        (500, Kind.TRANSIENT),
        (503, Kind.TRANSIENT),
        (418, Kind.STRANGE),
        (302, Kind.STRANGE),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>Service unavailable</html>", b'{"statusCode": 1}', b"[[[[", b"\xff"])
def test_an_answer_of_the_api_is_judged_by_its_status_whatever_its_body(status: int, kind: Kind, body: bytes) -> None:
    assert api(status, body).kind is kind


@pytest.mark.parametrize(
    ("headers", "body", "kind"),
    [
        (
            {},
            b'{"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 03:30:56."}',
            "quota",
        ),
        ({}, b"QUOTA EXCEEDED", "quota"),
        ({"Retry-After": "3600"}, b"", "quota"),
        ({}, b"", "forbidden"),
        ({"Retry-After": "3600"}, b'{"error": {"code": 2, "message": "Invalid access token"}}', "forbidden"),
        ({}, b'{"error": {"code": 2, "message": "Invalid access token"}}', "forbidden"),
        ({"Retry-After": "3600"}, b"<html>Forbidden</html>", "forbidden"),
    ],
)
def test_a_403_is_the_quota_only_when_it_says_so(headers: dict[str, str], body: bytes, kind: str) -> None:
    assert api(403, body, headers).kind == kind


@pytest.mark.parametrize(
    ("status", "reason"), [(469, Reason.APP_PASSWORD_EXPIRED), (470, Reason.APP_TERMS), (401, None), (500, None)]
)
def test_the_app_s_password_and_terms_are_a_person_s_business(status: int, reason: Reason | None) -> None:
    assert api(status).reason is reason


INVALID_KEY = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."
)
MISSING_KEY = (
    "Access denied due to missing subscription key. Make sure to include subscription key when making requests."
)


@pytest.mark.parametrize("words", [INVALID_KEY, MISSING_KEY, INVALID_KEY.upper()])
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_told_from_a_token_that_is(status: int, words: str) -> None:
    body = json.dumps({"statusCode": status, "message": words}).encode()

    assert api(status, body).reason is Reason.SUBSCRIPTION_KEY_REFUSED
    assert login(status, {"message": words}).reason is None


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500])
def test_words_about_a_key_mean_nothing_in_an_answer_that_refuses_nobody(status: int) -> None:
    assert api(status, INVALID_KEY.encode()).reason is None


@pytest.mark.shows("end announced")
@pytest.mark.parametrize(
    ("headers", "deprecated_on", "ends_on"),
    [
        ({"Deprecation": "@1688169600"}, date(2023, 7, 1), None),
        ({"deprecation": " @1688169600 "}, date(2023, 7, 1), None),
        ({"Deprecation": "@1688169600;policy=x"}, date(2023, 7, 1), None),
        ({"Deprecation": "@-1"}, date(1969, 12, 31), None),
        ({"Deprecation": "@999999999999999"}, None, None),
        ({"Deprecation": "@" + "9" * 400}, None, None),
        ({"Deprecation": "true"}, None, None),
        ({"Deprecation": "Sun, 11 Nov 2018 23:59:59 GMT"}, date(2018, 11, 11), None),
        ({"Sunset": "Wed, 30 Jun 2027 23:59:59 GMT"}, None, date(2027, 6, 30)),
        ({"Sunset": "Wed, 30 Jun 2027 23:59:59"}, None, date(2027, 6, 30)),
        ({"Sunset": "soon"}, None, None),
        ({"Sunset": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None, None),
        (
            {"Deprecation": "@1688169600", "Sunset": "Wed, 30 Jun 2027 23:59:59 GMT"},
            date(2023, 7, 1),
            date(2027, 6, 30),
        ),
        ({"Deprecation": "false", "Sunset": "Wed, 30 Jun 2027 23:59:59 GMT"}, None, date(2027, 6, 30)),
    ],
)
@pytest.mark.parametrize("status", [200, 204, 401, 410, 500])
def test_an_answer_announces_the_end_of_the_api_with_its_dates(
    status: int, headers: dict[str, str], deprecated_on: date | None, ends_on: date | None
) -> None:
    assert api(status, b"", headers).announced == Announcement(deprecated_on, ends_on)


@pytest.mark.parametrize("headers", [{}, {"Deprecation": ""}, {"Deprecation": "false"}, {"Deprecation": "?0"}])
def test_an_answer_that_announces_nothing_has_no_announcement(headers: dict[str, str]) -> None:
    assert api(200, b"", headers).announced is None


@given(deprecation=st.text() | st.integers().map("@{}".format), sunset=st.text())
def test_any_header_at_all_can_be_read(deprecation: str, sunset: str) -> None:
    told = api(200, b"", {"Deprecation": deprecation, "Sunset": sunset}).announced
    assert told is None or isinstance(told, Announcement)


@pytest.mark.parametrize(
    ("status", "body", "kind", "reason"),
    [
        (200, {}, Kind.OK, None),
        (400, {"error": "invalid_grant", "error_description": "AADB2C90080: expired"}, Kind.PERSON, "consent_expired"),
        (
            400,
            {
                "error": "invalid_grant",
                "error_description": "AADB2C90085: The service has encountered an internal error.",
            },
            Kind.PERSON,
            "client_secret_expired",
        ),
        (400, {"error": "invalid_grant"}, Kind.PERSON, "consent_expired"),
        (400, {"error": "invalid_grant", "error_description": None}, Kind.PERSON, "consent_expired"),
        (401, {"error": "invalid_client"}, Kind.PERSON, "credentials_refused"),
        (400, {"error": "unauthorized_client"}, Kind.PERSON, "credentials_refused"),
        (400, {"error": "invalid_request"}, Kind.BUG, None),
        (400, ["no object"], Kind.BUG, None),
        (404, None, Kind.NOT_FOUND, None),
        (410, None, Kind.GONE, None),
        (302, None, Kind.STRANGE, None),
        (403, None, Kind.STRANGE, None),
        # What passes by itself stays so, even in the words of a refusal.
        (408, {"error": "invalid_grant"}, Kind.TRANSIENT, None),
        (429, {"error": "invalid_grant"}, Kind.TRANSIENT, None),
        (500, {"error": "invalid_grant", "error_description": "AADB2C90085"}, Kind.TRANSIENT, None),
        (503, {"message": "Internal error", "code": 1}, Kind.TRANSIENT, None),
    ],
)
def test_a_refusal_of_the_login_tells_what_a_person_must_do(
    status: int, body: Any, kind: Kind, reason: str | None
) -> None:
    outcome = login(status, body)

    assert (outcome.kind, outcome.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"Retry-After": "17"}, "", 17.0),
        ({"retry-after": " 17 "}, "", 17.0),
        ({"Retry-After": "Wed, 14 Jan 2026 06:31:30 GMT"}, "", 90.0),
        ({"Retry-After": "Wed, 14 Jan 2026 06:00:00 GMT"}, "", 0.0),
        ({"Retry-After": "1.5"}, "", 1.5),
        ({"Retry-After": "0"}, "", 0.0),
        ({"Retry-After": "9223372036854775807"}, "", LONGEST_WAIT),
        ({"Retry-After": "9" * 400}, "", LONGEST_WAIT),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, "", LONGEST_WAIT),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359"}, "", LONGEST_WAIT),
        ({"Retry-After": "Mon, 01 Jan 0001 00:00:00 +2359"}, "", 0.0),
        ({"Retry-After": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, "", None),
        ({"Retry-After": "-5"}, "", None),
        ({"Retry-After": "1e400"}, "", None),
        ({"Retry-After": "nan"}, "", None),
        ({"Retry-After": "²"}, "", None),
        ({"Retry-After": "soon"}, "", None),
        ({"Retry-After": "soon"}, "Rate limit is exceeded. Try again in 60 seconds.", 60.0),
        ({}, "Rate limit is exceeded. Try again in 60 seconds.", 60.0),
        ({}, "Out of call volume quota. Quota will be replenished in 03:30:56.", 12656.0),
        ({}, "Quota will be replenished in 1.00:00:01.", 86401.0),
        ({}, "Quota will be replenished in 9999.00:00:01.", LONGEST_WAIT),
        ({}, "Quota will be replenished in " + "9" * 5000 + ".00:00:01.", None),
        ({}, "Try again later", None),
        ({}, "", None),
    ],
)
@pytest.mark.parametrize("status", [403, 429])
def test_an_answer_says_when_to_come_back(
    status: int, headers: dict[str, str], message: str, seconds: float | None
) -> None:
    body = json.dumps({"statusCode": status, "message": message}).encode()

    assert api(status, body, headers).retry_after == seconds


def test_only_what_passes_by_itself_has_a_time_to_come_back() -> None:
    assert api(404, b"", {"Retry-After": "60"}).retry_after is None


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_tells_what_to_do(reason: Reason) -> None:
    assert reason.remedy.endswith(".")


@given(status=st.integers(100, 599), body=st.binary(max_size=80), service=st.sampled_from(Service), header=st.text())
def test_any_answer_at_all_has_a_class(status: int, body: bytes, service: Service, header: str) -> None:
    outcome = classify(service, status, {"Retry-After": header}, body, now=NOW)

    assert (outcome.kind is Kind.OK) == (200 <= status < 300)
    assert (outcome.kind is Kind.PERSON) == (outcome.reason is not None)
    assert outcome.retry_after is None or 0.0 <= outcome.retry_after <= LONGEST_WAIT
    if status >= 500:
        assert outcome.kind is Kind.TRANSIENT


@given(
    number=st.integers() | st.floats() | st.integers(10**15, 10**30),
    date=st.tuples(st.integers(-(10**6), 10**22), st.integers(-99, 99999), st.integers(-99999, 99999)),
    message=st.text(),
)
def test_a_time_to_come_back_is_bounded_whatever_it_says(
    number: float, date: tuple[int, int, int], message: str
) -> None:
    year, day, offset = date
    for header in (str(number), f"Fri, {day} Dec {year} 23:59:59 {offset:+05}", f"{number}{message}"):
        for said in (message, f"Try again in {number} seconds", f"replenished in {year}.{day}:{offset}:00"):
            body = json.dumps({"message": said}).encode()
            wait = api(503, body, {"Retry-After": header}).retry_after
            assert wait is None or 0.0 <= wait <= LONGEST_WAIT


# ---- what a newer answer leaves of older ones

CLIENT = {Reason.CREDENTIALS_REFUSED, Reason.CLIENT_SECRET_EXPIRED}
GRANT = {Reason.CONSENT_EXPIRED}
KEY = {Reason.SUBSCRIPTION_KEY_REFUSED}
ACCESS = {Reason.ACCESS_REFUSED}
ACCOUNT = {Reason.APP_PASSWORD_EXPIRED, Reason.APP_TERMS}
OVERTAKES = {
    **dict.fromkeys(CLIENT, CLIENT),
    **dict.fromkeys(GRANT, CLIENT | GRANT),
    **dict.fromkeys(KEY, KEY),
    **dict.fromkeys(ACCESS, KEY | ACCESS),
    **dict.fromkeys(ACCOUNT, KEY | ACCESS | ACCOUNT),
    Reason.NO_PLANT: KEY | ACCESS | ACCOUNT | {Reason.NO_PLANT},
}
"""For each reason: the reasons known before that cannot hold any more once a service names it."""


@pytest.mark.parametrize("found", sorted(OVERTAKES))
def test_a_reason_is_over_once_the_same_door_has_come_as_far_again(found: Reason) -> None:
    assert set(not_overtaken(Reason, [found])) == set(Reason) - OVERTAKES[found]


def test_what_legrand_can_tell_is_all_looked_at_in_turn() -> None:
    assert OVERTAKES.keys() == LEGRAND_REASONS


@given(st.lists(st.sampled_from(Reason), unique=True), st.sets(st.sampled_from(Reason)))
def test_reasons_of_a_run_overtake_as_each_alone_would_and_the_others_stay_in_their_order(
    known: list[Reason], found: set[Reason]
) -> None:
    over = {each for reason in found for each in OVERTAKES.get(reason, ())}
    assert not_overtaken(known, found) == [reason for reason in known if reason not in over]


def test_deep_nesting_is_just_another_body_that_says_nothing() -> None:
    assert login(400).kind is classify(Service.LOGIN, 400, {}, b"[" * 100_000, now=NOW).kind is Kind.BUG


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the provider's payloads are not beside the project")
def test_the_shapes_that_clients_met_are_classed() -> None:
    shapes = json.loads((PAYLOADS / "error_bodies__observed_shapes.json").read_text())
    shape = {name.partition(" ")[0]: body for name, body in shapes.items()}

    assert login(400, shape["token_invalid_grant_client_secret_expired"]).reason is Reason.CLIENT_SECRET_EXPIRED
    assert login(400, shape["token_invalid_grant_code_expired"]).reason is Reason.CONSENT_EXPIRED
    quota = api(403, json.dumps(shape["apim_daily_quota"]).encode())
    assert (quota.kind, quota.retry_after) == (Kind.QUOTA, 12656.0)
    assert api(429, json.dumps(shape["apim_rate_limit"]).encode()).retry_after == 60.0


@pytest.mark.skipif(not INPUTS.is_dir(), reason="the inputs are not beside the project")
def test_the_inputs_are_classed() -> None:
    forbidden = api(403, (INPUTS / "forbidden-not-quota.json").read_bytes())
    status, *lines = (INPUTS / "retry-after.txt").read_text().strip().splitlines()
    headers = dict(line.split(": ") for line in lines)
    unavailable = api(int(status.split()[1]), b"", headers)

    assert (forbidden.kind, forbidden.retry_after) == (Kind.FORBIDDEN, None)
    assert (unavailable.kind, unavailable.retry_after) == (Kind.TRANSIENT, LONGEST_WAIT)
