"""Tokens come into force as the table says, whatever order things happen in, and a run that begins after any step finds
the newest."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from smarther.domain.account.credentials import Credentials
from smarther.domain.account.token_lifecycle import HELD_AFTER, TokensHeld, TokenStep
from smarther.keeper.access import Access
from smarther.keeper.journal import Run
from smarther.keeper.lease import Lease
from tests.support.world import START, World

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE, PENDING, CURRENT = TokensHeld
ASKED, ISSUED, PROVEN = TokenStep
WAYS_TO = {NONE: (), PENDING: (ISSUED,), CURRENT: (ISSUED, PROVEN)}
"""The shortest way to each."""
CREDENTIALS = Credentials(
    client_id="client", client_secret="secret", subscription_key="key", version="1", recorded_on=START.date()
)


def run_of(world: World) -> Access:
    """A run that has just begun and read the secret."""
    dependencies = world.keeper()._dependencies
    return Access(Run(dependencies, Lease(dependencies)), CREDENTIALS)


def text(number: int) -> str:
    return f'{{"access_token": "a{number}", "refresh_token": "r{number}", "expires_at": {number}}}'


def walk(access: Access, steps: Iterable[TokenStep], *, issued: int = 0) -> int:
    """Take these steps; how many tokens were issued by then."""
    for step in steps:
        issued += step is ISSUED
        access._step(step, text(issued))
    return issued


def test_the_api_is_not_opened_without_tokens() -> None:
    access = run_of(World(in_memory=True))

    assert not access.obtain()
    with pytest.raises(RuntimeError, match="there are no tokens"):
        _ = access.api


def test_the_table_speaks_of_every_place_and_step() -> None:
    assert {held for held, _ in HELD_AFTER} == set(TokensHeld)
    assert {step for _, step in HELD_AFTER} == set(TokenStep)


@pytest.mark.parametrize(("held", "step"), list(product(TokensHeld, TokenStep)), ids=str)
def test_a_step_leads_where_the_table_says_or_never_happens(held: TokensHeld, step: TokenStep) -> None:
    world = World(in_memory=True)
    access = run_of(world)
    issued = walk(access, WAYS_TO[held])
    assert access.held is held
    before = run_of(world)._newest

    if (held, step) in HELD_AFTER:
        walk(access, [step], issued=issued)
        assert access.held is run_of(world).held is HELD_AFTER[held, step]
    else:
        with pytest.raises(KeyError):
            walk(access, [step], issued=issued)
        assert run_of(world)._newest == before


@pytest.mark.parametrize("again", [False, True], ids=["one run", "a new run for each step"])
def test_the_newest_tokens_are_found_after_any_order_of_steps(*, again: bool) -> None:
    walks = 0
    for steps in product(TokenStep, repeat=4):
        world = World(in_memory=True)
        access, issued, in_force = run_of(world), 0, ""
        for step in steps:
            if (access.held, step) not in HELD_AFTER:
                continue
            issued = walk(access, [step], issued=issued)
            found = run_of(world)
            assert found.held is access.held
            assert (found._newest.text or "") == (text(issued) if issued else "")
            in_force = text(issued) if found.held is CURRENT else in_force
            current = world.keeper()._dependencies.secrets.read(world.tokens_arn)
            assert ("" if current is None else current.text) in {in_force, text(1) if issued else ""}
            access = found if again else access
            walks += 1
    assert walks > 100
