"""The widget as the console calls it: on the table that is deployed, and on a year of ten busy thermostats."""

from __future__ import annotations

import json
import time
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from moto import mock_aws

from smarther.domain.keeper.incidents import Cause, Incident
from smarther.domain.keeper.keeper_report import Report
from smarther.domain.readings.reading import Reading, instant_text
from smarther.domain.summaries.series import ITEM_BOUND, MOST_THERMOSTATS, RUNNING_HOURS, RUNNING_SNAPSHOTS
from smarther.domain.summaries.statistics import Measure, Statistics
from smarther.receiver import deadlines
from smarther.store import keys
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.keeper_items import KeeperNotes
from smarther.store.past.history import History
from smarther.store.readings import stored
from smarther.store.table import Table
from tests.support import deployed
from tests.support import faulty_service as faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tests.functions.conftest import Load, Log

EVENTS = deployed.PROJECT / "events" / "widget"
TABLE = deployed.TABLE
ARN = "arn:aws:lambda:eu-south-1:123456789012:function:smarther-widget"
NOW = datetime(2026, 1, 18, 17, 42, tzinfo=UTC)
DAY = timedelta(days=1)
ENVIRONMENT = {"TABLE_NAME": TABLE, "STALE_AFTER_HOURS": "24", "KEEPER_RATE_MINUTES": "50", "TIMEZONE": "Europe/Rome"}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, load: Callable[[str], ModuleType]) -> Iterator[ModuleType]:
    """The function as it starts in its environment, with an empty table."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        deployed.create_table()
        module = load("widget")
        clock = Mock(wraps=datetime)
        clock.now.return_value = NOW
        monkeypatch.setattr(module, "datetime", clock)
        monkeypatch.setattr(deadlines, "DRAW_SECONDS", 60)  # a busy machine is no table that does not answer
        yield module


def asked(period: timedelta = DAY, **said: Any) -> dict[str, Any]:
    """The console's call, for a period that ends now."""
    event: dict[str, Any] = json.loads((EVENTS / "home.json").read_text())
    start, end = ((instant.timestamp() * 1000) for instant in (NOW - period, NOW))
    event["widgetContext"]["timeRange"] |= {"start": round(start), "end": round(end)}
    return event | said


def answer(app: ModuleType, event: dict[str, Any]) -> Any:
    return app.handler(event, Mock(invoked_function_arn=ARN))


def thermostat(module_id: str, name: str) -> None:
    boto3.resource("dynamodb").Table(TABLE).put_item(
        Item={"pk": "DIRECTORY", "sk": f"MODULE#p#{module_id}", "plant_id": "p", "module_id": module_id, "name": name}
    )


def says(module_id: str, time: datetime, temperature: str = "19.5") -> dict[str, Any]:
    reading = Reading(
        plant_id="p",
        module_id=module_id,
        time=time,
        function="HEATING",
        mode="AUTOMATIC",
        load_state="ACTIVE",
        temperature_c=Decimal(temperature),
        humidity_percent=Decimal(55),
        setpoint_c=Decimal(21),
        program=Decimal(1),
    )
    item: dict[str, Any] = stored(reading, received_at=time, source="push", retention_days=None)
    boto3.resource("dynamodb").Table(TABLE).put_item(Item=item)
    return item


def test_it_describes_itself(app: ModuleType) -> None:
    described = answer(app, json.loads((EVENTS / "describe.json").read_text()))
    assert list(described) == ["markdown"]
    assert "**unit**" in described["markdown"]


def test_an_empty_table_is_no_error(app: ModuleType) -> None:
    assert "No thermostats yet" in answer(app, asked())


def test_the_newest_reading_is_on_the_card_and_all_are_in_the_chart(app: ModuleType) -> None:
    thermostat("m1", "Salotto")
    thermostat("m2", "Bagno")
    for minutes in range(0, 600, 20):
        says("m1", NOW - timedelta(minutes=minutes), "20.5" if minutes == 0 else "19.5")
    page = answer(app, asked())
    for words in ("Salotto", "20.5 °C", "Heating", "Bagno", "Never reported", "every reading", ARN):
        assert words in page
    assert "68.9 °F" in answer(app, asked(unit="F"))


def reported(**told: Any) -> None:
    """The keeper's last run."""
    KeeperNotes(Table(boto3.client("dynamodb"), TABLE)).keep_report(
        Report(**{"at": instant_text(NOW), "outcome": "healthy", **told})
    )


def test_the_page_says_that_all_is_well_but_nothing_without_a_report(app: ModuleType) -> None:
    thermostat("m1", "Salotto")
    says("m1", NOW)
    assert "all is well" not in answer(app, asked())
    reported()
    assert "all is well" in answer(app, asked())
    thermostat("m2", "Bagno")
    assert "all is well" not in answer(app, asked()), "one is silent, be it only since the keeper looked"


def test_what_is_not_as_it_should_be_stands_above_the_cards_until_it_is_over(app: ModuleType) -> None:
    """The keeper's report names the silent thermostats; those with newer readings are not."""
    thermostat("m1", "Salotto")
    says("m1", NOW - 2 * DAY)
    silent = Incident(cause=Cause.THERMOSTAT, since=NOW - 2 * DAY, plant_ids=("p",), module_ids=("m1",), of=2)
    reported(incidents=(silent,))
    page = answer(app, asked())
    assert (
        page.index("Salotto is not heard")
        < page.index("<code>smarther history</code>")
        < page.index('class="sm-cards"')
    )

    says("m1", NOW)

    assert "is not heard" not in answer(app, asked())


def test_a_keeper_that_has_missed_three_runs_at_its_own_rate_is_told(app: ModuleType) -> None:
    """It runs every 50 minutes here, and it was 18:42 in Rome."""
    reported(at=instant_text(NOW - timedelta(minutes=150)))
    assert "The keeper is silent" not in answer(app, asked())

    reported(at=instant_text(NOW - timedelta(minutes=151)))
    page = answer(app, asked())
    assert "The keeper is silent" in page
    assert "since 16:11" in page


def test_a_report_that_cannot_be_read_costs_the_page_nothing_but_the_notices(app: ModuleType, log: Log) -> None:
    thermostat("m1", "Salotto")
    says("m1", NOW)
    reported()
    boto3.resource("dynamodb").Table(TABLE).put_item(Item={**keys.REPORT, "at": instant_text(NOW), "outcome": "odd"})
    page = answer(app, asked())
    assert "Salotto" in page
    assert "all is well" not in page
    assert [each["message"] for each in log.records] == ["card_failed", "home_drawn"]


def test_the_chart_begins_with_what_was_so_before(app: ModuleType) -> None:
    thermostat("m1", "Salotto")
    says("m1", NOW - DAY - timedelta(hours=2))
    says("m1", NOW - timedelta(hours=3), "20.5")
    assert "Sat 17 Jan 18:42: 19.5 °C, set point 21.0 °C, humidity 55 %, heating" in answer(app, asked())


def test_one_thermostat_is_shown_alone_when_chosen(app: ModuleType) -> None:
    thermostat("m1", "Salotto")
    thermostat("m2", "Bagno")
    page = answer(app, asked(module="m2"))
    assert "Bagno" in page
    assert "Salotto" not in page
    assert "There is no thermostat with the id m3" in answer(app, asked(module="m3"))


def test_hours_and_days_are_drawn_from_what_the_rollup_stored(app: ModuleType) -> None:
    thermostat("m1", "Salotto")
    made = Statistics(
        count=2, temperature=Measure(Decimal("17.25"), Decimal(16), Decimal(18), Decimal(60)), load_minutes=Decimal(60)
    )
    HoursAndDays(Table(boto3.client("dynamodb"), TABLE)).store(
        "m1", {datetime(2026, 1, 15, 9, tzinfo=UTC): made}, {date(2026, 1, 15): made, date(2025, 1, 19): made}
    )
    week = answer(app, asked(7 * DAY))
    assert "hourly means" in week
    assert "Thu 15 Jan 10:00: 17.2 °C (16.0 to 18.0)" in week
    large = asked(365 * DAY, module="m1")
    large["widgetContext"]["width"] = 2400
    year = answer(app, large)
    assert "daily means" in year
    assert "Thu 15 Jan: 17.2 °C (16.0 to 18.0)" in year
    assert "Sun 19 Jan: 17.2 °C" in year, "the first whole day of the period"


def test_senseless_parameters_are_taken_for_their_defaults(app: ModuleType) -> None:
    thermostat("m1", "Salotto")
    says("m1", NOW)
    page = answer(app, asked(unit="<b>", module=["m2"], start="soon"))
    assert "19.5 °C" in page
    assert "<b>" not in page


@pytest.mark.shows("dashboard without a table")
def test_a_table_that_cannot_be_reached_is_told_on_the_page_and_in_the_log(
    load: Load, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None, time=time.time))
    with faults.refusing_address() as url:
        for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL": url}).items():
            monkeypatch.setenv(name, value)
        assert "does not answer" in answer(load("widget"), asked())
    (record,) = log.records
    assert (record["level"], record["message"]) == ("WARNING", "home_not_drawn")
    assert record["failure"] == "TableUnavailableError"


@pytest.mark.shows("dashboard without a table")
def test_a_table_that_takes_too_long_is_told_on_the_page(
    app: ModuleType, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "DRAW_SECONDS", 0)
    assert "does not answer" in answer(app, asked())
    assert [record["failure"] for record in log.records] == ["TimeoutError"]


@cache
def keys_of_a_year(every: timedelta) -> list[str]:
    """The sort keys of one thermostat, in the table's order."""
    start = NOW - 365 * DAY
    readings = (start + number * every for number in range((NOW - start) // every + 1))
    hours = (start + number * timedelta(hours=1) for number in range(365 * 24 + 1))
    days = ((start + number * DAY).date() for number in range(366))
    return sorted(
        [
            *(f"READING#{each:%Y-%m-%dT%H:%M:%S.%fZ}#0123456789abcdef" for each in readings),
            *(f"HOUR#{each:%Y-%m-%dT%H}Z" for each in hours),
            *(f"DAY#{each}" for each in days),
        ]
    )


class Year:
    """A year of thermostats behind DynamoDB's Query, made up as it is read, with every item that was read counted.

    Each has a reading every `every`, and the hours and days of all of the year.
    """

    def __init__(self, thermostats: int, every: timedelta) -> None:
        self._keys = keys_of_a_year(every)
        self._thermostats = thermostats
        self.queries = self.read = 0

    def query(self, **request: Any) -> dict[str, Any]:
        assert set(request) <= {
            *("TableName", "KeyConditionExpression", "ExpressionAttributeValues", "ScanIndexForward", "Limit"),
            *("ProjectionExpression", "ExpressionAttributeNames", "ExclusiveStartKey"),
        }, "a filter would read what it does not return"
        assert request["KeyConditionExpression"] == "pk = :partition AND sk BETWEEN :first AND :last"
        partition, first, last = (
            request["ExpressionAttributeValues"][f":{name}"]["S"] for name in ("partition", "first", "last")
        )
        names = sorted(f"MODULE#p#m{n:03}" for n in range(self._thermostats))
        keys = {"DIRECTORY": names, "ARRIVALS": list[str]()}.get(partition, self._keys)
        found = keys[bisect_left(keys, first) : bisect_right(keys, last)]
        found = found if request["ScanIndexForward"] else found[::-1]
        if "ExclusiveStartKey" in request:
            found = found[found.index(request["ExclusiveStartKey"]["sk"]["S"]) + 1 :]
        page = found[: min(request.get("Limit", 1000), 1000)]  # 1 MB holds about a thousand readings
        self.queries += 1
        self.read += len(page)
        more = {"LastEvaluatedKey": {"pk": {"S": partition}, "sk": {"S": page[-1]}}} if page and page != found else {}
        return {"Items": [self._item(partition, key) for key in page], **more}

    def _item(self, partition: str, key: str) -> dict[str, Any]:
        kind, _, rest = key.partition("#")
        if partition == "DIRECTORY":
            module_id = rest.removeprefix("p#")
            return {"module_id": {"S": module_id}, "plant_id": {"S": "p"}, "name": {"S": f"Room {module_id}"}}
        if kind == "READING":
            return {
                "sk": {"S": key},
                "time": {"S": rest.partition("#")[0]},
                "received_at": {"S": rest.partition("#")[0]},
                "source": {"S": "push"},
                "temperature_c": {"N": "19.5"},
                "humidity_percent": {"N": "55"},
                "setpoint_c": {"N": "20"},
                "load_state": {"S": "ACTIVE"},
            }
        measures = {f"temperature_{part}": {"N": "19"} for part in ("mean", "min", "max", "minutes")}
        return {"sk": {"S": key}, "count": {"N": "12"}, **measures}


FIVE_MINUTES, EVERY_MINUTE = timedelta(minutes=5), timedelta(minutes=1)


def test_the_made_up_year_answers_as_dynamodb_does(app: ModuleType) -> None:
    year = Year(1, timedelta(days=20))
    for key in (key for key in keys_of_a_year(timedelta(days=20)) if key.startswith("READING#")):
        says("m000", datetime.fromisoformat(key.removeprefix("READING#").partition("#")[0]))
    real = Table(app.client, TABLE)
    made_up = Table(year, TABLE)  # type: ignore[arg-type]  # the one call of the client that a history reads with
    for limit in (None, 1, 3):
        both = [
            [each.time for each in History(table).snapshots("m000", start=NOW - 100 * DAY, end=NOW, limit=limit)]
            for table in (real, made_up)
        ]
        assert both[0] == both[1]
        assert both[0]
    assert real.items_read == made_up.items_read == year.read


@pytest.mark.parametrize(
    ("period", "grain", "items"),
    [
        (timedelta(hours=1), "every reading", 10 * (12 + 72)),
        (DAY, "every reading", 10 * (288 + 72)),
        (30 * DAY, "hourly means", 10 * (721 + RUNNING_SNAPSHOTS)),
        (60 * DAY, "daily means", 10 * (61 + RUNNING_SNAPSHOTS + RUNNING_HOURS)),
        (365 * DAY, "daily means", 10 * (366 + RUNNING_SNAPSHOTS + RUNNING_HOURS)),
        (20 * 365 * DAY, "daily means", 10 * (366 + RUNNING_SNAPSHOTS + RUNNING_HOURS)),
    ],
)
def test_of_a_million_readings_no_more_is_read_than_the_period_needs(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, period: timedelta, grain: str, items: int
) -> None:
    year = Year(10, FIVE_MINUTES)
    assert 10 * sum(key.startswith("READING#") for key in keys_of_a_year(FIVE_MINUTES)) > 1_000_000
    monkeypatch.setattr(app, "client", year)
    page = answer(app, asked(period))
    assert grain in page
    assert page.count("Room m00") == 20, "each has a name on its card and one in its chart's description"
    newest_and_directory = 10 * 40 + 10
    assert year.read <= items + newest_and_directory + 10
    assert year.read <= ITEM_BOUND
    assert year.queries <= 2 + 10 * 4


@pytest.mark.parametrize(
    ("thermostats", "every"),
    [(1, EVERY_MINUTE), (12, EVERY_MINUTE), (48, FIVE_MINUTES), (290, FIVE_MINUTES), (5000, FIVE_MINUTES)],
)
@pytest.mark.parametrize("days", [2, 62, 365])
def test_the_bound_holds_however_many_and_however_busy(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, thermostats: int, every: timedelta, days: int
) -> None:
    year = Year(thermostats, every)
    monkeypatch.setattr(app, "client", year)
    page = answer(app, asked(days * DAY))
    assert year.read <= ITEM_BOUND + thermostats
    assert page.count('class="sm-card"') == min(thermostats, MOST_THERMOSTATS)


@pytest.mark.shows("more thermostats than a page")
def test_of_a_home_that_is_too_large_for_a_page_all_are_drawn_named_or_counted(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "client", Year(5000, DAY))
    page = answer(app, asked())
    links = page.count('title="show large"')
    assert MOST_THERMOSTATS < links < 500
    assert f" and {5000 - links:,} more" in page
    assert len(page.encode()) < 1_000_000
    assert "Room m4999" in answer(app, asked(module="m4999")), "whom the page does not name is shown when asked for"


def test_too_many_readings_are_drawn_from_hours(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    year = Year(12, EVERY_MINUTE)
    monkeypatch.setattr(app, "client", year)
    assert "hourly means" in answer(app, asked(DAY))
    assert "every reading" in answer(app, asked(timedelta(hours=1)))
