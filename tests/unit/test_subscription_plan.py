"""The plan: what it makes and removes, and what it never touches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.subscription_plan import (
    Create,
    Delete,
    Subscription,
    SubscriptionPlan,
    WantedSubscriptions,
    address,
    is_ours,
    plan,
)

BASE = "https://ours.example/stage"
NOW, OLD, NEXT = (address(BASE, letter * 43) for letter in "now")
ALEXA = "https://smarther-skill.example/alexa/events"
ELSEWHERE = address("https://other.example/stage", "n" * 43)
OTHER_STAGE = address("https://ours.example/other", "n" * 43)

WANTED = WantedSubscriptions(base_url=BASE, endpoint=NOW, plants=frozenset({"p1", "p2"}))


def listed(*entries: tuple[str, str | None, str]) -> list[Subscription]:
    return [Subscription(*entry) for entry in entries]


def test_nothing_is_to_be_done_where_every_plant_is_subscribed() -> None:
    assert plan(listed(("p1", "1", NOW), ("p2", "2", NOW)), WANTED) == SubscriptionPlan(healthy=frozenset({"p1", "p2"}))


def test_an_empty_list_means_that_every_plant_is_to_be_subscribed() -> None:
    assert plan([], WANTED) == SubscriptionPlan(create=(Create("p1", NOW), Create("p2", NOW)))


@pytest.mark.parametrize("foreign", [ALEXA, ELSEWHERE, OTHER_STAGE, "", "not an address", NOW + "/more", NOW + "?a=b"])
def test_what_is_not_ours_neither_counts_nor_goes(foreign: str) -> None:
    todo = plan(listed(("p1", "9", foreign), ("p3", "8", foreign), ("p2", "2", NOW)), WANTED)

    assert todo == SubscriptionPlan(create=(Create("p1", NOW),), healthy=frozenset({"p2"}))


def test_ours_under_another_secret_goes_once_the_plant_has_the_wanted_one() -> None:
    todo = plan(listed(("p1", "1", NOW), ("p1", "3", OLD), ("p2", "2", NOW)), WANTED)

    assert todo.create == ()
    assert todo.delete == (Delete("p1", "3", "stale_secret"),)


def test_of_duplicates_one_stays() -> None:
    todo = plan(listed(("p1", "5", NOW), ("p1", "4", NOW), ("p1", "6", NOW), ("p2", "2", NOW)), WANTED)

    assert todo.healthy == {"p1", "p2"}
    assert [action.subscription_id for action in todo.delete] == ["5", "6"]
    assert {action.why for action in todo.delete} == {"duplicate"}


def test_an_entry_listed_twice_is_not_a_duplicate_to_remove() -> None:
    for again in (NOW, OLD):
        assert plan(listed(("p1", "1", NOW), ("p1", "1", again), ("p2", "2", NOW)), WANTED).delete == ()


@pytest.mark.parametrize("nothing", [None, "", "None", "none", " NONE ", "null", "undefined"])
def test_an_entry_without_an_id_is_never_deleted_and_one_with_an_id_is_preferred_to_stay(nothing: str | None) -> None:
    assert plan(listed(("p1", nothing, OLD), ("p1", "1", NOW), ("p2", "2", NOW)), WANTED).delete == ()
    both = plan(listed(("p1", nothing, NOW), ("p1", "1", NOW), ("p2", "2", NOW)), WANTED)
    assert both == SubscriptionPlan(healthy=frozenset({"p1", "p2"}))


def test_ours_for_a_plant_that_is_not_wanted_goes_and_others_stay() -> None:
    todo = plan(listed(("p1", "1", NOW), ("p2", "2", NOW), ("p3", "3", NOW), ("p3", "4", ALEXA)), WANTED)

    assert todo.delete == (Delete("p3", "3", "plant_not_wanted"),)


def test_a_tolerated_address_stands_beside_the_wanted_one_but_is_not_made() -> None:
    rotating = replace(WANTED, endpoint=NEXT, tolerated=frozenset({NOW}))

    todo = plan(listed(("p1", "1", NOW), ("p1", "3", OLD), ("p3", "4", NOW)), rotating)

    assert todo.create == (Create("p1", NEXT), Create("p2", NEXT))
    assert todo.delete == (Delete("p1", "3", "stale_secret"), Delete("p3", "4", "plant_not_wanted"))
    assert todo.healthy == frozenset()


def test_no_address_is_seen_by_looking_at_a_plan() -> None:
    todo = plan(listed(("p1", "3", OLD)), WANTED)

    assert "notifications" not in repr((todo, WANTED, listed(("p1", "3", OLD))))


addresses = st.sampled_from([NOW, OLD, NEXT, ALEXA, ELSEWHERE, OTHER_STAGE, ""])
plant_ids = st.sampled_from(["p1", "p2", "p3"])
ids = st.sampled_from([None, "None", "1", "2", "3", "4", "5"])
entries = st.lists(st.builds(Subscription, plant_ids, ids, addresses), max_size=12)
wishes = st.builds(
    WantedSubscriptions,
    base_url=st.just(BASE),
    endpoint=st.just(NOW),
    plants=st.frozensets(plant_ids),
    tolerated=st.sampled_from([frozenset(), frozenset({NEXT})]),
)


@given(entries, wishes)
def test_whatever_is_listed_only_ours_go_and_never_the_last_good_one(
    entries: list[Subscription], wanted: WantedSubscriptions
) -> None:
    todo = plan(entries, wanted)
    gone = {action.subscription_id for action in todo.delete}

    for action in todo.delete:
        named = [entry for entry in entries if entry.subscription_id == action.subscription_id]
        assert any(is_ours(entry.endpoint, BASE) and entry.plant_id == action.plant_id for entry in named)
    for plant_id in wanted.plants:
        good = [entry for entry in entries if (entry.plant_id, entry.endpoint) == (plant_id, NOW)]
        assert (plant_id in todo.healthy) == bool(good)
        assert (Create(plant_id, NOW) in todo.create) != bool(good)
        assert not good or any(entry.subscription_id not in gone for entry in good)


@given(entries, wishes)
def test_a_plan_carried_out_leaves_nothing_to_do_but_what_has_no_id(
    entries: list[Subscription], wanted: WantedSubscriptions
) -> None:
    """Ids of one provider are unique, so they are made so here."""
    unique = [
        replace(
            entry, subscription_id=f"{entry.subscription_id}-{number}" if entry.deletable else entry.subscription_id
        )
        for number, entry in enumerate(entries)
    ]
    todo = plan(unique, wanted)
    gone = {action.subscription_id for action in todo.delete}
    after = [entry for entry in unique if entry.subscription_id not in gone]
    after += [Subscription(action.plant_id, f"new-{action.plant_id}", action.endpoint) for action in todo.create]

    again = plan(after, wanted)

    assert (again.create, again.delete) == ((), ())
    assert again.healthy == wanted.plants
