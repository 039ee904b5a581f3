"""The preview plays the console's part: it asks as the console asks, and its links do what the console's would."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.shows.preview import PAGE
from smarther.widget.answer import Widget
from tests.browser.probes import TOO_LITTLE
from tests.browser.sample_home import NOW, ROME, home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

ADDRESS = "http://preview.test/"


class Console:
    """The preview's page in a browser, with a widget behind it that remembers what it was asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[dict[str, Any]] = []
        self.out_of_order = False
        self._widget = Widget(
            home(3, days=10), home=ROME, stale_after=timedelta(days=1), keeper_every=timedelta(minutes=30)
        )
        page.route(f"{ADDRESS}*", lambda route: route.fulfill(body="", status=404))
        page.route(ADDRESS, lambda route: route.fulfill(path=PAGE, content_type="text/html"))
        page.route(f"{ADDRESS}widget", self._answer)
        page.add_init_script("window.setTimeout = () => 0")  # it asks again when told to, and not by itself
        page.goto(ADDRESS)
        page.wait_for_selector(".sm")

    def _answer(self, route: Route) -> None:
        event = json.loads(route.request.post_data or "")
        self.asked.append(event)
        if self.out_of_order:
            route.fulfill(status=502, body="the function failed")
        else:
            html = self._widget.answer(event, now=NOW, endpoint="arn:aws:lambda:eu-south-1:1:function:w")
            route.fulfill(body=str(html), content_type="text/html; charset=utf-8")

    def choose(self, label: str) -> dict[str, Any]:
        """Choose a setting of the page; returns what was asked then."""
        with self.page.expect_response(f"{ADDRESS}widget"):
            self.page.get_by_label(label, exact=True).check()
        return self.asked[-1]

    def click(self, text: str) -> dict[str, Any]:
        """Follow a link of the widget; returns what was asked then."""
        with self.page.expect_response(f"{ADDRESS}widget"):
            self.page.locator("#widget a", has_text=text).first.click()
        return self.asked[-1]


@pytest.fixture
def console(browser: Browser) -> Iterator[Console]:
    page = browser.new_page(viewport={"width": 1240, "height": 900}, timezone_id="America/New_York")
    yield Console(page)
    page.close()


def test_it_asks_as_the_console_does(console: Console) -> None:
    context = console.asked[0]["widgetContext"]
    recorded = json.loads((PAGE.parents[3] / "events" / "widget" / "home.json").read_text())["widgetContext"]
    assert set(context) | {"domain"} == set(recorded)
    assert context["timezone"]["offsetISO"] in {"-05:00", "-04:00"}
    assert context["timeRange"]["end"] - context["timeRange"]["start"] == 24 * 3600_000
    assert context["width"] == pytest.approx(1192, abs=20)


def test_the_settings_are_those_of_a_dashboard(console: Console) -> None:
    week = console.choose("1 week")["widgetContext"]["timeRange"]
    assert week["end"] - week["start"] == 168 * 3600_000
    assert console.choose("dark")["widgetContext"]["theme"] == "dark"
    assert console.choose("°F")["widgetContext"]["params"] == {"unit": "F"}
    assert console.choose("phone")["widgetContext"]["width"] == 390


def test_a_thermostat_is_chosen_moved_in_time_and_left(console: Console) -> None:
    chosen = console.click("Studio")
    assert chosen["module"] == "m2"
    console.page.get_by_text("All thermostats").wait_for()
    moved = console.click("6 h")
    assert moved["end"] - moved["start"] == 6 * 3600_000
    console.page.get_by_text("Dashboard’s period").wait_for()
    assert "start" not in console.click("Dashboard’s period")
    assert console.click("All thermostats")["module"] is None
    console.page.get_by_text("Soggiorno", exact=True).wait_for()


def test_a_widget_that_fails_leaves_the_last_drawing_and_says_so(console: Console) -> None:
    console.out_of_order = True
    console.choose("2 days")
    console.page.get_by_text("not drawn: the function failed").wait_for()
    assert console.page.locator(".sm-card").count() == 3


def test_on_a_phone_it_is_made_for_fingers_and_speaks_the_browser_s_language(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="it-IT")
    assert Console(page).asked[0]["widgetContext"]["locale"] == "it-IT"
    assert page.get_by_text("3 termostati").is_visible()
    assert page.evaluate(TOO_LITTLE) == []
    page.close()
