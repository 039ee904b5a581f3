"""Whether a new version of the receiver may go live: every bad answer is a fault, and a passing one is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smarther.receiver.rehearse import PAUSE_SECONDS, TRIES, fault
from smarther.receiver.version import VersionFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST = {"pathParameters": {"secret": "nobody's"}, "body": "[]"}
GOOD: dict[str, Any] = {
    "touch": {"warm": True},
    "stranger": {"statusCode": 404, "body": "{}"},
    "rehearsal": {"stored": 0, "duplicates": 1, "quarantined": 0, "failed": 0, "failure": None},
}


class Version:
    """Answers as it is told, well or badly; badly only so many times where that is said."""

    def __init__(self, *, times: int = 1000, **bad: Any) -> None:
        self._bad, self._times = bad, times
        self.asked: list[str] = []
        self.slept: list[float] = []

    def call(self, event: Mapping[str, Any]) -> Any:
        kind = "touch" if "keep_warm" in event else "rehearsal" if "rehearsal" in event else "stranger"
        assert event in ({"keep_warm": True}, {"rehearsal": REQUEST}, REQUEST)
        self.asked.append(kind)
        if kind in self._bad and self.asked.count(kind) <= self._times:
            if isinstance(self._bad[kind], Exception):
                raise self._bad[kind]
            return self._bad[kind]
        return GOOD[kind]

    def fault(self) -> str | None:
        return fault(self.call, REQUEST, sleep=self.slept.append)


def test_a_version_that_answers_well_is_asked_once() -> None:
    version = Version()
    assert version.fault() is None
    assert (version.asked, version.slept) == (["touch", "stranger", "rehearsal"], [])


@pytest.mark.parametrize(
    ("kind", "answer", "told"),
    [
        ("touch", {"warm": False}, "touched: answered {'warm': False}"),
        ("touch", VersionFailedError("it failed with Runtime.ImportModuleError"), "touched: it failed with Runtime.I"),
        ("stranger", {"statusCode": 200}, "as a stranger: answered {'statusCode': 200}"),
        ("stranger", {"statusCode": 500}, "as a stranger: answered"),
        ("stranger", None, "as a stranger: answered None"),
        ("rehearsal", GOOD["rehearsal"] | {"stored": 1, "duplicates": 0}, "rehearsed: answered {'stored': 1"),
        ("rehearsal", GOOD["rehearsal"] | {"duplicates": 0}, "rehearsed: answered"),
        ("rehearsal", GOOD["rehearsal"] | {"quarantined": 1}, "rehearsed: answered"),
        ("rehearsal", GOOD["rehearsal"] | {"failed": 1, "failure": "AccessDeniedException"}, "rehearsed: answered"),
        ("rehearsal", {"statusCode": 404, "body": "{}"}, "rehearsed: answered"),
        ("rehearsal", "text", "rehearsed: answered text"),
        ("rehearsal", VersionFailedError("AccessDeniedException"), "rehearsed: AccessDeniedException"),
    ],
)
def test_a_version_that_answers_badly_each_time_is_faulty(kind: str, answer: Any, told: str) -> None:
    version = Version(**{kind: answer})
    assert (version.fault() or "").startswith(told)
    assert version.asked.count(kind) == TRIES
    assert version.slept == [PAUSE_SECONDS] * (TRIES - 1)


def test_a_version_that_answers_badly_for_a_moment_is_good() -> None:
    version = Version(rehearsal=VersionFailedError("ReadTimeoutError"), times=TRIES - 1)
    assert version.fault() is None
    assert version.asked.count("rehearsal") == TRIES
