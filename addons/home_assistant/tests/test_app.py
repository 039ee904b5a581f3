"""The mirror as Lambda starts it, with what its template gives it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from addons.home_assistant.tests.homes import item, listing
from labs.translated import as_written
from tests.support import deployed
from tests.support.add_ons import beside_the_core, started, taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

RESOURCES = as_written(deployed.PROJECT / "addons" / "home_assistant" / "template.yaml")["Resources"]
MIRROR = RESOURCES["MirrorFunction"]["Properties"]
STATE = "smarther/recorder/kitchen"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A cold start, beside the core's table with one thermostat, and a queue; the broker is a mock that takes all."""
    with beside_the_core(monkeypatch) as dynamodb:
        for each in (item("kitchen", 0), listing("kitchen", "Cucina")):
            dynamodb.put_item(TableName=deployed.TABLE, Item=each)
        given = {"RECORDER": "recorder", "STALE_AFTER_HOURS": "24", "LANGUAGE": "en"}
        module = started(monkeypatch, "home_assistant", MIRROR, given)
        monkeypatch.setattr(module.iot, "publish", Mock())
        monkeypatch.setattr(module.time, "sleep", Mock())
        yield module


def published(app: ModuleType) -> list[str]:
    """The topics of what was published, in their order."""
    return [each.kwargs["topic"] for each in app.iot.publish.call_args_list]


def batch(*bodies: Any) -> dict[str, Any]:
    """A batch of the queue; a body that is no text is written as JSON."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in bodies]
    return {"Records": [{"messageId": str(number), "body": text} for number, text in enumerate(texts)]}


def event(module_id: object) -> dict[str, Any]:
    """An event of the bus, as far as it is read."""
    return {"detail-type": "ReadingRecorded", "detail": {"module_id": module_id}}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Publish")


def test_many_events_of_a_thermostat_give_one_state_that_the_broker_retains(app: ModuleType) -> None:
    assert app.handler(batch(event("kitchen"), event("kitchen")), None) == {"batchItemFailures": []}

    assert published(app) == ["homeassistant/device/recorder/kitchen/config", STATE]
    for each in app.iot.publish.call_args_list:
        assert each.kwargs["retain"]
        assert isinstance(each.kwargs["payload"], bytes)


@pytest.mark.parametrize(
    "odd",
    ["no JSON", "[]", "{}", '{"detail": null}', event(None), event("a/b"), event("#")],
    ids=str,
)
def test_what_nothing_can_be_made_of_is_set_aside_and_its_neighbours_are_shown(app: ModuleType, odd: Any) -> None:
    assert app.handler(batch(odd, event("kitchen")), None) == {"batchItemFailures": []}

    assert STATE in published(app)
    assert taken(app.sqs, app.settings.dead_letter_queue_url) == [odd if isinstance(odd, str) else json.dumps(odd)]


def test_what_cannot_be_set_aside_is_given_again(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.sqs, "send_message", Mock(side_effect=refusal("AccessDenied")))

    assert app.handler(batch("no JSON", event("kitchen")), None) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert STATE in published(app)


@pytest.mark.parametrize("code", ["ThrottlingException", "ForbiddenException", "InternalFailureException"])
def test_what_the_broker_does_not_take_is_given_again_with_all_messages_of_its_thermostat(
    app: ModuleType, code: str
) -> None:
    def publish(*, topic: str, **_: Any) -> None:
        if "bath" in topic:
            raise refusal(code)

    app.iot.publish.side_effect = publish

    answer = app.handler(batch(event("bath"), event("kitchen"), event("bath")), None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "2"}]}
    assert STATE in published(app)


def test_all_is_given_again_while_the_table_does_not_answer(app: ModuleType) -> None:
    app.dynamodb.delete_table(TableName=deployed.TABLE)

    assert app.handler(batch(event("kitchen")), None) == {"batchItemFailures": [{"itemIdentifier": "0"}]}


# ---- Home Assistant says that it has started ----


def status(said: bytes) -> dict[str, Any]:
    """What the rule's statement makes of a message, whose form Home Assistant's owner may have changed."""
    return {"status": base64.b64encode(said).decode()}


def test_all_is_announced_when_home_assistant_has_started(app: ModuleType) -> None:
    app.handler(batch(event("kitchen")), None)
    app.iot.publish.reset_mock()

    app.handler(status(b"online"), None)

    assert published(app) == ["homeassistant/device/recorder/kitchen/config", STATE]
    app.time.sleep.assert_called_once_with(app.SUBSCRIBING_SECONDS)


@pytest.mark.parametrize("said", [b"offline", b"", b"\xff"])
def test_nothing_is_announced_for_anything_else_that_it_says(app: ModuleType, said: bytes) -> None:
    assert app.handler(status(said), None) == {}
    assert published(app) == []


def test_an_announcement_that_fails_is_called_again(app: ModuleType) -> None:
    app.iot.publish.side_effect = refusal("ThrottlingException")

    with pytest.raises(app.AnnounceError, match="1 thermostat"):
        app.handler(status(b"online"), None)


def test_the_rule_hands_over_what_the_function_reads() -> None:
    rule = MIRROR["Events"]["Started"]["Properties"]
    assert rule["Sql"] == "SELECT encode(*, 'base64') AS status FROM 'homeassistant/status'"


def test_the_queue_hears_of_every_event_that_may_change_a_state() -> None:
    schemas = deployed.PROJECT / "addons" / "events" / "schemas"
    of_a_thermostat = {
        each.stem for each in schemas.iterdir() if "module_id" in json.loads(each.read_text())["required"]
    }
    heard = RESOURCES["Heard"]["Properties"]["EventPattern"]["detail-type"]
    assert {*heard, "StateChanged"} == of_a_thermostat  # a StateChanged never comes without its ReadingRecorded
