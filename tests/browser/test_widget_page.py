"""The widget in a real browser: it draws, fits, can be read, and stays harmless, at console and phone widths."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from smarther.domain.summaries.series import of_snapshots
from smarther.drawing.chart import ChartStyle, chart_file
from smarther.store.past.history import History
from smarther_cli.commands.readings.plot import png
from tests.browser.frame import FRAME
from tests.browser.probes import COLLIDING, DRAWN, OVERFLOWING, PIXELS, TOO_FAINT, TOO_LITTLE, TOO_SMALL
from tests.browser.sample_home import DAY, NEVER_SPOKE, NOW, ROME, ROOMS, SEASIDE, home, page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from smarther.store.table import Table

CONSOLE, HALF, PHONE = 1180, 580, 374
HOSTILE = "\"><img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenvorraumheizungsthermostat"

PAGES: dict[str, tuple[int, dict[str, Any]]] = {
    "one": (1, {}),
    "twelve": (12, {}),
    "empty": (0, {}),
    "a week": (3, {"period": 7 * DAY}),
    "a year": (2, {"period": 365 * DAY, "unit": "F"}),
    "one alone": (12, {"module": "m1"}),
    "one silent alone": (12, {"module": "m5"}),
    "one that never spoke": (12, {"module": "m11"}),
    "one over a month": (2, {"module": "m1", "period": 30 * DAY}),
    "twelve, in Italian": (12, {"locale": "it-IT"}),
    "a week, in Italian": (3, {"period": 7 * DAY, "locale": "it-IT"}),
    "a year, in Italian": (2, {"period": 365 * DAY, "locale": "it-IT"}),
    "one alone, in Italian": (12, {"module": "m1", "locale": "it-IT"}),
    "one silent alone, in Italian": (12, {"module": "m5", "locale": "it-IT"}),
}


@pytest.fixture(scope="module")
def samples() -> dict[int, Table]:
    return {rooms: home(rooms, days=33) for rooms in (0, 1, 2, 3, 12)}


def show(browser: Browser, html: str, *, width: int, dark: bool = False) -> Page:
    """The widget in a page as wide as said, and whatever the page complains of."""
    shown = browser.new_page(viewport={"width": width + FRAME, "height": 800})
    complaints: list[str] = []
    shown.on("console", lambda message: complaints.append(message.text))
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    background = "#0f1b2a" if dark else "#fff"
    shown.set_content(
        f'<!doctype html><html lang="en"><body style="margin:8px;background:{background}">{html}</body></html>'
    )
    assert not complaints
    return shown


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [CONSOLE, HALF, PHONE])
@pytest.mark.parametrize("name", PAGES)
def test_it_fits_and_can_be_read(
    browser: Browser, samples: dict[int, Table], name: str, width: int, *, dark: bool
) -> None:
    rooms, said = PAGES[name]
    shown = show(browser, page(samples[rooms], width, dark=dark, **said), width=width, dark=dark)
    assert shown.evaluate(OVERFLOWING) == []
    assert shown.evaluate(COLLIDING) == []
    assert shown.evaluate(TOO_SMALL) == []
    assert shown.evaluate(TOO_FAINT) == []
    shown.close()


@pytest.mark.parametrize("width", [CONSOLE, PHONE])
def test_it_draws(browser: Browser, samples: dict[int, Table], width: int) -> None:
    shown = show(browser, page(samples[12], width), width=width)
    drawn: list[dict[str, Any]] = shown.evaluate(DRAWN)
    assert len(drawn) == 12
    names = sorted(ROOMS[:SEASIDE], key=str.casefold) + sorted(ROOMS[SEASIDE:], key=str.casefold)
    spoke = [each for name, each in zip(names, drawn, strict=True) if name not in {ROOMS[5], ROOMS[NEVER_SPOKE]}]
    assert all(each["temperature"] > 100 for each in spoke), "pixels of line"
    assert all(each["setpoint"] > 100 and each["humidity"] > 100 and each["heating"] > 10 for each in spoke)
    assert shown.locator(".sm-stale").count() == 2
    assert shown.get_by_text("Never reported").is_visible()
    assert shown.get_by_text("Silent, last heard 40 h ago").is_visible()
    assert all(shown.get_by_text(name, exact=True).first.is_visible() for name in ROOMS)
    shown.close()


@pytest.mark.parametrize(
    ("rooms", "said"), [(1, {}), (51, {}), (1, {"module": "m0"})], ids=["one", "very many", "alone"]
)
@pytest.mark.parametrize("locale", ["en", "it"])
def test_a_finger_meets_what_it_is_meant_for(
    browser: Browser, samples: dict[int, Table], rooms: int, said: dict[str, Any], locale: str
) -> None:
    sample = samples[1] if rooms == 1 else home(rooms, days=1, names=tuple(f"Stanza {n}" for n in range(rooms)))
    shown = show(browser, page(sample, PHONE, locale=locale, **said), width=PHONE)
    assert shown.evaluate(TOO_LITTLE) == []
    shown.close()


def test_it_speaks_italian_where_the_console_does(browser: Browser, samples: dict[int, Table]) -> None:
    shown = show(browser, page(samples[12], PHONE, locale="it-IT"), width=PHONE)
    assert shown.locator(".sm").get_attribute("lang") == "it"
    assert shown.get_by_text("Mai sentito").is_visible()
    assert shown.get_by_text("Senza notizie, ultimo segnale 40 h fa").is_visible()
    assert shown.get_by_text("Manuale fino alle 23:30").first.is_visible()
    assert shown.get_by_text("20,5 °C").first.is_visible()
    assert shown.get_by_text("dom 18").first.is_visible()
    shown.close()


def test_a_page_that_turns_out_to_be_a_phone_s_can_be_read(browser: Browser, samples: dict[int, Table]) -> None:
    chosen: list[tuple[int, dict[str, Any]]] = [(1, {}), (12, {}), (12, {"module": "m2"})]
    for rooms, said in chosen:
        shown = show(browser, page(samples[rooms], CONSOLE, **said), width=PHONE)
        assert shown.evaluate(OVERFLOWING) == []
        assert shown.evaluate(TOO_SMALL) == []
        shown.close()


def test_the_themes_differ(browser: Browser, samples: dict[int, Table]) -> None:
    colours = []
    for dark in (False, True):
        shown = show(browser, page(samples[1], CONSOLE, dark=dark), width=CONSOLE, dark=dark)
        colours.append(shown.evaluate("getComputedStyle(document.querySelector('.sm-card')).backgroundColor"))
        shown.close()
    assert colours == ["rgb(255, 255, 255)", "rgb(27, 35, 45)"]


@pytest.mark.parametrize("said", [{}, {"module": "m0"}], ids=["home", "alone"])
@pytest.mark.parametrize("name", [HOSTILE, LONG])
def test_a_hostile_name_stays_text_and_a_long_one_within_its_card(
    browser: Browser, name: str, said: dict[str, Any]
) -> None:
    sample = home(2, names=(name, "Bagno"))
    for width in (CONSOLE, PHONE):
        shown = show(browser, page(sample, width, **said), width=width)
        assert shown.locator("script, img").count() == 0
        assert shown.title() == ""
        assert shown.get_by_text(name, exact=True).is_visible()
        assert shown.evaluate(OVERFLOWING) == []
        shown.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", ["svg+xml", "png"])
def test_a_chart_as_a_file_is_a_picture_of_its_own(
    browser: Browser, samples: dict[int, Table], kind: str, *, dark: bool
) -> None:
    snapshots = History(samples[1]).snapshots("m0", start=NOW - DAY, end=NOW, limit=1000)
    series = of_snapshots(snapshots, start=NOW - DAY, end=NOW, now=NOW)
    style = ChartStyle(width=700, height=300, zone=ROME, fahrenheit=False)
    file = chart_file(series, style, name=HOSTILE, about=[HOSTILE], dark=dark)
    ElementTree.fromstring(file)  # noqa: S314 - made here, not received
    shown = browser.new_page()
    shown.set_content("<img><canvas width=700 height=330>")
    content = file.encode() if kind == "svg+xml" else png(file)
    picture = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    pixels: list[list[int]] = shown.evaluate(PIXELS, picture)
    assert pixels[0] == [27, 35, 45] if dark else pixels[0] == [255, 255, 255]
    assert ([255, 148, 80] if dark else [194, 74, 0]) in pixels, "the line of the temperature"
    assert ([233, 235, 237] if dark else [22, 25, 31]) in pixels, "letters"
    shown.close()


def test_the_console_s_actions_are_not_shown(browser: Browser, samples: dict[int, Table]) -> None:
    shown = show(browser, page(samples[2], CONSOLE, module="m1"), width=CONSOLE)
    actions = shown.locator("cwdb-action")
    assert actions.count() == 10
    assert not any(action.is_visible() for action in actions.all())
    assert shown.evaluate(
        "[...document.querySelectorAll('cwdb-action')].every(a => a.previousElementSibling.tagName == 'A')"
    )
    shown.close()
