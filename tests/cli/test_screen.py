"""Tables on screens of any width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from smarther_cli.show import screen

WORD = st.text("abcdeòß°ñ温", min_size=1, max_size=12)
CELL = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
COLUMNS = ("Thermostat", "Plant", "Room", "Mode")


def shown(rows: list[tuple[str, ...]], width: int) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        console = screen.results()
        patch.setattr(screen, "results", lambda: console)
        with console.capture() as captured:
            screen.show_table(COLUMNS, rows, right=("Room",), fold=("Thermostat", "Plant", "Mode"))
    return captured.get().splitlines()


@given(rows=st.lists(st.tuples(CELL, CELL, WORD, CELL), min_size=1, max_size=4), width=st.integers(30, 200))
def test_no_word_is_broken_or_lost_at_any_width(rows: list[tuple[str, ...]], width: int) -> None:
    lines = shown(rows, width)

    words = [word for line in lines for word in line.split()]
    for row in rows:
        for cell in row:
            for word in cell.split():
                assert words.count(word) >= sum(cell.split().count(word) for row in rows for cell in row)
    longest = max(cell_len(cell) + len("Thermostat") + 6 for row in rows for cell in row)
    heads = max(cell_len(first) + 2 + cell_len(second) for first, second, *_ in rows)
    assert all(cell_len(line.rstrip()) <= max(width, longest, heads) for line in lines)


def test_on_a_wide_screen_a_row_is_a_line() -> None:
    assert len(shown([("Kitchen", "Casa in città", "20.5", "automatic 1")], 100)) == 2


def test_on_a_narrow_one_cells_are_folded_between_words() -> None:
    lines = shown([("Camera degli ospiti", "Baita di montagna", "20.5", "automatic")], 50)
    assert [line.rstrip() for line in lines] == [
        "Thermostat      Plant              Room  Mode",
        "Camera degli    Baita di montagna  20.5  automatic",
        "ospiti",
    ]


def test_where_even_that_does_not_fit_each_row_is_lines_of_its_own() -> None:
    lines = shown([("Camera degli ospiti", "Baita di montagna", "20.5", "automatic 1 (asked)")], 36)
    assert [line.rstrip() for line in lines] == [
        "Camera degli ospiti  Baita di montagna",
        "  Room 20.5",
        "  Mode automatic 1 (asked)",
    ]
