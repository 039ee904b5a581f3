"""A deadline is held from outside, whatever the work does."""

from __future__ import annotations

from functools import partial
from threading import Event

import pytest

from smarther.receiver import deadlines
from smarther.receiver.deadlines import within

FOREVER = 10.0  # seconds; so that a deadline that is not held fails a test instead of stopping it


def test_work_that_is_done_in_time_gives_its_result() -> None:
    assert within(5, lambda: "done") == "done"


def test_what_the_work_raises_passes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)


def test_work_that_hangs_is_left_behind() -> None:
    released, left_behind = Event(), Event()

    def hang() -> None:
        released.wait(FOREVER)
        left_behind.set()

    with pytest.raises(TimeoutError):
        within(0.01, hang)
    assert not left_behind.is_set()
    released.set()
    assert left_behind.wait(FOREVER)


def test_other_work_goes_on_beside_what_hangs() -> None:
    released = Event()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            within(0.01, partial(released.wait, FOREVER))
    assert within(5, lambda: "done") == "done"
    released.set()


@pytest.mark.parametrize("seconds", [0, -1])
def test_without_time_left_the_work_is_not_begun(seconds: float) -> None:
    begun = Event()
    with pytest.raises(TimeoutError):
        within(seconds, begun.set)
    assert not begun.is_set()


def test_the_shares_follow_one_another_and_leave_room_for_the_answer() -> None:
    assert 0 < deadlines.TABLE_LAST_CALL_SECONDS < deadlines.TABLE_UNTIL_SECONDS < deadlines.SPILL_UNTIL_SECONDS
    assert deadlines.SPILL_UNTIL_SECONDS < deadlines.ANSWER_SECONDS <= 0.5
    # What is left behind ends soon after, and a write may take its time before a deadline takes it for hanging.
    assert deadlines.CONNECT_TIMEOUT_SECONDS + deadlines.READ_TIMEOUT_SECONDS <= deadlines.ANSWER_SECONDS
    assert deadlines.TABLE_UNTIL_SECONDS - deadlines.TABLE_LAST_CALL_SECONDS >= 0.1
