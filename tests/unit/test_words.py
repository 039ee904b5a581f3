"""The languages: none lacks what the other says, who is spoken to in which, and no page has words of its own."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from string import Formatter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import Cause, Incident
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState, Report
from smarther.domain.readings.home import Load, Snapshot, Thermostat
from smarther.domain.readings.latest import StoredReading, thermostat_state
from smarther.domain.readings.reading import instant_text
from smarther.domain.summaries.series import Grain, of_snapshots
from smarther.drawing.chart import ChartStyle, chart_file
from smarther.drawing.consent_page import ConsentPage, html
from smarther.drawing.home_page import Card, UnreadCard, View, home_page, nobody_page, thermostat_page, unanswered_page
from smarther.drawing.incident_text import notices
from smarther.drawing.text import clock_phrase, clock_text, period_text, temperature_text
from smarther.drawing.widget_request import widget_call
from smarther.drawing.words import choice
from smarther.drawing.words.choice import words_of_browser, words_of_console
from smarther.drawing.words.english import ENGLISH
from smarther.drawing.words.italian import ITALIAN
from smarther.drawing.words.language import Ending, Language
from tests.browser.sample_home import DAY, NOW, ROME, home, page

if TYPE_CHECKING:
    from collections.abc import Iterator

SAME = {
    "tag": "names a language",
    "lengths.0": "a number and a symbol",
    "modes.BOOST": "the name that Legrand's app has for it in both",
}
"""What need not differ, and why: marks, months and such are compared as they are."""
_MARKS = {"decimal_mark", "thousands_mark", "months", "weekdays"}


def texts(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a language, by where it stands."""
    if isinstance(part, str):
        yield path, part
        return
    if is_dataclass(part):
        inside = {each.name: getattr(part, each.name) for each in fields(part)}
    else:
        inside = part if isinstance(part, dict) else {str(number): each for number, each in enumerate(part)}
    for name, each in inside.items():
        yield from texts(each, f"{path}.{name}".lstrip("."))


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def commands(text: str) -> list[str]:
    return sorted(re.findall(r"`[^`]+`", text))


def faults(one: Language, other: Language) -> list[str]:
    """Where two languages do not say the same."""
    ours, theirs = dict(texts(one)), dict(texts(other))
    found = [f"{path}: no twin" for path in ours.keys() ^ theirs.keys()]
    for path in ours.keys() & theirs.keys():
        a, b = ours[path], theirs[path]
        if not b.strip():
            found.append(f"{path}: empty")
        if placeholders(a) != placeholders(b):
            found.append(f"{path}: other values")
        if commands(a) != commands(b):
            found.append(f"{path}: other commands")
        if a == b and path not in SAME and path.partition(".")[0] not in _MARKS:
            found.append(f"{path}: not translated")
    return found


def test_each_text_has_its_twin_with_the_same_values_and_commands() -> None:
    assert faults(ENGLISH, ITALIAN) == []


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ({"remedies": {k: v for k, v in ITALIAN.remedies.items() if k != Reason.NO_PLANT}}, "no_plant: no twin"),
        ({"endings": {k: v for k, v in ITALIAN.endings.items() if k != Ending.BUSY}}, "busy: no twin"),
        ({"lengths": ITALIAN.lengths[:-1]}, "lengths.4: no twin"),
        ({"ago": "{quanto} fa"}, "ago: other values"),
        ({"and_more": " e altri {count}"}, "and_more: other commands"),
        ({"also": ENGLISH.also}, "also: not translated"),
        ({"homes": ""}, "homes: empty"),
    ],
)
def test_one_without_its_twin_is_seen(planted: dict[str, Any], fault: str) -> None:
    assert any(
        each.endswith(fault) or fault.partition(":")[0] in each for each in faults(ENGLISH, replace(ITALIAN, **planted))
    )


@pytest.mark.parametrize("words", choice.LANGUAGES.values(), ids=lambda words: words.tag)
def test_a_language_knows_all_that_can_be_said(words: Language) -> None:
    assert words.endings.keys() == set(Ending)
    assert words.remedies.keys() == set(Reason)
    assert words.incidents.keys() == set(Cause)
    assert words.loads.keys() == set(Load)
    assert words.grains.keys() == set(Grain)
    assert words.modes.keys() == {"AUTOMATIC", "MANUAL", "BOOST", "OFF", "PROTECTION"}
    assert len(set(words.months)) == 12
    assert len(set(words.weekdays)) == 7


# ---- who is spoken to in which language


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("it", "it"),
        ("it-IT,it;q=0.9,en-US;q=0.8,en;q=0.7", "it"),
        ("IT-ch", "it"),
        ("en-GB,en;q=0.9,it;q=0.8", "en"),
        ("de-DE,de;q=0.9,it;q=0.5,en;q=0.3", "it"),
        ("en;q=0.2, it ; q = 0.4", "it"),
        ("it;q=0,en", "en"),
        ("it;q=0", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("italiano", "en"),
        ("it;q=x", "en"),
        ("", "en"),
        (None, "en"),
        (["it"], "en"),
        (",".join(["de"] * 60 + ["it"]), "en"),
    ],
)
def test_a_browser_is_answered_in_what_it_likes_best_of_what_is_here(accepted: object, tag: str) -> None:
    assert words_of_browser(accepted).tag == tag


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        ("it", "it"),
        ("it-IT", "it"),
        ("it_IT", "it"),
        ("IT", "it"),
        ("en", "en"),
        ("ja", "en"),
        ("", "en"),
        (None, "en"),
        (7, "en"),
    ],
)
def test_the_console_is_answered_in_its_language(locale: object, tag: str) -> None:
    assert words_of_console(locale).tag == tag
    assert widget_call({"widgetContext": {"locale": locale}}, now=NOW, home=ROME).words.tag == tag


@given(st.text())
def test_whatever_is_asked_for_there_is_a_language(said: str) -> None:
    assert words_of_browser(said) in choice.LANGUAGES.values()
    assert words_of_console(said) in choice.LANGUAGES.values()


# ---- numbers and dates


def test_decimals_and_dates_are_the_language_s() -> None:
    assert temperature_text(Decimal("19.55"), fahrenheit=False, words=ITALIAN) == "19,6 °C"
    assert clock_text(NOW - 33 * DAY, zone=ROME, now=NOW, words=ITALIAN) == "16 dic 2025 18:42"
    assert clock_phrase(ITALIAN.since, NOW, zone=ROME, now=NOW, words=ITALIAN) == "dalle 18:42"
    assert clock_phrase(ITALIAN.since, NOW - DAY, zone=ROME, now=NOW, words=ITALIAN) == "dal 17 gen 18:42"
    assert period_text(NOW - DAY, NOW, zone=ROME, words=ITALIAN) == "17 gen 18:42 – 18 gen 18:42"


# ---- pages have no words but those


class Said(HTMLParser):
    """What a page says, to the eye or to the ear: texts, titles, labels."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._open = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.words += [value for name, value in attrs if name in {"title", "aria-label"} and value]

    def handle_data(self, data: str) -> None:
        if self._open not in {"style", "cwdb-action"}:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    @property
    def latin(self) -> set[str]:
        return set(re.findall(r"[A-Za-z]+", " ".join(self.words)))


def masked(part: Any) -> Any:
    """A language in which every letter is another, so that a word that does not come from it stands out."""
    if isinstance(part, str):
        return re.sub(r"\{\w+\}|[^\W\d_]", lambda found: found[0] if found[0].startswith("{") else "ж", part)
    if is_dataclass(part):
        return replace(part, **{each.name: masked(getattr(part, each.name)) for each in fields(part)})  # type: ignore[type-var]
    return {k: masked(v) for k, v in part.items()} if isinstance(part, dict) else tuple(map(masked, part))


MASKED: Language = replace(masked(ENGLISH), tag="xx")
SYMBOLS = {"h", "min", "C", "F", "UTC", "T", "Z"}
PRODUCT = {"Smarther", "Recorder"}
DATA = {"Casa", "al", "mare", "m"}
ROOMS = tuple(str(number) for number in range(12))
HOMES: dict[str, tuple[int, dict[str, Any]]] = {
    "empty": (0, {}),
    "twelve": (12, {}),
    "a week": (3, {"period": 7 * DAY}),
    "a year, °F": (2, {"period": 365 * DAY, "unit": "F"}),
    "one alone": (12, {"module": "m1"}),
    "one silent": (12, {"module": "m5"}),
    "one that never spoke": (12, {"module": "m11"}),
    "one moved": (2, {"module": "m1", "start": "2026-01-10T00:00:00Z", "end": "2026-01-17T00:00:00Z"}),
    "nobody": (2, {"module": "7"}),
}


@pytest.fixture
def masks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "LANGUAGES", {**choice.LANGUAGES, "xx": MASKED})


@pytest.mark.usefixtures("masks")
@pytest.mark.parametrize("name", HOMES)
def test_the_home_has_no_word_that_is_not_a_language_s(name: str) -> None:
    rooms, said = HOMES[name]
    document = page(home(rooms, names=ROOMS), 800, locale="xx", **said)
    assert 'lang="xx"' in document
    assert Said(document).latin - SYMBOLS - DATA == set()


def wholly_ill() -> Report:
    """A report, long ago, of all that can happen."""
    return Report(
        at=instant_text(NOW - DAY),
        outcome="needs_person",
        person=tuple(PersonNeeded(reason=reason, do="in the words of the report") for reason in Reason),
        incidents=tuple(
            Incident(cause=cause, since=NOW - DAY, plant_ids=("1",), module_ids=("1", "2"), of=3, changed=True)
            for cause in Cause
        ),
    )


def odd_pages(words: Language) -> list[str]:
    """What a home seldom shows: odd clocks, cards that failed, cooling, boost, very many."""
    call = replace(widget_call({}, now=NOW, home=UTC), words=words)
    view = View(call=call, now=NOW, stale_after=DAY, endpoint="")
    told = {"temperature": Decimal("19.5"), "setpoint": Decimal(21), "humidity": Decimal(55)}
    cards: list[Card | UnreadCard] = []
    for number, (mode, load) in enumerate(
        [("BOOST", Load.COOLING), ("OFF", Load.IDLE), ("PROTECTION", None), ("MANUAL", Load.HEATING)]
    ):
        snapshots = [
            Snapshot(time=NOW - age, mode=mode, load=each, activation_time="2026-02-01T08:00:00Z", **told)  # type: ignore[arg-type]  # as in `told`
            for age, each in ((timedelta(minutes=5), load), (timedelta(hours=1), load), (timedelta(hours=2), Load.IDLE))
        ]
        words_said = [
            StoredReading(key=str(each.time), received_at=each.time, pushed=True, snapshot=each, said=())
            for each in snapshots
        ]
        series = of_snapshots(snapshots[::-1], start=NOW - DAY, end=NOW, now=NOW)
        cards.append(Card(Thermostat(str(number), str(number), "1", "1"), thermostat_state(words_said), series))
    late = Snapshot(time=datetime(2041, 5, 21, 8, tzinfo=UTC), temperature=Decimal("19.5"))
    wrong = thermostat_state([StoredReading(key="1", received_at=NOW, pushed=True, snapshot=late, said=())])
    cards += [Card(Thermostat("8", "8", "2", "2"), wrong, series), UnreadCard(Thermostat("9", "9", "2", "2"))]
    many = [Thermostat(str(number), str(number), "1", "1") for number in range(2000)]
    style = ChartStyle(width=800, height=300, zone=UTC, fahrenheit=False, words=words)
    return [
        home_page(
            cards,
            view,
            others=many,
            notices=notices(wholly_ill(), {}, (), zone=UTC, now=NOW, keeper_every=DAY / 48, words=words),
        ),
        home_page(cards[:1], view, notices=[]),
        *(thermostat_page(each, view) for each in cards),
        nobody_page("1", view),
        unanswered_page(words),
        chart_file(series, style, name="1", about=["1"], dark=False),
    ]


def test_nor_has_what_is_seldom_seen() -> None:
    assert set().union(*(Said(each).latin for each in odd_pages(MASKED))) - SYMBOLS == set()


def consent_pages(words: Language) -> list[str]:
    person = tuple(PersonNeeded(reason=reason, do="in the words of the report") for reason in Reason)
    plants = (PlantState(plant_id="1", subscription="created"), PlantState(plant_id="2", subscription="missing"))
    return [html(ConsentPage(ending=ending, plants=plants, person=person), words) for ending in Ending]


def test_nor_have_the_pages_after_consent() -> None:
    for document in consent_pages(MASKED):
        assert '<html lang="xx">' in document
        assert Said(document).latin - PRODUCT == set()


def test_a_reason_of_another_version_is_told_as_the_report_has_it() -> None:
    person = (PersonNeeded(reason="of_tomorrow", do="Do as tomorrow."),)
    assert "Do as tomorrow." in html(ConsentPage(ending=Ending.ACCEPTED, person=person), ITALIAN)


def test_a_word_of_a_page_s_own_is_seen() -> None:
    assert Said('<p title="look">19 °C <b>жж</b></p>').latin - SYMBOLS == {"look"}


def all_words(said: list[str]) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", " ".join(said).lower()))


def test_no_english_word_is_on_an_italian_page() -> None:
    ours, theirs = ([text for _, text in texts(words)] for words in (ITALIAN, ENGLISH))
    english = all_words(theirs) - all_words(ours) - {"recorder"}  # whose name it is
    pages = [page(home(rooms, names=ROOMS), 800, locale="it-IT", **said) for rooms, said in HOMES.values()]
    for document in [*pages, *odd_pages(ITALIAN), *consent_pages(ITALIAN)]:
        assert all_words(Said(document).words) & english == set()
    assert len(english) > 100
