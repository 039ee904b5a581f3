"""What a consent may do: reading is enough for all that the recorder does, and what was consented to before goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args, get_type_hints

import pytest

from sandbox.legrand import CLIENT_ID
from sandbox.legrand.variants import Variants
from smarther.domain.account.consent import Scope
from tests.support.world import World

SCOPES = get_args(get_type_hints(Variants)["scopes"])


def consented(scope: str) -> World:
    world = World(in_memory=True)
    world.provider.use_variants(Variants(scopes="enforced"))
    world.configure()
    world.run(consent={"code": world.provider.login.consent(CLIENT_ID, scope)})
    return world


@pytest.mark.parametrize("scope", list(Scope))
def test_each_scope_that_consent_asks_for_is_enough_for_all_that_the_keeper_calls(scope: Scope) -> None:
    world = consented(scope)
    for _ in range(3):  # names are asked for daily, and the silent once a day
        world.later(timedelta(days=1))
        report = world.run()
        assert (report.outcome, report.troubles) == ("healthy", ())

    called = world.provider.calls.since()
    assert {"plants", "topology", "status", "programlist", "list", "subscribe"} <= {call.operation for call in called}
    assert not [call for call in called if call.status == 403]


@pytest.mark.parametrize("after", SCOPES)
def test_a_consent_of_before_is_good_on_whatever_legrand_makes_of_scopes(after: str) -> None:
    """It asked for reading and setting; an owner who updates need not consent again."""
    world = World(in_memory=True)
    world.configure()
    world.consent()
    world.provider.use_variants(Variants(scopes=after))  # type: ignore[arg-type] # one of its values
    for _ in range(4):
        world.later()
        report = world.run()
        assert (report.outcome, report.person) == ("healthy", ())
        assert report.tokens is not None
        assert report.tokens.refreshed
