"""The callback as the API calls it: a page in every case, the state used once, the keeper called at most once."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from moto import mock_aws

from smarther.domain.account.consent import STATE_LIFE, NotGiven, state_digest
from tests.support import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tests.functions.conftest import Load, Log

STATE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
CODE = "hunter2-code"
REPORT = {
    "at": "2026-01-14T06:30:00Z",
    "outcome": "healthy",
    "consent": "accepted",
    "plants": [{"plant_id": "p1", "name": "Casa in città", "subscription": "created"}],
}


class Keeper:
    """In the place of the Lambda service: notes what it is asked, and answers as it is told."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Any = REPORT
        self.failure: Exception | None = None
        self.function_error = False

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        if self.failure is not None:
            raise self.failure
        payload = {"Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return {**payload, "FunctionError": "Unhandled"} if self.function_error else payload


class Page:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.status: int = answer["statusCode"]
        self.text: str = answer["body"]
        self.headers: dict[str, str] = answer["headers"]


class Stack:
    """The function with a table, and a keeper to be told what to say."""

    def __init__(self, app: ModuleType) -> None:
        self.app = app
        self.keeper = Keeper()
        app.callback.keeper._client = self.keeper

    def begin(self, state: str = STATE, at: datetime | None = None) -> None:
        self.app.callback.consents.begin(state, at or datetime.now(UTC))

    def open(self, **query: str) -> Page:
        return self.send({"queryStringParameters": query} if query else {})

    def send(self, event: dict[str, Any]) -> Page:
        return Page(self.app.handler(event, None))


@pytest.fixture
def stack(load: Load, log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("TABLE_NAME", deployed.TABLE)
    monkeypatch.setenv("KEEPER_FUNCTION_NAME", "the-keeper")
    with mock_aws():
        deployed.create_table()
        yield Stack(load("callback"))


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((deployed.PROJECT / "events" / "callback" / f"{name}.json").read_text())
    return found


def test_consent_is_handed_to_the_keeper_and_its_homes_are_shown(stack: Stack) -> None:
    stack.begin()

    page = stack.open(code=CODE, state=STATE)

    assert page.status == 200
    assert "Casa in città" in page.text
    (asked,) = stack.keeper.asked
    assert asked["FunctionName"] == "the-keeper"
    assert json.loads(asked["Payload"]) == {"consent": {"code": CODE, "id": state_digest(STATE)}}
    assert asked.get("InvocationType", "RequestResponse") == "RequestResponse"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("access_denied", NotGiven.DECLINED),
        ("invalid_scope", NotGiven.SCOPE_REFUSED),
        ("server_error", NotGiven.FAILED),
    ],
)
def test_an_error_uses_the_state_up_and_is_its_outcome(stack: Stack, error: str, outcome: NotGiven) -> None:
    stack.begin()

    assert stack.open(error=error, state=STATE).status in {400, 403}

    assert stack.app.callback.consents.of(STATE).not_given is outcome
    assert stack.open(code=CODE, state=STATE).status == 403
    assert stack.keeper.asked == []


def test_coming_back_without_a_code_leaves_the_state_good(stack: Stack) -> None:
    stack.begin()

    assert stack.open(state=STATE).status == 400

    assert stack.open(code=CODE, state=STATE).status == 200


@pytest.mark.shows("consent needs a state")
def test_a_state_is_good_once(stack: Stack) -> None:
    stack.begin()
    assert stack.open(code=CODE, state=STATE).status == 200

    replayed = stack.open(code=CODE, state=STATE)

    assert replayed.status == 403
    assert "no longer valid" in replayed.text
    assert len(stack.keeper.asked) == 1


@pytest.mark.shows("consent needs a state")
@pytest.mark.parametrize("begun", [None, STATE_LIFE, timedelta(days=1)])
def test_a_state_that_is_too_old_or_was_never_begun_opens_nothing(stack: Stack, begun: timedelta | None) -> None:
    if begun is not None:
        stack.begin(at=datetime.now(UTC) - begun)

    assert stack.open(code=CODE, state=STATE).status == 403
    assert stack.keeper.asked == []


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("given", 403, "no longer valid"),
        ("declined", 403, "did not give consent"),
        ("failed", 400, "could not complete"),
        ("without_code", 400, "not complete"),
        ("bare", 400, "not complete"),
    ],
)
def test_each_example_event_gets_its_page(stack: Stack, name: str, status: int, words: str) -> None:
    page = stack.send(event(name))

    assert page.status == status
    assert words in page.text
    assert stack.keeper.asked == []


@pytest.mark.parametrize(
    ("report", "status", "words"),
    [
        ({"consent": "refused"}, 400, "did not accept"),
        ({"consent": "unavailable"}, 503, "does not answer"),
        ({"consent": "not_configured"}, 500, "cannot log in"),
        ({"outcome": "busy", "consent": None}, 503, "busy"),
        ({"consent": None}, 500, "went wrong"),
        ({"plants": []}, 200, "no home"),
    ],
)
def test_each_outcome_of_the_keeper_has_its_page(stack: Stack, report: dict[str, Any], status: int, words: str) -> None:
    stack.begin()
    stack.keeper.answer = REPORT | report

    page = stack.open(code=CODE, state=STATE)

    assert page.status == status
    assert words in page.text


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ReadTimeoutError(endpoint_url="https://lambda"), 202),
        (ConnectTimeoutError(endpoint_url="https://lambda"), 500),
        (ClientError({"Error": {"Code": "TooManyRequestsException", "Message": CODE}}, "Invoke"), 500),
    ],
)
def test_a_keeper_that_cannot_be_reached_is_told_and_never_called_twice(
    stack: Stack, log: Log, failure: Exception, status: int
) -> None:
    stack.begin()
    stack.keeper.failure = failure

    page = stack.open(code=CODE, state=STATE)

    assert page.status == status
    assert len(stack.keeper.asked) == 1
    assert CODE not in log.text


@pytest.mark.parametrize("answer", [None, [], "odd", {}, {"errorMessage": CODE}])
def test_an_answer_that_is_no_report_is_told(stack: Stack, log: Log, answer: Any) -> None:
    stack.begin()
    stack.keeper.answer = answer

    assert stack.open(code=CODE, state=STATE).status == 500
    assert CODE not in log.text


def test_a_keeper_that_fails_is_told(stack: Stack) -> None:
    stack.begin()
    stack.keeper.function_error = True

    assert stack.open(code=CODE, state=STATE).status == 500


def test_a_table_that_is_out_of_order_is_told(stack: Stack) -> None:
    stack.begin()
    stack.app.callback.consents._table._client.delete_table(TableName=deployed.TABLE)

    assert stack.open(code=CODE, state=STATE).status == 500
    assert stack.keeper.asked == []


def test_the_client_asks_the_keeper_once_and_gives_up_before_the_api_does(load: Load, stack: Stack) -> None:
    config = load("callback").callback.keeper._client.meta.config

    assert config.retries == {"total_max_attempts": 1, "mode": "standard"}
    assert config.connect_timeout + config.read_timeout < 29


@pytest.mark.shows("consent page is fixed")
@pytest.mark.parametrize(
    "query",
    [
        {"code": CODE, "state": STATE},
        {"code": "<script>alert(1)</script>", "state": STATE},
        {"code": CODE, "state": "<script>alert(1)</script>"},
        {"error": "<script>alert(1)</script>", "error_description": "hunter2"},
        {"error": "access_denied", "error_description": "<script>alert(1)</script>hunter2"},
    ],
)
def test_nothing_that_came_with_the_request_is_shown_or_logged(stack: Stack, log: Log, query: dict[str, str]) -> None:
    page = stack.open(**query)

    for word in ("<script", "alert(1)", "hunter2", STATE):
        assert word not in page.text
        assert word not in log.text
        assert word not in str(page.headers)


@pytest.mark.shows("consent page is fixed")
def test_every_page_has_the_strict_headers(stack: Stack) -> None:
    page = stack.open()

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_what_came_of_a_consent_is_one_record(stack: Stack, log: Log) -> None:
    stack.open()

    (record,) = log.records
    assert (record["message"], record["status"]) == ("consent_answered", 400)


@pytest.mark.parametrize("odd", [{"queryStringParameters": None}, {"queryStringParameters": "odd"}, {}])
def test_an_odd_event_gets_a_page_as_well(stack: Stack, odd: dict[str, Any]) -> None:
    assert stack.send(odd).status == 400
