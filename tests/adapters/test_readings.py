"""Readings in the table that the template deploys, and the notes of those that arrive oddly."""

from __future__ import annotations

from copy import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from smarther.aws.service_call import ServiceFailedError
from smarther.domain.readings.notification import Reject
from smarther.domain.readings.reading import Reading
from smarther.store.items import decoded
from smarther.store.keys import sort_key
from smarther.store.quarantine import Quarantine
from smarther.store.readings import Readings, stored
from smarther.store.table import ItemRefusedError, Table, TableUnavailableError
from tests.support import deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ARRIVAL = datetime(2026, 1, 14, 6, 30, 6, tzinfo=UTC)
READING = Reading(
    plant_id="P",
    module_id="M",
    time=datetime(2026, 1, 14, 6, 30, 4, tzinfo=UTC),
    mode="AUTOMATIC",
    temperature_c=Decimal("18.7"),
    setpoint_c=Decimal(20),
    humidity_percent=Decimal("1E+125"),
    online=False,
    extra={"a": [None, True, "x", Decimal("0.5"), {"b": {}}]},
)
REJECTS = [Reject("[0]", "element holds no thermostat status"), Reject("[1]", "element has the wrong type")]


SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
IN_2041 = datetime(2041, 5, 21, 8, tzinfo=UTC)


def notes(dynamodb: DynamoDBClient) -> dict[str, str]:
    """The notes of arrivals."""
    return {item["sk"]["S"]: item["arrival"]["S"] for item in deployed.items(dynamodb, "ARRIVALS")}


class Once:
    """A table whose every call fails once it was made so many times."""

    def __init__(self, client: DynamoDBClient, calls: int) -> None:
        self._client = client
        self._left = calls

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            if not self._left:
                raise ServiceFailedError("InternalServerError")
            self._left -= 1
            return getattr(self._client, operation)(**parameters)

        return call


def test_a_reading_is_in_the_table_as_it_was(table: Table, dynamodb: DynamoDBClient) -> None:
    assert Readings(table).store(READING, received_at=ARRIVAL, source="push")
    (item,) = deployed.items(dynamodb, "MODULE#M")
    assert decoded(item) == stored(READING, received_at=ARRIVAL, source="push", retention_days=None)


def test_a_rehearsed_write_is_made_and_stores_nothing_new_or_known(table: Table, dynamodb: DynamoDBClient) -> None:
    rehearsing = table.rehearsing()
    assert not Readings(rehearsing).store(READING, received_at=ARRIVAL, source="push")
    assert not Quarantine(rehearsing).keep(b"{", REJECTS, received_at=ARRIVAL)
    assert deployed.items(dynamodb, "") == []
    Readings(table).store(READING, received_at=ARRIVAL, source="push")
    before = deployed.items(dynamodb, "")
    later = ARRIVAL + timedelta(days=1)
    assert not Readings(rehearsing).store(READING, received_at=later, source="push")
    assert deployed.items(dynamodb, "") == before


def test_a_rehearsed_write_of_what_can_never_be_stored_says_so(table: Table) -> None:
    with pytest.raises(ItemRefusedError):
        Readings(table.rehearsing()).store(replace(READING, module_id="M" * 3000), received_at=ARRIVAL, source="push")


def test_a_duplicate_changes_nothing(table: Table, dynamodb: DynamoDBClient) -> None:
    Readings(table).store(READING, received_at=ARRIVAL, source="push")
    before = deployed.items(dynamodb, "MODULE#M")
    again = replace(READING, event_id="another")
    assert not Readings(table).store(again, received_at=ARRIVAL + timedelta(days=1), source="poll")
    assert deployed.items(dynamodb, "MODULE#M") == before


def test_readings_of_the_same_second_are_all_kept(table: Table, dynamodb: DynamoDBClient) -> None:
    others = [replace(READING, mode=mode) for mode in ("AUTOMATIC", "MANUAL", "BOOST")]
    assert all(Readings(table).store(reading, received_at=ARRIVAL, source="push") for reading in others)
    assert len(deployed.items(dynamodb, "MODULE#M")) == 3


def test_with_a_retention_readings_expire(dynamodb: DynamoDBClient) -> None:
    Readings(Table(dynamodb, deployed.TABLE), retention_days=30).store(READING, received_at=ARRIVAL, source="push")
    (item,) = deployed.items(dynamodb, "MODULE#M")
    assert item["expires_at"] == {"N": str(int(ARRIVAL.timestamp()) + 30 * 86_400)}


def test_an_item_that_no_table_takes_is_refused(table: Table) -> None:
    with pytest.raises(ItemRefusedError, match="ValidationException"):
        Readings(table).store(replace(READING, extra={"a": "x" * 500_000}), received_at=ARRIVAL, source="push")


@pytest.mark.parametrize("time", [ARRIVAL, ARRIVAL - 2 * SECOND, ARRIVAL - 18 * HOUR, ARRIVAL + 10 * SECOND])
def test_an_ordinary_reading_is_one_write(table: Table, dynamodb: DynamoDBClient, time: datetime) -> None:
    Readings(table).store(replace(READING, time=time), received_at=ARRIVAL, source="push")
    assert len(deployed.items(dynamodb, "")) == 1


@pytest.mark.parametrize(
    ("time", "kind"),
    [(ARRIVAL - 2 * DAY, "late"), (ARRIVAL - 8 * DAY, "misdated"), (IN_2041, "misdated"), (ARRIVAL + HOUR, "misdated")],
)
def test_an_unusual_arrival_is_noted_beside_the_reading(
    table: Table, dynamodb: DynamoDBClient, time: datetime, kind: str
) -> None:
    reading = replace(READING, time=time)
    assert Readings(table).store(reading, received_at=ARRIVAL, source="push")
    assert notes(dynamodb) == {f"{kind}#M": f"2026-01-14T06:30:06.000000Z {sort_key(reading)}"}
    (item,) = deployed.items(dynamodb, "MODULE#M")
    assert decoded(item) == stored(reading, received_at=ARRIVAL, source="push", retention_days=None)


def test_the_last_arrival_is_noted_in_whatever_order_they_are_stored(table: Table, dynamodb: DynamoDBClient) -> None:
    """The spill queue gives back in no order what it kept."""
    readings = [replace(READING, time=IN_2041 + minutes * 60 * SECOND) for minutes in (3, 1, 2)]
    for reading, after in zip(readings, (HOUR, 3 * HOUR, 2 * HOUR), strict=True):
        Readings(table).store(reading, received_at=ARRIVAL + after, source="push")
    assert notes(dynamodb) == {"misdated#M": f"2026-01-14T09:30:06.000000Z {sort_key(readings[1])}"}


@pytest.mark.parametrize("time", [ARRIVAL, ARRIVAL - 30 * HOUR, ARRIVAL - 2 * DAY, IN_2041])
@pytest.mark.parametrize("again", [SECOND, DAY, 30 * DAY])
def test_a_redelivery_changes_no_note(table: Table, dynamodb: DynamoDBClient, time: datetime, again: timedelta) -> None:
    reading = replace(READING, time=time)
    Readings(table).store(reading, received_at=ARRIVAL, source="push")
    before = deployed.items(dynamodb, "")
    assert not Readings(table).store(reading, received_at=ARRIVAL + again, source="push")
    assert deployed.items(dynamodb, "") == before


def test_what_fails_between_reading_and_note_is_whole_when_it_is_done_again(
    table: Table, dynamodb: DynamoDBClient
) -> None:
    """The receiver spills such a notification, and the redriver stores it with the time of its arrival."""
    reading, failing = replace(READING, time=IN_2041), Table(Once(dynamodb, 1), deployed.TABLE)  # type: ignore[arg-type] # plays the client
    with pytest.raises(TableUnavailableError):
        Readings(failing).store(reading, received_at=ARRIVAL, source="push")
    assert notes(dynamodb) == {}
    with pytest.raises(TableUnavailableError):
        Readings(Table(Once(dynamodb, 2), deployed.TABLE)).store(reading, received_at=ARRIVAL, source="push")  # type: ignore[arg-type] # as above
    assert not Readings(table).store(reading, received_at=ARRIVAL, source="push")
    assert notes(dynamodb) == {"misdated#M": f"2026-01-14T06:30:06.000000Z {sort_key(reading)}"}


def test_a_duplicate_of_what_expires_just_now_is_noted_nowhere(
    dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note without its reading would point to a latest reading that is not there."""
    table = Table(dynamodb, deployed.TABLE)
    monkeypatch.setattr(table, "add", lambda _: False)  # it is there, and then it is not

    assert not Readings(table).store(replace(READING, time=IN_2041), received_at=ARRIVAL, source="push")

    assert deployed.items(dynamodb, "") == []


def test_a_note_expires_with_its_reading(dynamodb: DynamoDBClient) -> None:
    readings = Readings(Table(dynamodb, deployed.TABLE), retention_days=30)
    readings.store(replace(READING, time=IN_2041), received_at=ARRIVAL, source="push")
    assert {item["expires_at"]["N"] for item in deployed.items(dynamodb, "")} == {
        str(int(ARRIVAL.timestamp()) + 30 * 86_400)
    }


def test_a_rehearsal_notes_nothing(table: Table, dynamodb: DynamoDBClient) -> None:
    reading = replace(READING, time=IN_2041)
    Readings(table).store(reading, received_at=ARRIVAL, source="push")
    dynamodb.delete_item(TableName=deployed.TABLE, Key={"pk": {"S": "ARRIVALS"}, "sk": {"S": "misdated#M"}})
    assert not Readings(table.rehearsing()).store(reading, received_at=ARRIVAL, source="push")
    assert notes(dynamodb) == {}
