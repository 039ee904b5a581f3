"""CloudWatch's evaluation of an alarm on one metric, as its documentation tells it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html. CloudWatch looks at more
periods than it evaluates, and at how many more it does not say (its examples have five for three): so that is a
parameter here, and whatever is promised must hold for each.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    type State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

FURTHER = range(1, 6)
"""How many periods CloudWatch may look at beyond those that it evaluates."""

_OPERATORS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
}


def state(alarm: Mapping[str, Any], points: Sequence[float | None], before: State, *, further: int) -> State:
    """The state of an alarm after these periods, oldest first; None is one without data.

    `alarm` are the properties of CloudFormation; `before` is the state until now.
    """
    evaluated = alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm", evaluated)
    breaches = _OPERATORS[alarm["ComparisonOperator"]]
    seen = list(points)[-(evaluated + further) :]
    real = [breaches(point, alarm["Threshold"]) for point in seen if point is not None][-evaluated:]
    missing = evaluated - len(real)
    treat = alarm.get("TreatMissingData", "missing")
    breaching = sum(real) + (missing if treat == "breaching" else 0)
    if breaching >= needed:
        return "ALARM"
    if missing == 0 or treat in {"breaching", "notBreaching"} or not all(real):
        return "OK"
    if treat == "ignore":
        return before
    # What is left are periods that breach, or none. They ring once the oldest is as old as it takes to ring.
    oldest = max((len(seen) - index for index, point in enumerate(seen) if point is not None), default=0)
    return "ALARM" if oldest > needed else "INSUFFICIENT_DATA"


def states(
    alarm: Mapping[str, Any], points: Sequence[float | None], *, further: int, first: State = "INSUFFICIENT_DATA"
) -> list[State]:
    """The state after each period, of an alarm that is new when the first of them begins."""
    found: list[State] = []
    for end in range(1, len(points) + 1):
        found.append(state(alarm, points[:end], found[-1] if found else first, further=further))
    return found
