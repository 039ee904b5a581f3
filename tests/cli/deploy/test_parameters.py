"""The template's parameters: every one takes its default, and what CloudFormation would refuse is refused before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from smarther_cli.deploy.answer_rules import Wrong
from smarther_cli.deploy.asking import parameters

if TYPE_CHECKING:
    from pathlib import Path

    from smarther_cli.deploy.asking.parameters import Parameters


@pytest.fixture(scope="session")
def declared(template: dict[str, Any]) -> Parameters:
    return parameters.declared(template)


def test_every_default_may_be_said(declared: Parameters) -> None:
    defaults = {name: each.default for name, each in declared.items()}
    assert len(defaults) > 15
    assert parameters.checked(defaults, declared) == defaults


def test_every_limit_of_the_template_is_held(declared: Parameters) -> None:
    """One below the least, one above the most, one that is not among the allowed, one that no pattern fits."""
    for name, each in declared.items():
        beyond = [
            *([str(each.least - 1)] if each.least is not None else []),
            *([str(each.most + 1)] if each.most is not None else []),
            *(["nonsense"] if each.allowed or each.number else []),
            *([" \n"] if each.pattern else []),
        ]
        assert beyond, f"{name} takes anything"
        for value in beyond:
            with pytest.raises(Wrong, match=r"\.$"):
                parameters.checked({name: value}, declared)


def test_the_ends_of_every_range_are_in_it(declared: Parameters) -> None:
    for name, each in declared.items():
        for value in (each.least, each.most):
            if value is not None:
                assert parameters.checked({name: str(value)}, declared) == {name: str(value)}


@pytest.mark.parametrize("value", ["1.5", "١٢", "", " 3", "1e3", "0x10"])
def test_what_is_no_whole_number(declared: Parameters, value: str) -> None:
    with pytest.raises(Wrong, match="whole number from 0 to 36500, such as 0"):
        parameters.checked({"RetentionDays": value}, declared)


def test_a_time_zone_has_to_exist_although_cloudformation_would_take_it(declared: Parameters) -> None:
    with pytest.raises(Wrong, match="Europe/Rome"):
        parameters.checked({"Timezone": "Europe/Roma"}, declared)
    assert parameters.checked({"Timezone": "europe/rome"}, declared) == {"Timezone": "Europe/Rome"}


def test_a_parameter_that_there_is_not_is_told_with_the_nearest(declared: Parameters) -> None:
    with pytest.raises(Wrong, match=r"'RetentionDay'; RetentionDays is one"):
        parameters.checked({"RetentionDay": "1"}, declared)


def test_assignments_are_read_as_a_shell_reads_them() -> None:
    assert parameters.assigned("A=1 B='x y' C=") == {"A": "1", "B": "x y", "C": ""}
    assert parameters.assigned("") == {}


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("one\ntwo\n")
    assert parameters.assigned(f"A='@{tmp_path}/a file' B=x@y") == {"A": "one\ntwo\n", "B": "x@y"}


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "there"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Wrong, match="there"):
        parameters.assigned(f"A=@{path}")


@pytest.mark.parametrize("text", ["A", "A=1 B", "=1", "A='1"])
def test_what_is_no_assignment(text: str) -> None:
    with pytest.raises(Wrong, match="RetentionDays=365"):
        parameters.assigned(text)
