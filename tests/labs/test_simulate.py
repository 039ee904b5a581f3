"""`make simulate` lives all the years that it was asked for, and tells of each that went wrong."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from labs.simulation import year as year_module
from labs.simulation.__main__ import main
from smarther.keeper.plants import Plants

if TYPE_CHECKING:
    import pytest

RUN = 20


def test_a_keeper_that_fails_ends_its_year_and_not_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], socket_disabled: None
) -> None:
    runs = count(1)
    refresh = Plants.refresh

    def fail_once(*args: Any, **kwargs: Any) -> None:
        if next(runs) == RUN:
            raise ArithmeticError("planted")
        refresh(*args, **kwargs)

    monkeypatch.setattr(Plants, "refresh", fail_once)
    monkeypatch.setattr(year_module, "SETTLE_DAYS", 1)
    monkeypatch.setenv("COLUMNS", "40")

    status = main(["--years", "2", "--seed", "4", "--days", "1", "--daily-calls", "10000"])

    told = capsys.readouterr().out
    assert status == 1
    assert "seed 4, 1 days, intensity 1, 10000 calls a day: WRONG in 1 ways" in told
    assert "2026-01-1" in told
    assert "ArithmeticError: planted" in told
    assert "in fail_once" in told
    assert "seed 5, 1 days, intensity 1, 10000 calls a day: balanced" in told
    assert told.count("to repeat it") == 1
    assert "make simulate YEARS=1 SEED=4 DAYS=1 INTENSITY=1 CALLS=10000" in told
