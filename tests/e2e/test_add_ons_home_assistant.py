"""The add-on `home_assistant` beside the deployed core and `events`: the broker retains what the table has."""

from __future__ import annotations

import json
import ssl
import time
import uuid
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from labs.home_assistant import certified
from smarther.store.listings import Listings
from smarther.store.table import Table
from smarther_cli.deployment import add_on_stack
from tests.support.add_ons import taken
from tests.support.envelopes import envelope, status
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.e2e.conftest import Home


class Mirrored:
    """The deployed add-on, what the broker retains of it, and the folder with the owner's key and certificate."""

    def __init__(self, home: Home, outputs: dict[str, str], folder: Path) -> None:
        self.outputs = outputs
        self.folder = folder
        self.port = home.state.cloud.mqtt_port
        self._home = home
        self._stack = add_on_stack(home.state.stack.name, "home_assistant")
        self._data = home.state.cloud.client("iot-data")

    def celsius(self, module_id: str) -> float | None:
        """The temperature in the retained state of a thermostat; None if there is no state."""
        found: float | None = self._retained(f"{self.outputs['StateTopics']}{module_id}").get("temperature_c")
        return found

    def names(self) -> set[str]:
        """The names of all thermostats whose discovery the broker retains."""
        topics = [each["topic"] for each in self._data.list_retained_messages(maxResults=200)["retainedTopics"]]
        found = [self._retained(each) for each in topics if each.startswith(self.outputs["DiscoveryTopics"])]
        return {each["device"]["name"] for each in found}

    def forget(self) -> None:
        """Have the broker retain nothing."""
        for each in self._data.list_retained_messages(maxResults=200)["retainedTopics"]:
            self._data.publish(topic=each["topic"], retain=True, qos=1, payload=b"")

    def home_assistant_starts(self) -> None:
        self._data.publish(topic="homeassistant/status", qos=1, payload=b"online")

    def aside(self) -> list[str]:
        """The dead letters that have come; they are taken."""
        return taken(self._home.state.cloud.client("sqs"), self.outputs["DeadLetterQueueUrl"])

    def hears(self, body: str) -> None:
        """Put a message into the queue, past the bus."""
        self._home.state.cloud.client("sqs").send_message(
            QueueUrl=self._home.physical("Queue", self._stack), MessageBody=body
        )

    def refused(self) -> AbstractContextManager[None]:
        """While inside, the mirror may not publish."""
        return self._home.forbidden("MirrorRole", "iot:Publish", stack=self._stack)

    def _retained(self, topic: str) -> dict[str, Any]:
        try:
            message = self._data.get_retained_message(topic=topic)
        except self._data.exceptions.ResourceNotFoundException:
            return {}
        found: dict[str, Any] = json.loads(message["payload"])
        return found


class Reader:
    """An MQTT client over TLS, as a home has one: what it received, in order, and whether the broker admitted it."""

    def __init__(self, mirrored: Mirrored, client_id: str, *, certificate: bool = True) -> None:
        self.received = deque[MQTTMessage]()
        self.admitted: bool | None = None
        self.client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv311)
        context = ssl.create_default_context(cafile=mirrored.folder / "ca.pem")
        if certificate:
            context.load_cert_chain(mirrored.folder / "certificate.pem", mirrored.folder / "key.pem")
        self.client.tls_set_context(context)
        self.client.on_message = lambda _client, _data, message: self.received.append(message)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.connect("localhost", mirrored.port)

    def _on_connect(self, _client: object, _data: object, _flags: object, reason: Any, _properties: object) -> None:
        self.admitted = not reason.is_failure

    def _on_disconnect(self, *_: object) -> None:
        self.admitted = self.admitted or False

    def __enter__(self) -> Reader:
        self.client.loop_start()
        wait_for(lambda: self.admitted is not None, "the broker does not answer")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def topics(self) -> set[str]:
        return {each.topic for each in self.received}


def pushed(home: Home, module_id: str, minutes: float, celsius: str) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1) + timedelta(minutes=minutes)
    measured = {"measures": [{"timeStamp": at.isoformat(), "value": celsius, "unit": "C"}]}
    assert home.notify([envelope(status(module_id, time=at.isoformat(), thermometer=measured))]).is_success


@pytest.fixture(scope="module")
def mirrored(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Mirrored:
    """The add-on beside `events`, with a certificate for a key that is made here, as its page says.

    It stays until the end of the run, whose last tests look at its role. Events come in order, so those of a thousand
    readings that other tests stored come first.
    """
    folder = tmp_path_factory.mktemp("key")
    outputs = certified(home.state, folder, events="ArchiveDays=1", report=lambda _: None)
    found, first = Mirrored(home, outputs, folder), str(uuid.uuid4())
    pushed(home, first, 0, "19.0")
    wait_for(lambda: found.celsius(first) == 19.0, "what other tests stored before is not through", seconds=300)
    return found


def test_the_newest_by_the_thermostats_clock_is_retained(home: Home, mirrored: Mirrored, module_id: str) -> None:
    for minute, celsius in ((1, "19.5"), (3, "20.5"), (2, "18.0")):  # the last one comes late
        pushed(home, module_id, minute, celsius)

    wait_for(lambda: mirrored.celsius(module_id) == 20.5, "the newest is not retained")
    pushed(home, module_id, 4, "21.5")
    wait_for(lambda: mirrored.celsius(module_id) == 21.5, "a newer one is not retained")


def test_all_are_discovered_when_home_assistant_starts(home: Home, mirrored: Mirrored) -> None:
    table = Table(home.state.cloud.client("dynamodb"), home.outputs["TableName"])
    known = {each.name for each in Listings(table).thermostats()}
    assert known
    mirrored.forget()

    mirrored.home_assistant_starts()

    wait_for(lambda: mirrored.names() == known, "not all are discovered")


def test_what_the_broker_refuses_waits_and_what_comes_then_is_shown(
    home: Home, mirrored: Mirrored, module_id: str
) -> None:
    with mirrored.refused():
        pushed(home, module_id, 1, "19.5")
        time.sleep(2)
        assert mirrored.celsius(module_id) is None
    pushed(home, module_id, 2, "20.5")

    wait_for(lambda: mirrored.celsius(module_id) == 20.5, "it is not shown")
    assert mirrored.aside() == []


def test_what_nothing_can_be_made_of_is_set_aside_and_its_neighbours_are_shown(
    home: Home, mirrored: Mirrored, module_id: str
) -> None:
    mirrored.hears("no JSON")
    pushed(home, module_id, 1, "19.5")

    wait_for(lambda: mirrored.celsius(module_id) == 19.5, "its neighbour is not shown")
    wait_for(lambda: len(mirrored.aside()) == 1, "it is not set aside")


def test_the_home_reads_with_its_certificate_what_is_retained_and_what_comes(
    home: Home, mirrored: Mirrored, module_id: str
) -> None:
    """By MQTT over TLS, with the topics that a bridge at home names (addons/home_assistant/README.md)."""
    pushed(home, module_id, 1, "19.5")
    wait_for(lambda: mirrored.celsius(module_id) == 19.5, "it is not shown")
    state = f"{mirrored.outputs['StateTopics']}{module_id}"

    with Reader(mirrored, mirrored.outputs["ClientId"]) as reader:
        reader.client.subscribe([(state, 1), (f"{mirrored.outputs['DiscoveryTopics']}#", 1)])
        wait_for(lambda: len(reader.received) == 1, "what is retained does not come")
        pushed(home, module_id, 2, "20.5")
        wait_for(lambda: len(reader.received) == 2, "what is new does not come")
        assert [json.loads(each.payload)["temperature_c"] for each in reader.received] == [19.5, 20.5]
        assert [each.retain for each in reader.received] == [True, False]

        reader.client.publish("homeassistant/status", b"online", qos=1)
        wait_for(lambda: any(topic.endswith("/config") for topic in reader.topics()), "nothing is discovered")


def test_nobody_else_reads_and_the_home_publishes_nothing_else(home: Home, mirrored: Mirrored, module_id: str) -> None:
    pushed(home, module_id, 1, "19.5")
    wait_for(lambda: mirrored.celsius(module_id) == 19.5, "it is not shown")
    ours = mirrored.outputs["ClientId"]
    for client_id, certificate in ((ours, False), (f"{ours}-2", True)):
        with Reader(mirrored, client_id, certificate=certificate) as stranger:
            assert stranger.admitted is False

    with Reader(mirrored, ours) as reader:
        reader.client.publish(f"{mirrored.outputs['StateTopics']}{module_id}", b"{}", qos=1, retain=True)
        wait_for(lambda: not reader.client.is_connected(), "the broker takes what it must not")
    assert mirrored.celsius(module_id) == 19.5


def test_the_certificate_is_active_and_its_client_may_publish_one_topic(home: Home, mirrored: Mirrored) -> None:
    iot = home.state.cloud.client("iot")
    certificate = iot.describe_certificate(certificateId=mirrored.outputs["CertificateId"])["certificateDescription"]

    assert certificate["status"] == "ACTIVE"
    (policy,) = iot.list_attached_policies(target=certificate["certificateArn"])["policies"]
    document = json.loads(iot.get_policy(policyName=policy["policyName"])["policyDocument"])
    allowed = {each["Action"]: each["Resource"] for each in document["Statement"]}
    assert allowed["iot:Connect"].endswith(f":client/{mirrored.outputs['ClientId']}")
    assert allowed["iot:Publish"].endswith(":topic/homeassistant/status")
