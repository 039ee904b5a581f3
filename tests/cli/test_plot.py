"""A chart as a file."""

from __future__ import annotations

import json
import struct
import xml.etree.ElementTree as ET
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest
import resvg_py

from smarther.domain.readings.reading import Reading
from smarther.domain.summaries.statistics import Measure, Statistics, hour_of
from smarther.store.hours_and_days import HoursAndDays
from smarther.store.readings import Readings
from tests.cli.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Home, Run


@pytest.fixture(autouse=True)
def kitchen(home: Home) -> None:
    """A kitchen that spoke an hour ago, and of which an hour of last week is known."""
    home.thermostat("module-1", "Kitchen <b>&")
    reading = Reading(
        plant_id="plant-1",
        module_id="module-1",
        time=NOW - timedelta(hours=1),
        load_state="ACTIVE",
        temperature_c=Decimal("20.5"),
    )
    Readings(home.table).store(reading, received_at=NOW, source="push")
    known = Measure(Decimal(15), Decimal(15), Decimal(15), Decimal(60))
    hours = {hour_of(NOW - timedelta(days=6)): Statistics(count=1, temperature=known)}
    HoursAndDays(home.table).store("module-1", hours, {})


def texts(path: Path) -> str:
    """All text of a drawing, which is well-formed."""
    return " ".join(text for each in ET.parse(path).iter() if (text := each.text))  # noqa: S314 - our own drawing


def test_a_day_is_drawn_from_every_reading(run: Run, tmp_path: Path) -> None:
    result = run("plot", "-m", "kitchen", "-o", str(tmp_path / "kitchen.svg"))

    assert result.exit_code == 0, result.output
    assert "every reading" in result.stdout
    drawn = texts(tmp_path / "kitchen.svg")
    assert "Kitchen <b>&" in drawn
    assert "20.5 °C" in drawn


def test_a_week_is_drawn_from_hours_and_in_fahrenheit_when_asked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kitchen.svg"

    told = json.loads(run("plot", "-m", "kitchen", "-o", str(path), "--since", "7d", "--fahrenheit", "--json").stdout)

    assert told == {"file": str(path), "drawn_from": "hourly means"}
    assert "59.0 °F" in texts(path)


@pytest.mark.parametrize(("words", "theme"), [((), "sm-light"), (("--dark",), "sm-dark")])
def test_both_themes(run: Run, tmp_path: Path, words: tuple[str, ...], theme: str) -> None:
    path = tmp_path / "kitchen.svg"

    run("plot", "-m", "kitchen", "-o", str(path), "--width", "600", "--height", "300", *words)

    root = ET.parse(path).getroot()  # noqa: S314 - our own drawing
    assert root.get("class") == theme
    assert root.get("width") == "600"


def test_a_png_has_twice_the_pixels(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kitchen.PNG"

    result = run("plot", "-m", "kitchen", "-o", str(path), "--width", "600", "--height", "300")

    assert result.exit_code == 0, result.output
    signature, width, height = struct.unpack(">16sII", path.read_bytes()[:24])
    assert signature == b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    assert width == 2 * 600
    assert height > 2 * 300, "with the name above"


def test_a_png_without_letters_is_not_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resvg_py, "svg_to_bytes", partial(resvg_py.svg_to_bytes, skip_system_fonts=True))

    result = run("plot", "-m", "kitchen", "-o", str(tmp_path / "kitchen.png"))

    assert result.exit_code == 1
    assert "no fonts" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_replaced_only_when_asked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "kitchen.svg"
    path.write_text("precious")

    assert run("plot", "-m", "kitchen", "-o", str(path)).exit_code == 2
    assert path.read_text() == "precious"
    assert run("plot", "-m", "kitchen", "-o", str(path), "--overwrite").exit_code == 0
    assert "Kitchen" in texts(path)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("-o", "kitchen.jpg"), 2),
        (("--since", "2h", "--until", "3h"), 2),
        (("--since", "3d", "--until", "2d"), 4),
        (("--since", "2027-01-01", "--until", "2028-01-01"), 2),
        (("-m", "kitchen"), 2),
        (("-o", "nowhere/kitchen.svg"), 2),
    ],
)
def test_what_cannot_be_drawn_is_told_and_leaves_no_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], status: int
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("plot", "-m", "kitchen", "-o", "kitchen.svg", *words)

    assert result.exit_code == status, result.output
    assert result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_thermostat_that_is_not_known_is_told(run: Run, tmp_path: Path) -> None:
    assert run("plot", "-m", "cellar", "-o", str(tmp_path / "cellar.svg")).exit_code == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("since", ["7d", "90d", "365d"])
def test_the_first_day_of_a_home_is_drawn_from_what_was_said_so_far(
    home: Home, run: Run, tmp_path: Path, since: str
) -> None:
    home.thermostat("module-new", "New")
    for minutes in (5, 15, 25):
        reading = Reading(
            plant_id="plant-1",
            module_id="module-new",
            time=NOW - timedelta(minutes=minutes),
            temperature_c=Decimal("19.5"),
        )
        Readings(home.table).store(reading, received_at=NOW, source="push")

    result = run("plot", "-m", "new", "-o", str(tmp_path / "new.svg"), "--since", since)

    assert result.exit_code == 0, result.output
    assert "19.5 °C" in texts(tmp_path / "new.svg")


def test_a_chart_ends_with_the_present(run: Run, tmp_path: Path) -> None:
    told = [
        run("plot", "-m", "kitchen", "-o", str(tmp_path / f"{until[0]}.svg"), *until[1:]).stdout
        for until in (("now",), ("then", "--until", "9999-12-31T23:59:59-12:00"))
    ]
    assert (tmp_path / "now.svg").read_bytes() == (tmp_path / "then.svg").read_bytes()
    assert "31 Jan 13:30 in Europe/Rome" in told[0]
