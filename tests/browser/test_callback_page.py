"""The pages after consent in a real browser, with the headers that the callback sends: at phone and desktop width,
light and dark, for success and for failure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from smarther.callback.return_from_consent import Callback
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

    from smarther.domain.account.consent import NotGiven

ADDRESS = "https://ours.example/callback"
GIVEN = {"code": "a-code", "state": "A" * 43}
PHONE, DESKTOP = (390, 844), (1280, 900)
LONG_NAME = "Residenza estiva di Donaudampfschifffahrtsgesellschaftskapitän Müller"
SUCCESS = Report(
    at="2026-01-14T06:30:00Z",
    outcome="healthy",
    consent="accepted",
    plants=(
        PlantState(plant_id="p1", name="Casa in città", subscription="created"),
        PlantState(plant_id="p2", name=LONG_NAME, subscription="created"),
        PlantState(plant_id="p3", name="<b>Baita</b> & Co", subscription="healthy"),
    ),
)
HALF_A_SUCCESS = Report(
    at="2026-01-14T06:30:00Z",
    outcome="needs_person",
    consent="accepted",
    person=(PersonNeeded(reason="no_plant", do="as the page says it"),),
    plants=(PlantState(plant_id="b5e48d6f-cbad-2711-e053-27182d0ad74c", subscription="missing"),),
)


class States:
    """A table in which every state is good, or none."""

    def __init__(self, *, good: bool) -> None:
        self._good = good

    def use(self, state: str, now: datetime, *, not_given: NotGiven | None = None) -> bool:
        return self._good


class Keeper:
    """A keeper that has one report to give."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def consent(self, code: str, *, consent_id: str) -> Report:
        return self._report


def answered(
    query: dict[str, str], *, report: Report = SUCCESS, good_state: bool = True, language: str = "en"
) -> dict[str, Any]:
    callback = Callback(
        consents=States(good=good_state),  # type: ignore[arg-type] # all that it asks of the table
        keeper=Keeper(report),  # type: ignore[arg-type] # all that it asks of the keeper
        now=lambda: datetime.now(UTC),
    )
    return callback.answer({"queryStringParameters": query, "headers": {"accept-language": language}})


class Visit:
    """A page that was opened as from the API, and everything that the browser had to say about it."""

    def __init__(self, browser: Browser, size: tuple[int, int], scheme: Any) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, answer: dict[str, Any]) -> Page:
        def fulfill(route: Route) -> None:
            route.fulfill(status=answer["statusCode"], headers=answer["headers"], body=answer["body"])

        self.page.route("**/*", fulfill)
        response = self.page.goto(ADDRESS)
        assert response is not None
        assert response.status == answer["statusCode"]
        return self.page


@pytest.fixture(params=[(PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light"), (DESKTOP, "dark")], ids=str)
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    size, scheme = request.param
    visit = Visit(browser, size, scheme)
    yield visit
    # A failed document is a line on the console of every browser; the page itself has nothing to complain of.
    assert [words for words in visit.complaints if "Failed to load resource" not in words] == []
    assert visit.asked == [ADDRESS]
    visit.context.close()


def assert_well_laid_out(page: Page) -> None:
    """Its style is in force, nothing stands out, and the text has the contrast that WCAG 2.2 asks for."""
    assert page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius") == "16px"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate(FAINT) == []


FAINT = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = colour => {
    const [r, g, b] = parts(colour).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = part => {
    const colour = getComputedStyle(part).backgroundColor;
    return colour === 'rgba(0, 0, 0, 0)' ? ground(part.parentElement) : colour;
  };
  return [...document.querySelectorAll('h1, h2, p, li, span, code, footer')].filter(part => {
    const [a, b] = [light(getComputedStyle(part).color), light(ground(part))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  }).map(part => part.textContent);
}"""


def test_success_names_the_homes(visit: Visit) -> None:
    page = visit.open(answered(GIVEN))

    assert_well_laid_out(page)
    assert page.get_by_role("heading", name="Your thermostats are connected").is_visible()
    assert page.locator(".homes li").count() == 3
    assert page.get_by_text("Casa in città").is_visible()
    assert page.get_by_text(LONG_NAME).is_visible()
    assert page.get_by_text("<b>Baita</b> & Co").is_visible()
    assert page.locator("b").count() == 0


def test_half_a_success_says_what_is_missing(visit: Visit) -> None:
    page = visit.open(answered(GIVEN, report=HALF_A_SUCCESS))

    assert_well_laid_out(page)
    assert page.get_by_text("not yet", exact=True).is_visible()
    assert page.locator("code", has_text="smarther keeper run").is_visible()


@pytest.mark.parametrize(
    ("report", "heading", "step"),
    [
        (SUCCESS, "I tuoi termostati sono collegati", "Puoi chiudere questa pagina."),
        (HALF_A_SUCCESS, "Consenso accettato", "consenti l’accesso di terze parti"),
    ],
)
def test_a_browser_that_prefers_italian_is_answered_so(visit: Visit, report: Report, heading: str, step: str) -> None:
    page = visit.open(answered(GIVEN, report=report, language="it-IT,it;q=0.9,en;q=0.8"))

    assert_well_laid_out(page)
    assert page.locator("html").get_attribute("lang") == "it"
    assert page.get_by_role("heading", name=heading).is_visible()
    assert page.get_by_text(step).is_visible()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (GIVEN, "This link is no longer valid"),
        ({"error": "access_denied"}, "You did not give consent"),
        ({"state": "only"}, "This link is not complete"),
    ],
)
def test_a_failure_says_what_to_do(visit: Visit, query: dict[str, str], words: str) -> None:
    page = visit.open(answered(query, good_state=False))

    assert_well_laid_out(page)
    assert page.get_by_role("heading", name=words).is_visible()
    assert page.locator("code", has_text="smarther authorize").first.is_visible()


def test_a_script_that_got_into_a_page_would_not_run(browser: Browser) -> None:
    answer = answered(GIVEN)
    answer["body"] = answer["body"].replace("<main>", "<main><script>document.title = 'taken'</script>")
    visit = Visit(browser, PHONE, "light")

    page = visit.open(answer)

    assert page.title() != "taken"
    assert any("Content Security Policy" in words for words in visit.complaints)
    visit.context.close()
