"""Alarms ring when the runbook says they do, also when data is missing, and none begins by ringing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.template.alarm_states import FURTHER, state, states
from tests.template.conftest import of_type
from tests.template.named_metrics import rendered

if TYPE_CHECKING:
    from tests.template.alarm_states import State
    from tests.template.conftest import Resources

_: Final = None
OK: Final = "OK"
RINGS: Final = "ALARM"
NOBODY_KNOWS: Final = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class Story:
    """Periods, oldest first (None without data), after each of which an alarm is in one of some states."""

    alarm: str
    title: str
    points: tuple[float | None, ...]
    ends: tuple[str, ...]
    begins: State = OK


STORIES = (
    Story("PersonNeededAlarm", "an hour to give credentials and consent", (1,), (NOBODY_KNOWS,), NOBODY_KNOWS),
    Story("PersonNeededAlarm", "two hours", (1, 1), (RINGS,)),
    Story("PersonNeededAlarm", "settled", (1, 1, 0), (OK,)),
    Story("PersonNeededAlarm", "the keeper fails meanwhile", (1, 1, *[_] * 9), (RINGS,)),
    Story("PersonNeededAlarm", "the keeper fails while all is well", (0, 0, *[_] * 9), (OK,)),
    Story("RenewalDueAlarm", "tomorrow", (1,), (OK,)),
    Story("RenewalDueAlarm", "today", (0.0,), (RINGS,)),
    Story("RenewalDueAlarm", "the keeper fails meanwhile", (-3, *[_] * 9), (RINGS,)),
    Story("RenewalDueAlarm", "renewed", (-3, 334), (OK,)),
    Story("SubscriptionMissingAlarm", "a new stack", (_,) * 24, (NOBODY_KNOWS,), NOBODY_KNOWS),
    Story(
        "SubscriptionMissingAlarm", "the first run of a new stack finds no consent", (1,), (NOBODY_KNOWS,), NOBODY_KNOWS
    ),
    Story("SubscriptionMissingAlarm", "two hours", (0, 1, 1), (OK,)),
    Story("SubscriptionMissingAlarm", "three hours", (0, 1, 1, 1), (RINGS,)),
    Story("SubscriptionMissingAlarm", "an hour without a run in between", (0, 1, _, 1, 1), (RINGS,)),
    Story("SubscriptionMissingAlarm", "mended", (1, 1, 1, 0), (OK,)),
    Story("SubscriptionMissingAlarm", "two hours without a run", (0, 0, 0, _, _), (OK,)),
    Story("SubscriptionMissingAlarm", "the keeper says nothing for eight hours", (*[0] * 9, *[_] * 8), (NOBODY_KNOWS,)),
    Story("SubscriptionMissingAlarm", "it speaks again", (*[0] * 9, *[_] * 8, 0), (OK,)),
    Story("ThermostatSilentAlarm", "one is silent", (0, 1), (RINGS,)),
    Story("ThermostatSilentAlarm", "a run that could not listen", (0, 1, _, _, _), (RINGS,)),
    Story("ThermostatSilentAlarm", "it speaks again", (1, _, 0), (OK,)),
    *(
        story
        for alarm in ("BodyQuarantinedAlarm", "NotificationSpilledAlarm", "AnswersFailingAlarm")
        for story in (
            Story(alarm, "one", (*[_] * 20, 1), (RINGS,)),
            Story(alarm, "a deploy is a day old, and nothing happened", (_,) * 288, (OK,), NOBODY_KNOWS),
            Story(alarm, "half an hour later", (*[_] * 20, 1, *[_] * 6), (RINGS,)),
            Story(alarm, "an hour and a half later", (*[_] * 20, 1, *[_] * 18), (OK,)),
        )
    ),
    *(
        story
        for alarm in ("SpillGivenUpAlarm", "RunFailedAlarm")
        for story in (
            Story(alarm, "something lies there", (_, _, 1), (RINGS,)),
            Story(alarm, "and is left alone, so that SQS says nothing of it", (1, *[_] * 100), (RINGS,)),
            Story(alarm, "it is gone", (1, *[_] * 9, 0), (OK,)),
            Story(alarm, "nothing was ever there", (_,) * 100, (OK,)),
        )
    ),
    Story("AnswersSlowAlarm", "two slow spells in an hour", (900, *[50] * 9, 900), (OK,)),
    Story("AnswersSlowAlarm", "three slow spells in an hour", (900, *[50] * 5, 900, *[50] * 4, 900), (RINGS,)),
    Story("AnswersSlowAlarm", "three slow spells and no other call", (900, *[_] * 5, 900, *[_] * 4, 900), (RINGS,)),
    Story("AnswersSlowAlarm", "no call in a day", (_,) * 288, (OK,), NOBODY_KNOWS),
)


@pytest.fixture(scope="module")
def alarms(resources: Resources) -> dict[str, dict[str, Any]]:
    found = of_type(resources, "AWS::CloudWatch::Alarm")
    return {name: rendered(alarm["Properties"], {"HasAlarms": True}) for name, alarm in found.items()}


@pytest.mark.parametrize("further", FURTHER)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.alarm}: {story.title}")
def test_an_alarm_is_in_the_state_that_the_runbook_says(
    alarms: dict[str, dict[str, Any]], story: Story, further: int
) -> None:
    assert states(alarms[story.alarm], story.points, further=further, first=story.begins)[-1] in story.ends


def test_each_alarm_has_its_stories_and_rings_in_one_of_them(alarms: dict[str, dict[str, Any]]) -> None:
    ringing = {story.alarm for story in STORIES if story.ends == (RINGS,)}
    assert ringing == set(alarms)


@pytest.mark.parametrize("further", FURTHER)
def test_no_alarm_of_a_new_stack_begins_by_ringing(alarms: dict[str, dict[str, Any]], further: int) -> None:
    """Nothing has been measured then, and it may be days until somebody gives consent."""
    for name, alarm in alarms.items():
        assert RINGS not in states(alarm, [None] * 48, further=further), name


def test_an_alarm_in_which_nobody_knows_tells_the_topic_too(alarms: dict[str, dict[str, Any]]) -> None:
    """One that takes missing data for what it is would otherwise say nothing of it."""
    unknown = {name for name, alarm in alarms.items() if alarm["TreatMissingData"] == "missing"}
    telling = {name for name, alarm in alarms.items() if alarm.get("InsufficientDataActions") == ["<AlarmTopic>"]}
    assert unknown == telling == {"SubscriptionMissingAlarm"}


def test_an_alarm_that_begins_by_ringing_would_be_found(alarms: dict[str, dict[str, Any]]) -> None:
    planted = alarms["SubscriptionMissingAlarm"] | {"TreatMissingData": "breaching"}
    assert RINGS in states(planted, [None] * 48, further=2)


# ---- The examples of the documentation, of which the model must say the same


@pytest.mark.parametrize(
    ("points", "needed", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", 3, OK, OK, OK, OK),
        ("0----", 3, OK, OK, OK, OK),
        ("-----", 3, NOBODY_KNOWS, "as before", RINGS, OK),
        ("0XX-X", 3, RINGS, RINGS, RINGS, RINGS),
        ("----X", 3, NOBODY_KNOWS, "as before", RINGS, OK),
        ("X----", 3, RINGS, "as before", RINGS, OK),
        ("0-X-X", 2, RINGS, RINGS, RINGS, RINGS),
        ("00X0X", 2, RINGS, RINGS, RINGS, RINGS),
        ("0-X--", 2, OK, OK, RINGS, OK),
        ("----0", 2, OK, OK, RINGS, OK),
        ("----X", 2, NOBODY_KNOWS, "as before", RINGS, OK),
    ],
)
def test_the_model_says_what_the_documentation_says(  # noqa: PLR0913, PLR0917 - a row of its tables
    points: str, needed: int, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    values: list[float | None] = [{"0": 0.0, "X": 1.0, "-": None}[point] for point in points]
    settings = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    befores: tuple[State, ...] = (OK, RINGS)
    for before in befores:
        for treated, expected in settings.items():
            alarm = {
                "EvaluationPeriods": 3,
                "DatapointsToAlarm": needed,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Threshold": 1,
                "TreatMissingData": treated,
            }
            found = state(alarm, values, before, further=2)
            assert found == (before if expected == "as before" else expected), (treated, before)
