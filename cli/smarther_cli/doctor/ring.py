"""The drill: sets an alarm off and on again, so that the owner sees its mails arrive."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any, Final

from smarther_cli.doctor import facts

if TYPE_CHECKING:
    from smarther_cli.deployment import Deployment
    from smarther_cli.doctor.questions import Questions

TRIES: Final = 10
PAUSE_SECONDS: Final = 1.5
"""The pause between two reads of the alarm's history, which has an action within seconds."""

_REASON: Final = "A drill by `smarther doctor --drill`. Nothing is wrong."
MAY_RING: Final = ("PersonNeededAlarm", "RenewalDueAlarm")
"""Alarms that stop no deploy."""


def ring(deployment: Deployment, questions: Questions) -> facts.Drill:
    """Set an alarm off and on again; returns the outcome. An alarm that already rings is not used."""
    states = {each.name: each.state for each in questions.alarms()}
    named = deployment.resources_of("AWS::CloudWatch::Alarm")
    silent = [named[each] for each in MAY_RING if each in named and states[named[each]] in {"OK", "INSUFFICIENT_DATA"}]
    if not silent:
        return facts.Drill(alarm=None, told=None, heard=False)
    topic = questions.subscribers()
    told = _set_off(deployment.client("cloudwatch"), silent[0])
    return facts.Drill(alarm=silent[0], told=told, heard=topic is not None and bool(topic.confirmed))


def _set_off(client: Any, name: str) -> bool | None:
    """Whether the alarm published to its topic, by its history; None if the history does not say yet."""
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
    """Whether each action in the history succeeded, newest first."""
    pages = client.get_paginator("describe_alarm_history").paginate(AlarmName=name, HistoryItemType="Action")
    return [each["HistorySummary"].startswith("Successfully") for page in pages for each in page["AlarmHistoryItems"]]
