"""A stranger who calls learns nothing, costs next to nothing, and breaks nothing.

What is sent is drawn from `docs/openapi.yaml`, from what it allows and far beyond, and every answer has to be one that
it describes. `make fuzz` draws many more of them.
"""

from __future__ import annotations

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox.running import access, owner
from smarther.domain.account.consent import NotGiven
from smarther.drawing.consent_page import HEADERS, NOT_VALID, html, page_without
from smarther.receiver.authenticate import REFRESH
from tests.support.api_description import operations
from tests.support.envelopes import envelope, status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.running.access import Decision
    from tests.e2e.conftest import Home

fuzzed = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "80")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

NOTIFY, CALLBACK = operations()["notify"], operations()["callback"]
GUESSES = 30
OF_THE_CALL = {"apigw-requestid", "connection", "date"}
"""The headers that differ from answer to answer, whatever was asked."""
LEAKS = re.compile(rb'Traceback|File "|stackTrace|errorMessage|errorType|/var/task|arn:aws|site-packages')


# ---- what callers send


def of_schema(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Texts that a schema of the description allows."""
    return st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else st.text(max_size=100)


texts = st.text(max_size=200) | st.sampled_from(
    ["<script>alert(1)</script>", "https://evil.example/", "//evil.example", "\r\nX-Evil: 1", "{{7*7}}", "'\"--", "\0"]
)
segments = (
    of_schema(NOTIFY.parameters("path")["secret"])
    | texts.map(lambda text: quote(text, safe=""))
    | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#"), max_size=300)
    | st.integers(1, 4_000).map(lambda size: "a" * size)
)
numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(10**50), 1e308, 5e-324])
trees: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=30,
)
spoilt = st.builds(
    lambda name, tree: [envelope(status("a-stranger", **{name: tree}))],
    st.sampled_from(sorted(status(""))) | texts,
    trees,
)
bombs = st.builds(
    lambda opening, closing, size: opening * size + closing * size,
    st.sampled_from(["[", "{", '{"a":', '[{"a":', "9", "1e9", '"\\ud800', '{"data":[', "[[],", '"', " "]),
    st.sampled_from(["", "]", "}", '"', "0"]),
    st.integers(1, 20_000),
)
bodies = (
    st.binary(max_size=3_000) | (trees | spoilt).map(lambda tree: json.dumps(tree).encode()) | bombs.map(str.encode)
)
kinds = st.sampled_from(
    [*NOTIFY.described["requestBody"]["content"], "text/plain", "image/png", "multipart/form-data", ""]
)
headers = st.fixed_dictionaries(
    {"Content-Type": kinds},
    optional={
        name: st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60)
        for name in (
            "Accept",
            "Content-Encoding",
            "Cookie",
            "Origin",
            "X-Api-Key",
            "X-Forwarded-For",
            "X-HTTP-Method-Override",
        )
    },
)
queries = st.lists(
    st.one_of(
        *(st.tuples(st.just(name), of_schema(schema) | texts) for name, schema in CALLBACK.parameters("query").items()),
        st.tuples(texts | st.sampled_from(["redirect_uri", "next", "url"]), texts),
    ),
    max_size=8,
).map(urlencode)


# ---- what they get


@pytest.fixture(scope="module")
def caller(bare_home: Home) -> Iterator[Caller]:
    with httpx.Client(timeout=60) as client:
        yield Caller(client, bare_home.outputs["WebhookBaseUrl"])


class Caller:
    """Calls the API with any path at all, spelled as it is."""

    def __init__(self, client: httpx.Client, base: str) -> None:
        self._client = client
        self._base = httpx.URL(base)

    def call(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> httpx.Response:
        url = self._base.copy_with(raw_path=self._base.raw_path + path.encode())
        answer = self._client.request(method, url, content=body, headers=headers)
        assert not answer.is_server_error, answer.status_code
        assert not LEAKS.search(answer.content)
        assert "location" not in answer.headers
        return answer

    def unknown(self) -> object:
        """What an address gets that does not exist."""
        return seen(self.call("POST", "/nowhere"))


def seen(answer: httpx.Response) -> object:
    """All that a caller gets to see, but for what differs from call to call."""
    lines = {name: value for name, value in answer.headers.raw if name.decode().lower() not in OF_THE_CALL}
    return answer.status_code, lines, answer.content


def content(answer: httpx.Response) -> Any:
    return answer.json() if answer.headers["content-type"] == "application/json" else answer.text


def role_calls(home: Home, logical_id: str, *, after: int) -> list[Decision]:
    role = home.physical(logical_id)
    return [each for each in access.decisions(after=after) if each.role == role]


# ---- the notifications' route


@pytest.mark.shows("guesses are answered alike", "strangers cause no 5xx")
@fuzzed
@given(guess=segments, body=bodies, sent=headers)
@example(guess="%00", body=b"[]", sent={})
@example(guess="%ff", body=b"[]", sent={})
@example(guess="..%2f..%2fcallback", body=b"[]", sent={})
@example(guess="", body=b"", sent={})
def test_whatever_is_guessed_the_answer_is_that_of_an_unknown_address(
    caller: Caller, guess: str, body: bytes, sent: dict[str, str]
) -> None:
    assert seen(caller.call("POST", f"/notifications/{guess}", body, sent)) == caller.unknown()


@pytest.mark.shows("guesses are answered alike")
@fuzzed
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]), path=st.lists(segments, min_size=1, max_size=3)
)
def test_any_other_path_and_method_is_unknown(caller: Caller, method: str, path: list[str]) -> None:
    address = "/" + "/".join(path)
    known = any(
        method == each.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), address)
        for each in (NOTIFY, CALLBACK)
    )

    assert known or seen(caller.call(method, address)) == caller.unknown()


@pytest.mark.shows("mad values stop no reader")
@fuzzed
@given(body=bodies, sent=headers)
def test_a_genuine_caller_gets_a_described_answer_whatever_it_sends(
    caller: Caller, bare_home: Home, body: bytes, sent: dict[str, str]
) -> None:
    path = bare_home.webhook_path()

    answer = caller.call("POST", path, body, sent)

    assert answer.status_code == httpx.codes.OK
    assert NOTIFY.complaints(answer.status_code, answer.headers, content(answer)) == []


@pytest.mark.shows("mad values stop no reader")
def test_a_genuine_caller_that_sends_mad_numbers_takes_nobody_down(home: Home) -> None:
    """DynamoDB holds far larger numbers than a Python program is used to, and writes them out in full."""
    module_id = home.control("plants")["plants"][-1]["modules"][-1]["id"]
    large, small = 9.9e124, 1e-129
    mad = {
        "setPoint": {"value": large, "unit": "C"},
        "thermometer": {"measures": [{"value": -large, "unit": "C"}]},
        "hygrometer": {"measures": [{"value": small, "unit": "%"}]},
        "unheard-of": [large, small, 10**50],
        "time": datetime.now(UTC).isoformat(),
    }

    assert home.recorded([envelope(status(module_id, **mad))])["stored"] == 1

    assert home.run_keeper()["outcome"] == "healthy"
    assert "continue_from" not in home.roll_up()
    assert "<svg" in home.widget()


@pytest.mark.shows("guessing the webhook is cheap")
def test_guessing_the_webhook_costs_a_look_now_and_then_and_keeps_nothing(caller: Caller, bare_home: Home) -> None:
    caller.call("POST", "/notifications/" + "y" * 43)
    before, items, begun = len(access.decisions()), bare_home.items(), time.monotonic()

    for number in range(GUESSES):
        caller.call("POST", f"/notifications/{number:043}", json.dumps([envelope(status("a-stranger"))]).encode())

    calls = role_calls(bare_home, "ReceiverRole", after=before)
    assert {each.action for each in calls} <= {"dynamodb:GetItem"}
    assert len(calls) <= 1 + (time.monotonic() - begun) // REFRESH.total_seconds()
    assert bare_home.items() == items


# ---- the callback


@pytest.mark.shows("strangers cause no 5xx")
@fuzzed
@given(query=queries, sent=headers)
@example(query="error=access_denied&error_description=<script>alert(1)</script>", sent={})
@example(query="code=a&state=" + "x" * 43 + "&redirect_uri=https://evil.example", sent={})
@example(query="code=%ff%fe&state=%00", sent={})
def test_the_callback_shows_a_stranger_one_of_four_pages_that_are_always_the_same(
    caller: Caller, query: str, sent: dict[str, str]
) -> None:
    answer = caller.call("GET", f"/callback?{query}", headers=sent)

    pages = {(page.status, html(page)) for page in (*map(page_without, NotGiven), NOT_VALID)}
    assert (answer.status_code, answer.text) in pages
    assert CALLBACK.complaints(answer.status_code, answer.headers, content(answer)) == []
    added = {name: value for name, value in answer.headers.items() if name not in {*OF_THE_CALL, "content-length"}}
    assert added == {name.lower(): value for name, value in HEADERS.items()}


@pytest.mark.shows("guessing a state is cheap")
def test_guessing_a_state_costs_one_write_and_never_reaches_the_keeper(caller: Caller, bare_home: Home) -> None:
    before = len(access.decisions())

    for number in range(GUESSES):
        caller.call("GET", f"/callback?code=guessed&state={number:043}")

    calls = role_calls(bare_home, "CallbackRole", after=before)
    assert [each.action for each in calls] == ["dynamodb:UpdateItem"] * GUESSES
    assert role_calls(bare_home, "KeeperRole", after=before) == []


@pytest.mark.shows("guessing a state is cheap")
def test_what_cannot_be_a_state_costs_nothing_at_all(caller: Caller, bare_home: Home) -> None:
    before = len(access.decisions())

    for number in range(GUESSES):
        caller.call("GET", f"/callback?code=guessed&state={number}&error={'' if number % 2 else 'access_denied'}")

    assert role_calls(bare_home, "CallbackRole", after=before) == []


@pytest.mark.shows("consent needs a state")
def test_of_many_who_bring_the_same_state_at_once_one_is_let_in(home: Home) -> None:
    back = owner.decide(owner.consent_address(home.state), "allow")

    with ThreadPoolExecutor(4) as browsers:
        answers = list(browsers.map(lambda _: httpx.get(back, timeout=60), range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403]
