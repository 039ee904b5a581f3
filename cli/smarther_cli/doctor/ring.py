"""The drill: an alarm is set off and on again, so that its owner sees the mail arrive."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any, Final

from smarther_cli.doctor import facts

if TYPE_CHECKING:
    from smarther_cli.deployment import Deployment
    from smarther_cli.doctor.questions import Questions

TRIES: Final = 10
PAUSE_SECONDS: Final = 1.5
"""Between two looks into the alarm's history, which comes to know of an action within seconds."""

_REASON: Final = "A drill by `smarther doctor --drill`. Nothing is wrong."
MAY_RING: Final = ("PersonNeededAlarm", "RenewalDueAlarm")
"""No deploy is stopped by these."""


def ring(deployment: Deployment, questions: Questions) -> facts.Drill:
    """Set an alarm off and on again, and tell what became of it.

    Not one that rings by itself: that has been told already.
    """
    states = {each.name: each.state for each in questions.alarms()}
    named = deployment.resources_of("AWS::CloudWatch::Alarm")
    silent = [named[each] for each in MAY_RING if each in named and states[named[each]] in {"OK", "INSUFFICIENT_DATA"}]
    if not silent:
        return facts.Drill(alarm=None, told=None, heard=False)
    topic = questions.subscribers()
    told = _set_off(deployment.client("cloudwatch"), silent[0])
    return facts.Drill(alarm=silent[0], told=told, heard=topic is not None and bool(topic.confirmed))


def _set_off(client: Any, name: str) -> bool | None:
    """Whether the alarm could tell its topic, as its history has it; None while that says nothing."""
    before = len(_actions(client, name))
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=_REASON)
    client.set_alarm_state(AlarmName=name, StateValue="OK", StateReason=_REASON)
    for _ in range(TRIES):
        actions = _actions(client, name)
        if len(actions) > before:
            return all(actions[: len(actions) - before])
        sleep(PAUSE_SECONDS)
    return None


def _actions(client: Any, name: str) -> list[bool]:
    """Whether each action that the history has succeeded, the newest first."""
    pages = client.get_paginator("describe_alarm_history").paginate(AlarmName=name, HistoryItemType="Action")
    return [each["HistorySummary"].startswith("Successfully") for page in pages for each in page["AlarmHistoryItems"]]
