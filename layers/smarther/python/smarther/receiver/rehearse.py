"""The check of a new version of the receiver, before it goes live: does it store notifications?

A thermostat sends a few notifications an hour. To give a new version a part of them first would seldom show a fault,
and would lose the notifications that show it. So the version is called beforehand, with a recorded notification. It
must

    reach the table            as for the schedule that keeps it warm,
    refuse a stranger          with the recorded notification under a wrong secret,
    read and write it          under a condition that never holds, so that nothing is stored.

This tests what only a deployment can break: the package, the settings, the role, the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from smarther.receiver.version import VersionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    type Call = Callable[[Mapping[str, Any]], Any]

TRIES: Final = 3
PAUSE_SECONDS: Final = 5.0
"""The pause between two tries. A table that is slow for a moment, or a role that is not yet known everywhere, is no
fault of the version."""


def fault(call: Call, request: Mapping[str, Any], *, sleep: Callable[[float], None]) -> str | None:
    """What is wrong with the version that `call` calls, in words for a log; None if every answer is right.

    `request` is an HTTP API request (payload format 2.0) with a notification of one reading, to an address with a wrong
    secret. A version that answers wrongly is tried three times in all.
    """
    found = _fault(call, request)
    for _ in range(TRIES - 1):
        if found is None:
            break
        sleep(PAUSE_SECONDS)
        found = _fault(call, request)
    return found


def _fault(call: Call, request: Mapping[str, Any]) -> str | None:
    stored_nothing = {"stored": 0, "quarantined": 0, "failed": 0}
    for name, event, good in (
        ("touched", {"keep_warm": True}, {"warm": True}),
        ("as a stranger", request, {"statusCode": 404}),
        ("rehearsed", {"rehearsal": request}, {"duplicates": 1, **stored_nothing}),
    ):
        try:
            answer = call(event)
        except VersionFailedError as failure:
            return f"{name}: {failure}"
        if not (isinstance(answer, dict) and good.items() <= answer.items()):
            return f"{name}: answered {answer}"
    return None
