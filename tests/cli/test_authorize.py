"""Consent: the address, the waiting, the end of it."""

from __future__ import annotations

import json
import secrets
import webbrowser
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from smarther.domain.account.consent import ConsentProgress, NotGiven, Scope, state_digest
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState
from smarther.drawing import consent_page
from smarther.drawing.words.english import ENGLISH
from smarther.store.keeper_items import Consents, KeeperNotes
from smarther_cli.commands.account import authorize
from tests.cli.conftest import CLIENT_ID, CLIENT_SECRET, NOW, SUBSCRIPTION_KEY, Home, Run, report

if TYPE_CHECKING:
    from collections.abc import Callable


STATE = "A" * 43


class Time:
    """A clock that moves only while somebody waits, and what happens meanwhile."""

    def __init__(self) -> None:
        self.now = 0.0
        self.happens: list[tuple[float, Callable[[], Any]]] = []

    def at(self, seconds: float, happens: Callable[[], Any]) -> None:
        self.happens.append((seconds, happens))

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        due = [happens for at, happens in self.happens if at <= self.now]
        self.happens = [(at, happens) for at, happens in self.happens if at > self.now]
        for happens in due:
            happens()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(authorize, "sleep", clock.sleep)
    monkeypatch.setattr(authorize, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def in_long_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who wait to the very end."""
    monkeypatch.setattr(authorize, "POLL_SECONDS", 30)


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def comes_back(home: Home, opened: list[str], not_given: NotGiven | None = None) -> None:
    """The browser comes back: the callback uses the state up."""
    assert Consents(home.table).use(state_of(opened[0]), NOW, not_given=not_given)


def settled(home: Home, opened: list[str], **told: Any) -> Callable[[], None]:
    """What the keeper does at the end of the run that was given this consent."""

    def settle() -> None:
        Consents(home.table).settle(state_digest(state_of(opened[0])), report(**told))

    return settle


def test_consent_is_waited_for_and_the_plants_are_told(home: Home, run: Run, opened: list[str], time: Time) -> None:
    home.configured()
    time.at(10, lambda: comes_back(home, opened))
    time.at(14, settled(home, opened, consent="accepted"))

    result = run("authorize")

    assert result.exit_code == 0, result.output
    assert time.now == 14
    assert "Consent is given" in result.stdout
    assert "Home" in result.stdout
    assert not [secret for secret in (CLIENT_SECRET, SUBSCRIPTION_KEY) if secret in result.output]


def test_the_address_is_opened_and_printed_whole(home: Home, run: Run, opened: list[str], time: Time) -> None:
    home.configured()
    time.at(2, settled(home, opened, consent="accepted"))

    result = run("authorize")

    (address,) = opened
    assert address in result.stderr.splitlines()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert urlsplit(address)._replace(query="").geturl() == "https://partners-login.eliotbylegrand.com/authorize"
    assert asked["client_id"] == CLIENT_ID
    assert asked["redirect_uri"] == home.stack.outputs["RedirectUri"]


@pytest.mark.usefixtures("in_long_steps")
def test_each_time_has_a_state_of_its_own_that_waits(home: Home, run: Run, opened: list[str], time: Time) -> None:
    home.configured()

    run("authorize")
    run("authorize")

    first, second = map(state_of, opened)
    assert first != second
    assert Consents(home.table).of(first).progress is ConsentProgress.WAITING
    assert Consents(home.table).of("another state").progress is ConsentProgress.UNKNOWN


def test_without_a_browser_the_address_is_only_printed(
    home: Home, run: Run, opened: list[str], time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: STATE)
    home.configured()
    time.at(2, settled(home, [f"?state={STATE}"], consent="accepted"))

    result = run("authorize", "--no-browser")

    assert result.exit_code == 0
    assert opened == []
    assert "https://partners-login.eliotbylegrand.com/authorize?" in result.stderr


def test_a_browser_that_does_not_open_is_no_obstacle(
    home: Home, run: Run, opened: list[str], time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: STATE)
    home.configured()
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    time.at(2, settled(home, [f"?state={STATE}"], consent="accepted"))

    result = run("authorize")

    assert result.exit_code == 0
    assert "on any device" in result.stderr


@pytest.mark.usefixtures("in_long_steps")
def test_a_report_of_before_is_not_taken_for_this_consent(home: Home, run: Run, opened: list[str], time: Time) -> None:
    home.configured()
    KeeperNotes(home.table).keep_report(report(NOW - timedelta(minutes=5), consent="accepted"))

    result = run("authorize")

    assert result.exit_code == 1
    assert "No consent was given within 10 minutes" in result.stderr


def test_what_other_runs_report_meanwhile_says_nothing_of_this_consent(
    home: Home, run: Run, opened: list[str], time: Time
) -> None:
    home.configured()
    time.at(4, lambda: KeeperNotes(home.table).keep_report(report()))
    time.at(8, lambda: KeeperNotes(home.table).keep_report(report(consent="refused")))
    time.at(20, settled(home, opened, consent="accepted"))
    time.at(20, lambda: KeeperNotes(home.table).keep_report(report()))

    assert run("authorize").exit_code == 0
    assert time.now == 20


@pytest.mark.parametrize(
    ("told", "page"),
    [
        ({"consent": "refused"}, consent_page.REFUSED),
        ({"consent": "unavailable"}, consent_page.UNAVAILABLE),
        ({"outcome": "busy"}, consent_page.BUSY),
        ({}, consent_page.BROKEN),
    ],
    ids=["refused", "unavailable", "busy", "broken"],
)
def test_consent_that_comes_to_nothing_is_told_in_the_words_of_the_page(  # noqa: PLR0913, PLR0917 - a case, and fixtures
    home: Home, run: Run, opened: list[str], time: Time, told: dict[str, Any], page: consent_page.ConsentPage
) -> None:
    home.configured()
    time.at(4, settled(home, opened, **told))

    result = run("authorize")

    assert result.exit_code == 1
    told_there = page.told(ENGLISH)
    for words in (told_there.title, told_there.told, *told_there.steps):
        assert words in result.stderr


@pytest.mark.parametrize("reason", [Reason.CREDENTIALS_REFUSED, Reason.CLIENT_SECRET_EXPIRED])
def test_credentials_that_legrand_refuses_are_reported_as_refused_not_as_missing(
    home: Home, run: Run, opened: list[str], time: Time, reason: Reason
) -> None:
    home.configured()
    needed = (
        PersonNeeded(reason=reason.value, do=reason.remedy),
        PersonNeeded(reason=Reason.CONSENT_MISSING.value, do=Reason.CONSENT_MISSING.remedy),
    )
    time.at(4, settled(home, opened, consent="not_configured", outcome="needs_person", person=needed, tokens=None))

    result = run("authorize")

    assert result.exit_code == 1
    assert reason.remedy in result.stderr
    assert "found no credentials" not in result.stderr
    assert result.stderr.count("`smarther authorize` for a new link") == 1
    assert Reason.CONSENT_MISSING.remedy not in result.stderr


def test_an_account_without_a_plant_is_told_how_it_comes_to_one(
    home: Home, run: Run, opened: list[str], time: Time
) -> None:
    home.configured()
    needed = PersonNeeded(reason=Reason.NO_PLANT.value, do=Reason.NO_PLANT.remedy)
    time.at(4, settled(home, opened, consent="accepted", outcome="needs_person", plants=(), person=(needed,)))

    result = run("authorize")

    assert result.exit_code == 3
    assert "third-party access" in result.stdout


def test_plants_that_are_not_subscribed_after_consent_are_reported_and_in_the_status(
    home: Home, run: Run, opened: list[str], time: Time
) -> None:
    home.configured()
    plants = (PlantState(plant_id="plant-1", name="Home", subscription="missing"),)
    time.at(4, settled(home, opened, consent="accepted", outcome="degraded", plants=plants))

    result = run("authorize")

    assert result.exit_code == 1
    assert "not subscribed: Home" in result.stdout


@pytest.mark.parametrize(
    ("not_given", "page"),
    [(each, consent_page.page_without(each)) for each in (NotGiven.DECLINED, NotGiven.FAILED)],
)
def test_a_refusal_in_the_browser_ends_the_waiting(  # noqa: PLR0913, PLR0917 - a case, and fixtures
    home: Home, run: Run, opened: list[str], time: Time, not_given: NotGiven, page: consent_page.ConsentPage
) -> None:
    home.configured()
    time.at(10, lambda: comes_back(home, opened, not_given))

    result = run("authorize")

    assert result.exit_code == 1
    assert page.told(ENGLISH).told in result.stderr
    assert time.now == 10


def settle_last(home: Home, opened: list[str]) -> None:
    """The consent at the address that was opened last is accepted."""
    settled(home, opened[-1:], consent="accepted")()


def scopes(opened: list[str]) -> list[str]:
    return [parse_qs(urlsplit(address).query)["scope"][0] for address in opened]


def test_reading_alone_is_asked_for_unless_control_is_wanted(
    home: Home, run: Run, opened: list[str], time: Time
) -> None:
    home.configured()
    time.at(2, settled(home, opened, consent="accepted"))
    run("authorize")
    time.at(4, lambda: settle_last(home, opened))
    run("authorize", "--control")

    assert scopes(opened) == [Scope.READING, Scope.CONTROL]
    assert "comfort.write" not in Scope.READING


def test_a_login_that_does_not_grant_reading_alone_is_asked_for_more_and_that_is_said(
    home: Home, run: Run, opened: list[str], time: Time
) -> None:
    home.configured()
    time.at(10, lambda: comes_back(home, opened, NotGiven.SCOPE_REFUSED))
    time.at(20, lambda: settle_last(home, opened))

    result = run("authorize")

    assert result.exit_code == 0, result.output
    assert scopes(opened) == [Scope.READING, Scope.CONTROL]
    assert len(set(map(state_of, opened))) == 2, "a state is good once"
    assert "does not grant reading alone" in result.stderr


@pytest.mark.parametrize("options", [[], ["--control"]])
def test_a_login_that_grants_neither_is_not_asked_for_ever(
    home: Home, run: Run, opened: list[str], time: Time, options: list[str]
) -> None:
    home.configured()
    time.at(10, lambda: comes_back(home, opened, NotGiven.SCOPE_REFUSED))
    if not options:
        time.at(20, lambda: comes_back(home, opened[1:], NotGiven.SCOPE_REFUSED))

    result = run("authorize", *options)

    assert result.exit_code == 1
    assert "tick `comfort.read` and `comfort.write`" in result.stderr.replace("\n", " ")
    assert scopes(opened) == ([Scope.CONTROL] if options else [Scope.READING, Scope.CONTROL])


def test_a_keeper_without_a_report_is_waited_for_as_long_as_it_may_run(
    home: Home, run: Run, opened: list[str], time: Time
) -> None:
    home.configured()
    time.at(10, lambda: comes_back(home, opened))

    result = run("authorize")

    assert result.exit_code == 1
    assert "the keeper did not report on this consent in time" in result.stderr
    assert "smarther status" in result.stderr
    assert time.now < 10 + authorize.KEEPER_SECONDS + 2 * authorize.POLL_SECONDS


def test_a_keeper_that_was_busy_for_too_long_is_told(home: Home, run: Run, opened: list[str], time: Time) -> None:
    home.configured()
    time.at(10, settled(home, opened, outcome="busy"))

    result = run("authorize")

    assert result.exit_code == 1
    assert consent_page.BUSY.told(ENGLISH).title in result.stderr


def test_an_account_that_needs_a_person_is_told(home: Home, run: Run, opened: list[str], time: Time) -> None:
    home.configured()
    needed = PersonNeeded(reason=Reason.APP_TERMS.value, do=Reason.APP_TERMS.remedy)
    time.at(4, settled(home, opened, consent="accepted", plants=(), person=(needed,)))

    result = run("authorize")

    assert result.exit_code == 3
    assert "Open the app" in result.stdout


def test_the_report_as_json(home: Home, run: Run, opened: list[str], time: Time) -> None:
    home.configured()
    time.at(4, settled(home, opened, consent="accepted"))

    assert json.loads(run("authorize", "--json").stdout)["plants"][0]["name"] == "Home"


def test_without_credentials_configure_comes_first(home: Home, run: Run, opened: list[str]) -> None:
    result = run("authorize")

    assert result.exit_code == 1
    assert "smarther configure" in result.stderr
    assert opened == []


def test_credentials_that_cannot_be_used_are_told_without_quoting_them(home: Home, run: Run) -> None:
    home.configured(subscription_key="")

    result = run("authorize")

    assert result.exit_code == 1
    assert "lacks subscription_key" in result.stderr
    assert CLIENT_SECRET not in result.output


def test_ctrl_c_ends_the_waiting_cleanly(home: Home, run: Run, time: Time) -> None:
    home.configured()

    def ctrl_c() -> None:
        raise KeyboardInterrupt

    time.at(4, ctrl_c)

    result = run("authorize")

    assert result.exit_code == 130
    assert "Traceback" not in result.output
