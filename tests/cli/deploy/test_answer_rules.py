"""What an answer must be: what is good comes back as it is to be used, what is wrong gets a sentence with example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther_cli.deploy import answer_rules
from smarther_cli.deploy.answer_rules import LONGEST_STACK_NAME, Wrong

REGIONS = ["eu-central-1", "eu-south-1", "eu-west-1", "us-east-1", "us-gov-west-1", "ap-southeast-5"]
INPUT = Path(__file__).parents[4] / "shared" / "inputs" / "timezone.txt"


def sentence(wrong: pytest.ExceptionInfo[Wrong]) -> str:
    """What is said; one sentence, and one that goes into three lines of a terminal."""
    told = str(wrong.value)
    assert told.endswith(".")
    assert "\n" not in told
    assert len(told) < 240
    return told


@pytest.mark.parametrize("name", ["smarther-recorder", "a", "Home2", "x" * LONGEST_STACK_NAME])
def test_a_stack_may_be_called(name: str) -> None:
    assert answer_rules.stack_name(name) == name


@pytest.mark.parametrize("name", ["", "2home", "-home", "my home", "casa_mia", "città", "home/1", "x\n", "a.b", "٣"])
def test_a_stack_may_not_be_called(name: str) -> None:
    with pytest.raises(Wrong) as wrong:
        answer_rules.stack_name(name)
    assert "smarther-recorder" in sentence(wrong)


def test_a_name_that_is_too_long_is_told_how_long_it_may_be() -> None:
    with pytest.raises(Wrong) as wrong:
        answer_rules.stack_name("x" * (LONGEST_STACK_NAME + 1))
    assert {"52", "53"} <= set(re.findall(r"\d+", sentence(wrong)))


@given(st.text())
def test_a_name_is_taken_as_it_is_or_not_at_all(name: str) -> None:
    try:
        assert answer_rules.stack_name(name) == name
    except Wrong:
        return
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,51}", name)


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_is_known_however_it_is_written(name: str) -> None:
    assert answer_rules.region(name, REGIONS) == name
    assert answer_rules.region(name.upper(), REGIONS) == name


@pytest.mark.parametrize(
    ("answer", "example"),
    [("eu-wets-1", "eu-west-1"), ("eu-south-2", "eu-south-1"), ("Milan", "eu-west-1"), ("", "eu-west-1")],
)
def test_a_region_that_there_is_not_is_told_with_one_that_there_is(answer: str, example: str) -> None:
    with pytest.raises(Wrong) as wrong:
        answer_rules.region(answer, REGIONS)
    assert repr(answer) in sentence(wrong)
    assert example in str(wrong.value)


def test_every_time_zone_is_known_whatever_its_case() -> None:
    known = answer_rules.zones()
    assert {"Europe/Rome", "America/Argentina/Buenos_Aires", "Etc/GMT+1"} <= known
    for name in known:
        assert answer_rules.zone(name.upper()) == answer_rules.zone(name) == name


@pytest.mark.parametrize(
    ("answer", "example"),
    [
        ("Europe/Roma", "Europe/Rome"),
        ("Rome", "Europe/Rome"),
        ("rome", "Europe/Rome"),
        ("Europa/Berlin", "Europe/Berlin"),
        ("posix/Europe/Rome", "Europe/Rome"),
        ("localtime", "Europe/Rome"),
        ("../../etc/passwd", "Europe/Rome"),
        ("", "Europe/Rome"),
        ("CEST", "Europe/Rome"),
    ],
)
def test_a_time_zone_that_there_is_not_is_told_with_one_that_there_is(answer: str, example: str) -> None:
    with pytest.raises(Wrong) as wrong:
        answer_rules.zone(answer)
    told = sentence(wrong)
    assert repr(answer) in told
    named = re.search(r"; (\S+) is one", told)
    assert named
    assert named[1] in answer_rules.zones()
    if answer != "CEST":
        assert named[1] == example


@pytest.mark.skipif(not INPUT.is_file(), reason="the inputs that people really typed do not lie beside the project")
def test_the_time_zone_that_somebody_typed_is_refused() -> None:
    with pytest.raises(Wrong):
        answer_rules.zone(INPUT.read_text().strip().partition("=")[2])


@pytest.mark.parametrize("answer", ["", "you@example.org", "me+tag@mail.example.co.uk", "o'neil@x.it"])
def test_a_mail_address_or_none(answer: str) -> None:
    assert answer_rules.email(answer) == answer


@pytest.mark.parametrize("answer", ["you", "you@example", "@example.org", "a@b@c.d", "a b@c.de", "a@c.", "Me <a@c.de>"])
def test_no_mail_address(answer: str) -> None:
    with pytest.raises(Wrong) as wrong:
        answer_rules.email(answer)
    assert "you@example.org" in sentence(wrong)


def test_one_of_some_names_is_told_with_the_nearest() -> None:
    assert answer_rules.one_of("home", ["default", "home"], "profile") == "home"
    with pytest.raises(Wrong) as wrong:
        answer_rules.one_of("hom", ["default", "home"], "profile")
    assert "home" in sentence(wrong)
