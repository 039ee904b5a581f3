"""Add-ons beside the deployed core: what it stores is told on the bus, and the stranger's add-on of the page works."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.running import paths
from sandbox.running.lived import live
from smarther_cli.deploy import add_on
from smarther_cli.deployment import Deployment, add_on_stack, place_of
from tests.support.add_ons import taken
from tests.support.envelopes import envelope, status
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.e2e.conftest import Home

HOURS = 3
PAGE = paths.PROJECT / "docs" / "developer" / "addons.md"


class Events:
    """The deployed add-on, with a queue that hears all of its bus, from when it is there."""

    def __init__(self, home: Home, outputs: dict[str, str]) -> None:
        self.outputs = outputs
        self.heard: list[dict[str, Any]] = []
        self.replayed: list[dict[str, Any]] = []
        self._home = home
        self._sqs, bus = home.state.cloud.client("sqs"), home.state.cloud.client("events")
        self._witness = self._sqs.create_queue(QueueName="witness")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._witness, AttributeNames=["QueueArn"])["Attributes"]
        pattern = json.dumps({"source": ["smarther.recorder"]})
        bus.put_rule(Name="witness", EventBusName=outputs["BusName"], EventPattern=pattern)
        targets = [{"Id": "witness", "Arn": arn["QueueArn"]}]
        bus.put_targets(Rule="witness", EventBusName=outputs["BusName"], Targets=targets)

    def listen(self) -> None:
        """Hear what has come, in its order."""
        for each in map(json.loads, taken(self._sqs, self._witness)):
            (self.replayed if "replay-name" in each else self.heard).append(each)

    def replay(self) -> None:
        """Have the archive's events of the last day on the bus once more."""
        self._home.state.cloud.client("events").start_replay(
            ReplayName="replay",
            EventSourceArn=self._archive()["ArchiveArn"],
            EventStartTime=datetime.now(UTC) - timedelta(days=1),
            EventEndTime=datetime.now(UTC),
            Destination={"Arn": self.outputs["BusArn"]},
        )

    def archived(self) -> int:
        """How many events the archive holds."""
        count: int = self._archive()["EventCount"]
        return count

    def _archive(self) -> dict[str, Any]:
        bus = self._home.state.cloud.client("events")
        archive: dict[str, Any] = bus.describe_archive(ArchiveName=self.outputs["ArchiveName"])
        return archive

    def aside(self) -> list[dict[str, Any]]:
        """The dead letters that have come."""
        return [json.loads(each) for each in taken(self._sqs, self.outputs["DeadLetterQueueUrl"])]

    def details(self, detail_type: str, module_id: str | None = None) -> list[dict[str, Any]]:
        """The details of events of a type, of one thermostat if it is named."""
        found = [each["detail"] for each in self.heard if each["detail-type"] == detail_type]
        return [each for each in found if module_id in {None, each.get("module_id")}]

    def refused(self, *actions: str) -> AbstractContextManager[None]:
        """While inside, the publisher may not do this."""
        stack = add_on_stack(self._home.state.stack.name, "events")
        return self._home.forbidden("PublisherRole", *actions, stack=stack)


def pushed(home: Home, module_id: str, minutes: float, **said: Any) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1) + timedelta(minutes=minutes)
    assert home.notify([envelope(status(module_id, time=at.isoformat(), **said))]).is_success


@pytest.fixture(scope="module")
def core(home: Home) -> Deployment:
    assert home.outputs
    return Deployment(place_of(sandbox=True))


@pytest.fixture(scope="module")
def events(home: Home, core: Deployment) -> Events:
    """The add-on, with an archive; it stays until the end of the run, whose last tests look at its role."""
    return Events(home, add_on.deploy(core, "events", given="ArchiveDays=1", report=lambda _: None))


def stored(home: Home) -> list[str]:
    """All readings that were stored, by the ids of their events, in the order of the table's stream."""
    streams, arn = home.state.cloud.client("dynamodbstreams"), home.outputs["TableStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator, found = streams.get_shard_iterator(**place)["ShardIterator"], []
    while (page := streams.get_records(ShardIterator=iterator))["Records"]:
        keys = [each["dynamodb"]["Keys"] for each in page["Records"] if each["eventName"] == "INSERT"]
        found += [(each["pk"]["S"], each["sk"]["S"]) for each in keys]
        iterator = page["NextShardIterator"]
    return [f"{pk.removeprefix('MODULE#')}#{sk.removeprefix('READING#')}" for pk, sk in found if "READING#" in sk]


def by_thermostat(ids: Iterable[str]) -> dict[str, list[str]]:
    """Ids of readings by their thermostat, each once, in their order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for each in dict.fromkeys(ids):
        found[each.partition("#")[0]].append(each)
    return dict(found)


def test_what_the_last_day_stored_before_the_first_deploy_is_told_too(home: Home, events: Events) -> None:
    before = set(stored(home))
    assert before

    wait_for(lambda: events.archived() >= len(before), "not all is told")
    events.replay()

    def told() -> bool:
        events.listen()
        return before <= {each["detail"]["id"] for each in events.replayed if each["detail-type"] == "ReadingRecorded"}

    wait_for(told, "not every stored reading is in the archive")


def test_every_stored_reading_of_some_hours_is_published_in_order_for_each_thermostat(
    home: Home, events: Events
) -> None:
    earlier = len(stored(home))
    live(home.state, timedelta(hours=HOURS), duplicate_percent=20)
    new = stored(home)[earlier:]
    assert len(new) > 50

    def told() -> list[str]:
        events.listen()
        return [each["id"] for each in events.details("ReadingRecorded")]

    wait_for(lambda: set(new) <= set(told()), "not every stored reading is told")
    assert by_thermostat(each for each in told() if each in set(new)) == by_thermostat(new)
    assert events.aside() == []


def test_what_changed_from_one_reading_to_the_next_is_told(home: Home, events: Events, module_id: str) -> None:
    pushed(home, module_id, 0, loadState="INACTIVE")
    pushed(home, module_id, 1, loadState="ACTIVE")
    pushed(home, module_id, 2, loadState="ACTIVE")

    def told() -> bool:
        events.listen()
        return len(events.details("ReadingRecorded", module_id)) == 3

    wait_for(told, "not all is told")
    (change,) = events.details("StateChanged", module_id)
    assert (change["changed"], change["load_state"], change["before"]["load_state"]) == (
        ["load_state"],
        "ACTIVE",
        "INACTIVE",
    )


def test_a_publisher_that_was_down_tells_all_that_was_stored_meanwhile(
    home: Home, events: Events, module_id: str
) -> None:
    pushed(home, module_id, 0)
    with events.refused("events:PutEvents"):
        for minute in range(1, 6):
            pushed(home, module_id, minute)
        time.sleep(2)
        events.listen()
        assert len(events.details("ReadingRecorded", module_id)) <= 1

    def all_told() -> bool:
        events.listen()
        return len({each["time"] for each in events.details("ReadingRecorded", module_id)}) == 6

    wait_for(all_told, "what was stored meanwhile is not told")
    times = list(dict.fromkeys(each["time"] for each in events.details("ReadingRecorded", module_id)))
    assert times == sorted(times)


def test_a_role_that_may_not_read_the_stream_reads_nothing(home: Home, events: Events, module_id: str) -> None:
    with events.refused("dynamodb:GetRecords"):
        time.sleep(1)
        pushed(home, module_id, 0)
        time.sleep(2)
        events.listen()
        assert events.details("ReadingRecorded", module_id) == []

    def told() -> bool:
        events.listen()
        return len(events.details("ReadingRecorded", module_id)) == 1

    wait_for(told, "it is not told")


def test_what_cannot_be_published_goes_to_the_dead_letters_and_its_neighbours_are_published(
    home: Home, events: Events, module_id: str
) -> None:
    table = home.state.cloud.client("dynamodb")
    odd = {"pk": {"S": f"MODULE#{module_id}"}, "sk": {"S": "READING#2026-01-14T06:00:00.000000Z#0123456789abcdef"}}
    pushed(home, module_id, 0)
    table.put_item(TableName=home.outputs["TableName"], Item=odd)
    pushed(home, module_id, 1)
    letters: list[dict[str, Any]] = []

    def told() -> bool:
        events.listen()
        letters.extend(events.aside())
        return len(events.details("ReadingRecorded", module_id)) == 2 and bool(letters)

    wait_for(told, "the neighbours are not told")
    table.delete_item(TableName=home.outputs["TableName"], Key=odd)
    assert [(each["pk"], each["sk"]) for each in letters] == [(odd["pk"]["S"], odd["sk"]["S"])]


def test_stored_readings_are_told_again(home: Home, events: Events, core: Deployment, module_id: str) -> None:
    for minute in range(3):
        pushed(home, module_id, minute)
    since = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    asked = {"module_id": module_id, "since": since, "until": datetime.now(UTC).isoformat()}

    answer = json.loads(core.invoke_add_on("events", "PublisherFunctionName", {"republish": asked}))

    assert answer == {"published": 3, "left_out": 0, "behind": None}

    def again() -> list[str]:
        events.listen()
        return [each["id"] for each in events.details("ReadingRecorded", module_id) if "republished" in each]

    wait_for(lambda: len(again()) == 3, "they are not told again")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The add-on of the page, as the page has it."""
    folder = tmp_path_factory.mktemp("addons")
    files = re.findall(r"^`addons/(\S+)`:\n\n```\w+\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert [name.partition("/")[2] for name, _ in files] == ["template.yaml", "functions/keep/app.py"]
    for name, text in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def everything(home: Home) -> dict[str, Any]:
    """The core's stack, as CloudFormation knows it."""
    formation, name = home.state.cloud.client("cloudformation"), home.state.stack.name
    stack = formation.describe_stacks(StackName=name)["Stacks"][0]
    resources = formation.describe_stack_resources(StackName=name)["StackResources"]
    return {
        "template": formation.get_template(StackName=name)["TemplateBody"],
        "outputs": stack["Outputs"],
        "parameters": stack["Parameters"],
        "status": stack["StackStatus"],
        "resources": {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources},
    }


def test_a_strangers_add_on_works_and_its_removal_leaves_the_core_as_it_was(
    home: Home, core: Deployment, strangers: Path, module_id: str
) -> None:
    before = everything(home)

    outputs = add_on.deploy(core, "latest_temperatures", report=lambda _: None, folder=strangers)

    for minute, celsius in ((1, "19.5"), (3, "20.5"), (2, "18.0")):  # the last one comes late
        measured = {"measures": [{"timeStamp": "2026-01-14T06:00:00Z", "value": celsius, "unit": "C"}]}
        pushed(home, module_id, minute, thermometer=measured)
    parameters = home.state.cloud.client("ssm")

    def latest() -> float | None:
        try:
            found = parameters.get_parameter(Name=f"{outputs['Prefix']}{module_id}")["Parameter"]["Value"]
        except parameters.exceptions.ParameterNotFound:
            return None
        celsius: float = json.loads(found)["celsius"]
        return celsius

    wait_for(lambda: latest() == 20.5, "the parameter does not have the latest temperature")
    assert everything(home) == before

    add_on.remove(core, "latest_temperatures")

    assert everything(home) == before
    names = [each["StackName"] for each in home.state.cloud.client("cloudformation").describe_stacks()["Stacks"]]
    assert "smarther-sandbox-latest-temperatures" not in names
