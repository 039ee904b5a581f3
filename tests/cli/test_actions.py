"""What a run did and what went wrong in it, in words: all that the keeper can say is known here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smarther.domain.account.legrand_answers import Kind, ProviderAnswer
from smarther.domain.keeper.keeper_report import PlantState
from smarther.legrand.client import LegrandError
from smarther_cli.show.actions import ACTIONS, CALLS, KINDS, REMOVAL_REASONS, actions, troubles
from tests.cli.conftest import PROJECT, report

PACKAGE = PROJECT / "layers" / "smarther" / "python" / "smarther"
PLANT = PlantState(plant_id="p1", name="Casa", subscription="created")


def said(pattern: str, *folders: str) -> set[str]:
    """Names of one kind that the keeper's code writes."""
    files = [file for folder in folders for file in (PACKAGE / folder).rglob("*.py")]
    return {each for file in files for found in re.findall(pattern, Path(file).read_text()) for each in found if each}


def test_everything_that_the_keeper_does_has_words() -> None:
    done = said(r"actions\.append\(f?\"(?:\{'(\w+)' if \w+ else '(\w+)'\}|(\w+))", "keeper")
    assert done == ACTIONS.keys()


def test_every_reason_to_remove_a_subscription_has_words() -> None:
    why = (
        (PACKAGE / "domain" / "account" / "subscription_plan.py")
        .read_text()
        .partition("def _why")[2]
        .partition("\ndef ")[0]
    )
    assert set(re.findall(r'"(\w+)"', why)) == REMOVAL_REASONS.keys()


def test_everything_that_can_fail_has_words() -> None:
    calls = said(r"(?:_call|_token|LegrandError|isolated)\(\s*\"(\w+)()\"", "legrand", "keeper")
    calls |= said(r"trouble\(f?\"(\w+)(): ", "keeper")
    assert calls == CALLS.keys()
    assert KINDS.keys() == set(Kind)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("subscription_created p1", "subscribed Casa"),
        (
            "subscription_removed p1 stale_secret",
            "removed a subscription of Casa, whose address holds a secret of before",
        ),
        ("subscription_removed p2 of_tomorrow", "removed a subscription of p2"),
        ("something_new p1", "something_new p1"),
        ("tokens_renewed", "renewed the tokens"),
    ],
)
def test_a_deed_is_told_with_the_plant_s_name(action: str, words: str) -> None:
    assert actions(report(plants=(PLANT,), actions=(action,))) == [words]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (
            str(LegrandError("list", ProviderAnswer(Kind.UNAUTHORISED, 401))),
            "asking Legrand for the subscriptions: the access token was refused (401)",
        ),
        (
            str(LegrandError("plants", ProviderAnswer(Kind.TRANSIENT))),
            "asking Legrand for the plants: no good answer just now",
        ),
        (
            "plants: a part of the answer cannot be read",
            "asking Legrand for the plants: a part of the answer cannot be read",
        ),
        ("no more calls to Legrand today: what is left waits", "no more calls to Legrand today: what is left waits"),
        ("of_tomorrow: transient (500)", "of_tomorrow: transient (500)"),
    ],
)
def test_a_trouble_is_told_in_words(trouble: str, words: str) -> None:
    assert troubles(report(troubles=(trouble,))) == [words]
