"""What is found out about this machine and its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smarther_cli.deploy import machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("told", "processor"), [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64"), ("arm64", "arm64")]
)
def test_the_processor_is_called_as_lambda_calls_it(told: str, processor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: told)
    assert machine.own_processor() == processor


@pytest.fixture
def zone_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.delenv("TZ", raising=False)
    return tmp_path / "localtime", tmp_path / "timezone"


def test_the_zone_is_where_localtime_leads(zone_files: tuple[Path, Path]) -> None:
    link, named = zone_files
    link.symlink_to("/usr/share/zoneinfo/America/Argentina/Ushuaia")
    named.write_text("Europe/Paris\n")
    assert machine.time_zone(link, named) == "America/Argentina/Ushuaia"


def test_or_the_one_that_the_file_names(zone_files: tuple[Path, Path]) -> None:
    link, named = zone_files
    link.write_bytes(b"TZif2")
    named.write_text("Europe/Paris\n")
    assert machine.time_zone(link, named) == "Europe/Paris"


def test_or_the_one_of_the_environment_before_both(
    zone_files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    link, named = zone_files
    named.write_text("Europe/Paris\n")
    monkeypatch.setenv("TZ", ":Europe/Vienna")
    assert machine.time_zone(link, named) == "Europe/Vienna"


@pytest.mark.parametrize("name", ["Etc/UTC", "UTC", "GMT", "CET-1CEST", "nonsense", ""])
def test_a_zone_in_which_nobody_lives_is_none(zone_files: tuple[Path, Path], name: str) -> None:
    link, named = zone_files
    named.write_text(name)
    assert machine.time_zone(link, named) is None


def test_a_machine_that_knows_nothing(zone_files: tuple[Path, Path]) -> None:
    assert machine.time_zone(*zone_files) is None


@pytest.mark.parametrize(
    ("available", "variable", "may_choose"),
    [
        ([], None, False),
        (["default"], None, False),
        (["home"], None, True),
        (["default", "home"], None, True),
        (["default", "home"], "AWS_PROFILE", False),
        (["default", "home"], "AWS_ACCESS_KEY_ID", False),
    ],
)
def test_when_the_profile_is_open(
    available: list[str], variable: str | None, *, may_choose: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, "x")
    assert machine.may_choose_profile(available) is may_choose
