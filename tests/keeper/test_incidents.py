"""What happens to a home's readings, played by the stand-in: the report says which it is, and when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.legrand.account.faults import Fault
from sandbox.legrand.pushes.wire import encoded, notification
from smarther.domain.account.legrand_answers import Reason
from smarther.domain.account.quota import LONGEST_REST, Need
from smarther.domain.keeper.incidents import Cause, Incident
from tests.keeper.test_silence import DAY, speak
from tests.support.world import HALF_HOUR, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from smarther.domain.keeper.keeper_report import Report

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    """Days of runs, so AWS is the simulation's."""
    return World(in_memory=True)


def live(
    world: World,
    *,
    for_: timedelta,
    speaking: Callable[[World], None] = lambda _: None,
    until: Cause | None = None,
) -> Report:
    """Runs every half hour, and before each what the thermostats push; the last report, or the first with a cause."""
    end = world.clock.now() + for_
    while world.clock.now() < end:
        world.later()
        speaking(world)
        report = world.run()
        if until is not None and until in causes(report):
            return report
    return report


def causes(report: Report) -> list[Cause]:
    return [each.cause for each in report.incidents]


def concerned(found: Incident) -> int:
    return len(found.module_ids)


def test_an_ordinary_day_has_none(home: World) -> None:
    report = live(home, for_=DAY, speaking=speak)

    assert report.incidents == ()
    assert report.over == ()


def test_one_thermostat_off(home: World) -> None:
    off, *others = sorted(module.id for plant in home.provider.homes.plants.values() for module in plant.modules)
    home.provider.faults.add(Fault("status", 404, times=None, about=off))
    speak(home)

    report = live(home, for_=DAY + HOUR, speaking=lambda world: speak(world, *others))

    (found,) = report.incidents
    # The fixture's plants have two thermostats and one: alone of its plant or not, it is the thermostat.
    assert (found.cause, found.module_ids, found.of) == (Cause.THERMOSTAT, (off,), 3)
    home.provider.faults.clear()
    assert [each.cause for each in live(home, for_=HALF_HOUR, speaking=speak).over] == [Cause.THERMOSTAT]
    assert live(home, for_=HALF_HOUR, speaking=speak).over == ()


def test_a_gateway_off(home: World) -> None:
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) > 1)
    others = [each.id for other in home.provider.homes.plants.values() if other is not plant for each in other.modules]
    home.provider.faults.add(Fault("status", 404, times=None, about=plant.id))
    speak(home)

    report = live(home, for_=DAY + HOUR, speaking=lambda world: speak(world, *others))

    (found,) = report.incidents
    assert (found.cause, found.plant_ids, concerned(found)) == (Cause.HOME, (plant.id,), len(plant.modules))


@pytest.mark.shows("pushes stop")
def test_a_provider_that_stops(home: World) -> None:
    """Thermostats answer, and have changed; no plant has pushed since the same hour."""
    speak(home)
    stopped_at = home.clock.now()
    home.provider.homes.advance(home.clock.now() + DAY)

    report = live(home, for_=DAY + HOUR, until=Cause.PUSHES_STOPPED)

    (found,) = report.incidents
    assert (found.since, concerned(found), found.of, found.changed) == (stopped_at, 3, 3, True)
    assert causes(live(home, for_=2 * DAY)) == [Cause.PUSHES_STOPPED], "it goes on to be told as one thing"
    assert [each.cause for each in live(home, for_=HALF_HOUR, speaking=speak).over] == [Cause.PUSHES_STOPPED]


def test_a_webhook_that_does_not_answer_is_this_stack(home: World, monkeypatch: pytest.MonkeyPatch) -> None:
    speak(home)
    home.provider.homes.advance(home.clock.now() + DAY)
    monkeypatch.setattr(home, "push", lambda *_: (502, b"Bad gateway"))

    assert causes(live(home, for_=DAY + HOUR)) == [Cause.STACK]


@pytest.mark.parametrize(("operation", "cause"), [("list", Cause.API), ("token", Cause.LOGIN)])
def test_an_api_or_a_login_that_is_ill(home: World, operation: str, cause: Cause) -> None:
    speak(home)
    home.provider.faults.add(Fault(operation, 503, times=None))

    report = live(home, for_=3 * HOUR, speaking=speak)

    assert causes(report) == [cause]
    assert report.incidents[0].module_ids == ()
    home.provider.faults.clear()
    over = live(home, for_=HALF_HOUR, speaking=speak)
    assert ([each.cause for each in over.over], over.incidents) == ([cause], ())


def test_a_trouble_that_passes_is_no_incident(home: World) -> None:
    home.provider.faults.add(Fault("list", 503, times=4))

    assert live(home, for_=HALF_HOUR, speaking=speak).troubles
    assert live(home, for_=HOUR, speaking=speak).incidents == ()


def test_what_is_known_of_thermostats_stays_while_nobody_can_look(home: World) -> None:
    off, *others = sorted(module.id for plant in home.provider.homes.plants.values() for module in plant.modules)
    home.provider.faults.add(Fault("status", 404, times=None, about=off))
    speak(home)
    live(home, for_=DAY + HOUR, speaking=lambda world: speak(world, *others))
    home.provider.faults.add(Fault("list", 503, times=None))

    report = live(home, for_=2 * HOUR, speaking=lambda world: speak(world, *others))

    assert causes(report) == [Cause.API, Cause.THERMOSTAT]
    assert report.over == ()


def test_a_consent_that_ended_is_a_persons_matter_and_no_incident(home: World) -> None:
    speak(home)
    home.provider.login.revoke(access=True, refresh=True)

    report = live(home, for_=3 * HOUR, speaking=speak)

    assert [each.reason for each in report.person] == ["consent_expired"]
    assert report.incidents == ()


def late(by: timedelta) -> Callable[[World], None]:
    """What the thermostats said some time ago arrives now."""

    def speaking(world: World) -> None:
        now = world.clock.now()
        world.clock.hold(now - by)
        bodies = [
            encoded(notification(world.provider.homes.snapshot(plant.id, module.id, now - by), f"at {now}", ["oid"]))
            for plant in world.provider.homes.plants.values()
            for module in plant.modules
        ]
        world.clock.hold(now)
        for body in bodies:
            assert world.push(world.webhook_url, body, world.new_receiver())[0] == 200

    return speaking


@pytest.mark.shows("pushes come late")
def test_a_provider_that_is_late(home: World) -> None:
    live(home, for_=HOUR, speaking=speak)
    assert live(home, for_=3 * HOUR).incidents == (), "nothing comes for a while; that is normal"

    report = live(home, for_=2 * HOUR, speaking=late(3 * HOUR))

    (found,) = report.incidents
    assert (found.cause, concerned(found)) == (Cause.PUSHES_LATE, 3)
    assert [each.cause for each in live(home, for_=HALF_HOUR, speaking=speak).over] == [Cause.PUSHES_LATE]


def test_a_clock_that_was_always_behind_makes_no_push_late(world: World) -> None:
    world.configure()
    world.consent()

    assert live(world, for_=6 * HOUR, speaking=late(3 * HOUR)).incidents == ()


def test_a_quiet_home_that_answers_as_it_did_is_no_incident(home: World) -> None:
    """Nobody is there, nothing changes, nothing is pushed: for days."""
    speak(home)

    for _ in range(6):
        report = live(home, for_=DAY / 2)
        assert report.incidents == ()


# ---- each within a day and within the quota; the eighth, pushes of which a part is missing, is in test_quiet_days.py

type Speaking = Callable[[World], None]


def nobody(_: World) -> None:
    """Nothing is pushed."""


def one_is_off(home: World) -> Speaking:
    off, *others = sorted(module.id for plant in home.provider.homes.plants.values() for module in plant.modules)
    home.provider.faults.add(Fault("status", 404, times=None, about=off))
    return lambda world: speak(world, *others)


def a_gateway_is_off(home: World) -> Speaking:
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) > 1)
    others = [each.id for other in home.provider.homes.plants.values() if other is not plant for each in other.modules]
    home.provider.faults.add(Fault("status", 404, times=None, about=plant.id))
    return lambda world: speak(world, *others)


def pushes_stop(home: World) -> Speaking:
    home.provider.homes.advance(home.clock.now() + DAY)
    return nobody


def pushes_come_late(_: World) -> Speaking:
    return late(3 * HOUR)


def the_api_is_ill(home: World) -> Speaking:
    home.provider.faults.add(Fault("list", 503, times=None))
    return speak


def the_login_is_ill(home: World) -> Speaking:
    home.provider.faults.add(Fault("token", 503, times=None))
    return speak


def the_consent_ends(home: World) -> Speaking:
    home.provider.login.revoke(access=True, refresh=True)
    return speak


PLAYED: dict[Callable[[World], Speaking], set[str]] = {
    one_is_off: {Cause.THERMOSTAT},
    a_gateway_is_off: {Cause.HOME},
    pushes_stop: {Cause.PUSHES_STOPPED},
    pushes_come_late: {Cause.PUSHES_LATE},
    the_api_is_ill: {Cause.API},
    the_login_is_ill: {Cause.LOGIN},
    the_consent_ends: {Reason.CONSENT_EXPIRED},
}


@pytest.mark.parametrize("calls", [100, 500])
@pytest.mark.parametrize("strike", PLAYED, ids=lambda strike: strike.__name__)
def test_each_is_told_within_a_day_and_nothing_else_and_within_the_quota(
    strike: Callable[[World], Speaking], calls: int
) -> None:
    """A silence is one after a day, and the run that tells it may have rested before."""
    home = World(in_memory=True, LEGRAND_DAILY_CALLS=str(calls))
    home.provider.quota.limit = calls
    home.configure()
    home.consent()
    live(home, for_=3 * HOUR, speaking=speak)
    live(home, for_=4 * HOUR)
    speaking = strike(home)
    began, told, most = home.clock.now(), dict[str, datetime](), 0
    while home.clock.now() < began + 3 * DAY:
        home.later()
        speaking(home)
        report = home.run(scheduled=True)
        for each in (*causes(report), *(person.reason for person in report.person)):
            told.setdefault(each, home.clock.now())
        most = max(most, home.provider.quota.calls_today)
        assert home.provider.quota.refused_today == 0

    assert told.keys() == PLAYED[strike]
    assert max(told.values()) - began <= DAY + LONGEST_REST
    assert most <= home.settings.quota.limit(Need.REQUIRED)


# ---- mails


def test_an_incident_without_an_alarm_is_mailed_once_when_it_begins_and_once_when_it_is_over(home: World) -> None:
    live(home, for_=HOUR, speaking=speak)
    home.provider.faults.add(Fault("list", 503, times=None))

    live(home, for_=6 * HOUR, speaking=speak)
    ((subject, text),) = home.mailbox.mails
    home.provider.faults.clear()
    live(home, for_=6 * HOUR, speaking=speak)

    assert subject == "Legrand's API is out of order"
    assert "It has given the keeper no good answer since 09:00." in text, "in the home's time"
    assert "Nothing: wait." in text
    assert "L'API di Legrand è guasta" in text, "nobody knows which of the two its owner reads"
    over_subject, over = home.mailbox.mails[1]
    assert (len(home.mailbox.mails), over_subject) == (2, "Over: Legrand's API is out of order")
    assert "Over, as of 15:00." in over


def test_a_thermostat_that_is_not_heard_has_an_alarm_and_no_mail_beside_it(home: World) -> None:
    off, *others = sorted(module.id for plant in home.provider.homes.plants.values() for module in plant.modules)
    home.provider.faults.add(Fault("status", 404, times=None, about=off))
    speak(home)

    report = live(home, for_=DAY + HOUR, speaking=lambda world: speak(world, *others))

    assert (report.thermostats_silent, home.mailbox.mails) == (1, [])


def test_a_silence_that_is_legrands_has_a_mail_and_no_alarm_beside_it(home: World) -> None:
    speak(home)
    home.provider.faults.add(Fault("status", 500, times=None))

    report = live(home, for_=DAY + HOUR)

    assert (causes(report), report.thermostats_silent) == ([Cause.PUSHES_STOPPED], 0)
    assert [subject for subject, _ in home.mailbox.mails] == ["Legrand has stopped pushing"]


def test_what_could_not_be_mailed_is_mailed_by_the_next_run(home: World) -> None:
    live(home, for_=HOUR, speaking=speak)
    home.provider.faults.add(Fault("list", 503, times=None))
    live(home, for_=HOUR, speaking=speak)
    home.mailbox.is_down = True

    home.later()
    with pytest.raises(ExceptionGroup, match="faults of the recorder itself"):
        home.run()
    assert home.mailbox.mails == []
    home.mailbox.is_down = False
    live(home, for_=2 * HOUR, speaking=speak)

    assert [subject for subject, _ in home.mailbox.mails] == ["Legrand's API is out of order"]


def test_without_alarms_nothing_is_mailed() -> None:
    world = World(in_memory=True, ALARM_TOPIC_ARN="")
    world.configure()
    world.consent()
    world.provider.faults.add(Fault("list", 503, times=None))

    assert causes(live(world, for_=3 * HOUR)) == [Cause.API]
    assert world.mailbox.mails == []
