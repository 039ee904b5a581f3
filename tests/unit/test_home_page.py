"""The widget's pages: what they say, what can be chosen, and that nothing from the table becomes a tag."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from smarther.domain.readings.home import Load, Snapshot, Thermostat
from smarther.domain.readings.latest import StoredReading, thermostat_state
from smarther.domain.summaries.series import of_snapshots
from smarther.drawing.home_page import Card, View, home_page, nobody_page, thermostat_page, unanswered_page
from smarther.drawing.widget_request import WidgetCall
from smarther.drawing.words.english import ENGLISH
from smarther.drawing.words.italian import ITALIAN

if TYPE_CHECKING:
    from smarther.drawing.words.language import Language

NOW = datetime(2026, 1, 18, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ARN = "arn:aws:lambda:eu-south-1:123456789012:function:smarther-widget"
HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('x')</script>"
ALLOWED = {
    *("div", "style", "section", "header", "h3", "p", "span", "small", "b", "a", "cwdb-action"),
    *("svg", "path", "rect", "circle", "text", "title"),
}


class Page(HTMLParser):
    """The page as a browser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.actions: list[dict[str, object]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "cwdb-action":
            assert self.tags[-1][0] == "a", "an action acts on the element before it"
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1] == "cwdb-action":
            self.actions.append(json.loads(data))
        elif self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def classes(self) -> set[str]:
        return {word for _, attrs in self.tags for word in (attrs.get("class") or "").split()}


def view(**said: object) -> View:
    call = {"start": NOW - DAY, "end": NOW, "zone": UTC, "dark": False, "width": 800, "fahrenheit": False}
    made = WidgetCall(**{**call, "module_id": None, "moved": False, **said})  # type: ignore[arg-type]  # as in `said`
    return View(call=made, now=NOW, stale_after=DAY, endpoint=ARN)


def stored(snapshot: Snapshot, received_at: datetime | None = None) -> StoredReading:
    arrival = received_at or snapshot.time
    return StoredReading(key=f"READING#{snapshot.time}", received_at=arrival, pushed=True, snapshot=snapshot, said=())


def card(*ages: timedelta, name: str = "Salotto", number: int = 1, **said: object) -> Card:
    default = {"temperature": Decimal("19.5"), "setpoint": Decimal(21), "humidity": Decimal(55), "load": Load.HEATING}
    snapshots = [
        Snapshot(time=NOW - age, **{"mode": "AUTOMATIC", "program": 2, **default, **said})  # type: ignore[arg-type]  # as in `said`
        for age in ages
    ]
    series = of_snapshots(snapshots[::-1], start=NOW - DAY, end=NOW, now=NOW)
    return Card(
        Thermostat(f"m{number}", name, "p", "Casa"), thermostat_state([stored(each) for each in snapshots]), series
    )


MINUTES = timedelta(minutes=1)


def test_a_card_shows_temperature_humidity_set_point_load_and_since_when() -> None:
    page = Page(home_page([card(3 * MINUTES, 63 * MINUTES)], view()))
    for words in ("Salotto", "19.5 °C", "21.0 °C", "55 %", "Heating", "Program 2", "3 min ago"):
        assert words in page.text
    assert "Heating since" not in page.text, "as far back as was looked it heated, and when it began nobody knows"
    assert "1 thermostat · 1 heating · 17 Jan 12:00 to 18 Jan 12:00, every reading" in page.text
    assert "sm-stale" not in page.classes()


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (datetime(2041, 5, 21, 8, tzinfo=UTC), "Its clock is wrong: 15 years ahead"),
        (datetime.max.replace(tzinfo=UTC), "Its clock is wrong: 7979 years ahead"),
        (datetime.min.replace(tzinfo=UTC), "Its clock is wrong: 2026 years behind"),
    ],
)
def test_a_wrong_clock_is_marked_and_the_word_is_as_old_as_its_arrival(told: datetime, text: str) -> None:
    snapshot = Snapshot(time=told, temperature=Decimal("19.5"))
    series = of_snapshots([], start=NOW - DAY, end=NOW, now=NOW)
    stands = thermostat_state([stored(snapshot, NOW - 20 * MINUTES)])
    page = Page(home_page([Card(Thermostat("m1", "Salotto", "p", "Casa"), stands, series)], view()))
    assert text in page.text
    assert "20 min ago" in page.text
    assert "sm-stale" not in page.classes()
    assert "sm-clock" in page.classes()


def test_one_that_was_met_lately_and_has_not_spoken_yet_is_not_silent() -> None:
    series = of_snapshots([], start=NOW - DAY, end=NOW, now=NOW)
    known = Thermostat("m1", "Salotto", "p", "Casa", known_since=NOW - timedelta(hours=1))
    page = Page(home_page([Card(known, None, series)], view()))
    assert "Never reported" in page.text
    assert "sm-stale" not in page.classes()
    assert "silent" not in page.text


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"mode": "AUTOMATIC", "program": None}, "Automatic"),
        ({"mode": "MANUAL", "activation_time": None}, "Manual"),
        ({"mode": "MANUAL", "activation_time": "2026-01-18T23:30:00"}, "Manual until 23:30"),
        ({"mode": "BOOST", "activation_time": "2026-01-18T11:00:00Z/2026-01-18T13:00:00Z"}, "Boost until 13:00"),
        ({"mode": "MANUAL", "activation_time": "2026-02-01T08:00:00+02:00"}, "Manual until 1 Feb 06:00"),
        ({"mode": "MANUAL", "activation_time": "<i>whenever"}, "Manual until <i>whenever"),
        ({"mode": "SOMETHING_NEW"}, "Something_new"),
        ({"mode": None}, "Heating"),
        ({"load": Load.COOLING}, "Cooling"),
        ({"load": None}, "Load not sent"),
        ({"setpoint": None}, "–"),
    ],
)
def test_the_mode_says_until_when(said: dict[str, Any], text: str) -> None:
    assert text in Page(home_page([card(5 * MINUTES, **said)], view())).text


def test_silence_stands_out_whether_it_ever_spoke_or_not() -> None:
    page = Page(home_page([card(3 * DAY), card(number=2, name="Bagno"), card(MINUTES, number=3)], view()))
    assert "3 thermostats · 1 heating · 2 silent" in page.text
    assert "Silent, last heard 3 days ago" in page.text
    assert "Never reported" in page.text
    assert [attrs.get("class") for tag, attrs in page.tags if tag == "section"] == [
        "sm-card sm-stale",
        "sm-card sm-stale",
        "sm-card",
    ]


def test_an_empty_home_says_what_to_wait_for() -> None:
    assert "No thermostats yet" in Page(home_page([], view())).text


def test_a_name_leads_to_its_thermostat() -> None:
    page = Page(home_page([card(MINUTES)], view()))
    assert page.actions == [{"module": "m1"}]
    (action,) = (attrs for tag, attrs in page.tags if tag == "cwdb-action")
    assert action == {"action": "call", "display": "widget", "endpoint": ARN}


def test_one_alone_can_be_moved_in_time_and_left_again() -> None:
    page = Page(thermostat_page(card(MINUTES), view(moved=True)))
    back, *moves, dashboard = page.actions
    assert back == {"module": None}
    assert dashboard == {"module": "m1"}
    assert len(moves) == 9
    now = int(NOW.timestamp() * 1000)
    hour = 3_600_000
    lengths = [move["end"] - move["start"] for move in moves]  # type: ignore[operator]  # milliseconds
    assert lengths == [
        24 * hour,
        6 * hour,
        24 * hour,
        168 * hour,
        720 * hour,
        8760 * hour,
        24 * hour,
        12 * hour,
        48 * hour,
    ]
    assert moves[0]["end"] == now - 12 * hour
    assert moves[6]["start"] == now - 12 * hour
    assert [attrs["class"] for _, attrs in page.tags if "sm-here" in (attrs.get("class") or "")] == [
        "sm-button sm-here"
    ]
    assert "Dashboard’s period" not in Page(thermostat_page(card(MINUTES), view())).text


def test_those_without_room_are_still_named_and_reached() -> None:
    page = Page(home_page([card(MINUTES)], view(), others=[Thermostat("m9", HOSTILE, "p", "Casa")]))
    assert HOSTILE in page.words
    assert {"module": "m9"} in page.actions


@pytest.mark.parametrize(
    ("words", "told"), [(ENGLISH, "Automatic · Fuori <i>casa"), (ITALIAN, "Automatico · Fuori <i>casa")]
)
def test_a_program_has_the_name_that_its_owner_gave_it(words: Language, told: str) -> None:
    shown = view(words=words)
    named = card(MINUTES)
    named = Card(replace(named.thermostat, programs={2: "Fuori <i>casa"}), named.state, named.series)
    unknown = card(MINUTES, program=3)
    unknown = Card(named.thermostat, unknown.state, unknown.series)

    assert told in Page(home_page([named], shown)).text
    assert words.program.format(number=3) in Page(home_page([unknown], shown)).text


def test_a_built_in_program_has_its_name_as_well() -> None:
    built_in = card(MINUTES, program=0)
    built_in = Card(replace(built_in.thermostat, programs={0: "Default"}), built_in.state, built_in.series)
    assert "Automatic · Default" in Page(thermostat_page(built_in, view())).text


def test_the_plant_is_named_when_there_are_several() -> None:
    one = card(MINUTES)
    other = Card(Thermostat("m2", "Cabina", "q", "Mare"), one.state, one.series)
    assert "Mare" in Page(home_page([one, other], view())).text
    assert "Casa" not in Page(home_page([one], view())).text


@pytest.mark.parametrize("width", [240, 390, 800, 2400])
@pytest.mark.parametrize("dark", [True, False])
def test_nothing_from_the_table_becomes_a_tag(width: int, *, dark: bool) -> None:
    hostile = card(MINUTES, name=HOSTILE, mode=HOSTILE, program=None, activation_time=HOSTILE)
    hostile = Card(Thermostat(HOSTILE, HOSTILE, HOSTILE, HOSTILE), hostile.state, hostile.series)
    programmed = card(MINUTES, program=1)
    programmed = Card(replace(hostile.thermostat, programs={1: HOSTILE}), programmed.state, programmed.series)
    shown = view(width=width, dark=dark)
    for html in (
        home_page([hostile, card(number=2)], shown),
        thermostat_page(hostile, shown),
        thermostat_page(programmed, shown),
        nobody_page(HOSTILE, shown),
    ):
        page = Page(html)
        assert {tag for tag, _ in page.tags} <= ALLOWED
        assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
        assert HOSTILE in page.text
        assert ("sm-dark" in page.classes()) is dark


def test_a_table_that_does_not_answer_is_told_in_plain_words() -> None:
    page = Page(unanswered_page(ENGLISH))
    assert {tag for tag, _ in page.tags} == {"p"}
    assert "does not answer" in page.text


def test_the_page_has_as_many_columns_as_there_is_room_for() -> None:
    cards = [card(MINUTES, number=number) for number in range(6)]
    for width, columns in ((390, 1), (800, 2), (1180, 3), (2400, 4)):
        page = Page(home_page(cards, view(width=width)))
        (grid,) = (attrs for _, attrs in page.tags if attrs.get("class") == "sm-cards")
        assert grid["style"] == f"grid-template-columns:repeat({columns},minmax(0,1fr))"
