"""Every client of every function gives up before the function's own time is over, so that a failure is heard of.

botocore's defaults are 60 seconds to connect, 60 to read, and five attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest

from labs.translated import as_written
from smarther.aws import tiny_client
from smarther.receiver import deadlines, rehearse
from tests.support import deployed
from tests.support import faulty_service as faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smarther.aws.timeouts import Timeouts
    from tests.functions.conftest import Load

TEMPLATE = as_written()
FUNCTIONS = {
    resource["Properties"]["CodeUri"].removeprefix("functions/"): resource["Properties"]
    for resource in TEMPLATE["Resources"].values()
    if resource["Type"] == "AWS::Serverless::Function"
}


@dataclass(frozen=True, slots=True)
class Made:
    """A client that a function made when it started, and the longest that one call of it can take."""

    service: str
    seconds: float


def longest(connect: float, read: float, attempts: int) -> float:
    """Each attempt to its end, and botocore's longest pauses between them (its standard mode: 1, 2, 4 … 20 seconds)."""
    return attempts * (connect + read) + sum(min(2.0**number, 20.0) for number in range(attempts - 1))


def of_config(config: Any) -> float:
    """The longest call of a client with this configuration; with none, of botocore's own."""
    if config is None:
        return longest(60, 60, 5)
    retries = config.retries or {}
    return longest(config.connect_timeout, config.read_timeout, retries.get("total_max_attempts", 5))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Made]]:
    """The clients that are made from now on, by botocore or by us; none of them reaches anything."""
    found: list[Made] = []
    create, begin = botocore.session.Session.create_client, tiny_client.TinyClient.__init__

    def created(self: Any, service: str, **more: Any) -> Any:
        found.append(Made(service, of_config(more.get("config"))))
        return create(self, service, **more)

    def begun(self: Any, service: str, timeouts: Timeouts, environ: Any) -> None:
        found.append(Made(service, longest(timeouts.connect_seconds, timeouts.read_seconds, timeouts.attempts)))
        begin(self, service, timeouts, environ)

    monkeypatch.setattr(botocore.session.Session, "create_client", created)
    monkeypatch.setattr(tiny_client.TinyClient, "__init__", begun)
    with faults.refusing_address() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield found


def environment(properties: dict[str, Any]) -> dict[str, str]:
    """The function's variables: the defaults of parameters, and words in the place of what the deploy makes."""
    shared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return {
        name: str(TEMPLATE["Parameters"][value["Ref"]]["Default"])
        if isinstance(value, dict) and value.get("Ref") in TEMPLATE["Parameters"]
        else f"https://{name.lower().replace('_', '-')}.example"
        for name, value in (shared | properties["Environment"]["Variables"]).items()
        if name != "AWS_ENDPOINT_URL"
    }


def clients(name: str, load: Load, made: list[Made], monkeypatch: pytest.MonkeyPatch) -> list[Made]:
    """The clients of a function that has just started."""
    for variable, value in environment(FUNCTIONS[name]).items():
        monkeypatch.setenv(variable, value)
    load(name)
    return made


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_call_of_a_client_can_take_as_long_as_its_function(
    name: str, load: Load, made: list[Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = clients(name, load, made, monkeypatch)
    assert found
    assert not [each for each in found if each.seconds >= FUNCTIONS[name]["Timeout"]]


def test_the_callback_has_time_to_ask_the_table_and_then_the_keeper(
    load: Load, made: list[Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = clients("callback", load, made, monkeypatch)
    assert {each.service for each in found} == {"dynamodb", "lambda"}
    assert sum(each.seconds for each in found) < FUNCTIONS["callback"]["Timeout"]


def test_the_check_before_traffic_has_time_for_all_its_tries_and_to_tell(
    load: Load, made: list[Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = {each.service: each.seconds for each in clients("pre_traffic", load, made, monkeypatch)}
    calls = 3  # of one try
    checking = rehearse.TRIES * calls * seconds["lambda"] + (rehearse.TRIES - 1) * rehearse.PAUSE_SECONDS
    assert checking + seconds["codedeploy"] < FUNCTIONS["pre_traffic"]["Timeout"]


def test_a_rollup_that_stops_has_time_for_the_call_it_is_in(
    load: Load, made: list[Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    (client,) = clients("rollup", load, made, monkeypatch)
    assert client.seconds * 1000 < load("rollup").TIME_TO_STOP_MS


def test_whoever_looks_at_the_widget_is_told_before_its_function_is_ended() -> None:
    assert FUNCTIONS["widget"]["Timeout"] - 1 >= deadlines.DRAW_SECONDS


def test_a_client_without_timeouts_would_be_found(made: list[Made]) -> None:
    boto3.client("dynamodb", region_name=deployed.REGION)
    (client,) = made
    assert client.seconds > max(properties["Timeout"] for properties in FUNCTIONS.values())
