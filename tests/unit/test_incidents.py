"""Whose fault it is when less comes than should."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.keeper.incidents import (
    LATE_AFTER,
    OUTAGE_AFTER,
    RECENT,
    SILENCE_CAUSES,
    TOGETHER_WITHIN,
    Cause,
    Incident,
    Observation,
    Services,
    is_ongoing,
    missed_push_incidents,
    service_incidents,
    should_probe_webhook,
    thermostat_incidents,
)

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
WELL = Services()


def thermostat(name: str, **known: object) -> Observation:
    """A thermostat by plant and module, as "a1"; it pushed just now unless it is said otherwise."""
    facts: dict[str, object] = {"pushed_at": NOW - MINUTE, "lag": timedelta(), **known}
    return Observation(plant_id=name[0], module_id=name, **facts)  # type: ignore[arg-type] # a table's rows are of all kinds


def pushing(name: str, *, lag: timedelta | None = timedelta()) -> Observation:
    return thermostat(name, lag=lag)


def silent(name: str, *, for_: timedelta = DAY, changed: bool = False) -> Observation:
    return thermostat(name, pushed_at=NOW - for_, silent=True, changed=changed)


def answering(name: str, *, for_: timedelta = DAY, changed: bool = False) -> Observation:
    return thermostat(name, pushed_at=NOW - for_, only_answered=True, changed=changed)


def told(*observations: Observation, services: Services = WELL) -> list[tuple[str, str]]:
    """Each incident's cause, and whom it concerns."""
    found = thermostat_incidents(observations, services, now=NOW)
    return [(each.cause.value, " ".join(each.module_ids)) for each in found]


@pytest.mark.parametrize(
    ("observations", "expected"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param([pushing("a1"), pushing("b1")], [], id="all push"),
        pytest.param([pushing("a1"), silent("a2")], [("thermostat", "a2")], id="one of a plant"),
        pytest.param(
            [pushing("a1"), silent("a2"), silent("a3")],
            [("thermostat", "a2"), ("thermostat", "a3")],
            id="two of a plant, each by itself",
        ),
        pytest.param([silent("a1")], [("thermostat", "a1")], id="the only one"),
        pytest.param([silent("a1"), silent("a2")], [("home", "a1 a2")], id="the only plant"),
        pytest.param([silent("a1"), silent("a2"), pushing("b1")], [("home", "a1 a2")], id="one plant of two"),
        pytest.param(
            [silent("a1"), silent("a2"), silent("b1"), silent("b2", for_=DAY + TOGETHER_WITHIN)],
            [("pushes_stopped", "a1 a2 b1 b2")],
            id="all plants at once",
        ),
        pytest.param(
            [silent("a1"), silent("a2"), silent("b1", for_=DAY + TOGETHER_WITHIN + MINUTE)],
            [("home", "a1 a2"), ("thermostat", "b1")],
            id="all plants, one after the other",
        ),
        pytest.param([answering("a1"), answering("a2")], [], id="a quiet home that answers as it did"),
        pytest.param([silent("a1"), answering("a2")], [("thermostat", "a1")], id="a quiet home, one of it not heard"),
        pytest.param(
            [answering("a1", changed=True), answering("a2", changed=True)],
            [("pushes_stopped", "a1 a2")],
            id="answers, changed, and pushes nothing",
        ),
        pytest.param(
            [answering("a1", changed=True), silent("a2", changed=True), pushing("b1")],
            [("pushes_stopped", "a1 a2")],
            id="one plant's pushes stopped",
        ),
        pytest.param([pushing("a1", lag=3 * HOUR), pushing("a2")], [], id="one late of two may be a clock"),
        pytest.param(
            [pushing("a1", lag=3 * HOUR), pushing("a2", lag=2 * HOUR), pushing("b1")],
            [("pushes_late", "a1 a2")],
            id="most are late",
        ),
        pytest.param([pushing("a1", lag=LATE_AFTER)], [], id="as late as may be"),
        pytest.param([pushing("a1", lag=None)], [], id="nobody knows how late"),
        pytest.param(
            [thermostat("a1", lag=3 * HOUR, pushed_at=NOW - RECENT - MINUTE, only_answered=True)],
            [],
            id="late, but long ago",
        ),
    ],
)
def test_each_picture_has_its_cause(observations: list[Observation], expected: list[tuple[str, str]]) -> None:
    assert told(*observations) == expected


def test_if_not_all_were_checked_it_is_unknown_whether_all_plants_are_silent() -> None:
    observations = [silent("a1"), silent("a2"), silent("b1"), silent("b2")]
    found = thermostat_incidents(observations, WELL, now=NOW, complete=False)
    assert [each.cause for each in found] == [Cause.HOME, Cause.HOME]


@pytest.mark.parametrize(
    "observations", [[silent("a1")], [silent("a1"), silent("b1")], [answering("a1", changed=True)]]
)
def test_where_the_webhook_does_not_answer_it_is_this_stack(observations: list[Observation]) -> None:
    everybody = " ".join(each.module_id for each in observations)
    assert should_probe_webhook(observations)
    assert told(*observations, services=Services(webhook_answers=False)) == [("stack", everybody)]
    assert told(*observations, services=Services(webhook_answers=True)) == told(*observations)


def test_where_somebody_pushes_nobody_needs_to_call_the_webhook() -> None:
    assert not should_probe_webhook([silent("a1"), pushing("b1")])
    assert not should_probe_webhook([])


def test_an_incident_has_its_start_its_thermostats_their_number_and_whether_they_had_changed() -> None:
    observations = [answering("a1", for_=2 * DAY, changed=True), answering("a2", changed=True), pushing("b1")]

    (found,) = thermostat_incidents(observations, WELL, now=NOW)

    assert found == Incident(
        cause=Cause.PUSHES_STOPPED,
        since=NOW - DAY,
        plant_ids=("a",),
        module_ids=("a1", "a2"),
        of=3,
        changed=True,
    )


@pytest.mark.parametrize(("ill_for", "expected"), [(OUTAGE_AFTER - MINUTE, False), (OUTAGE_AFTER, True), (None, False)])
def test_a_service_is_ill_when_it_has_been_so_for_a_while(ill_for: timedelta | None, *, expected: bool) -> None:
    since = None if ill_for is None else NOW - ill_for

    assert [each.cause for each in service_incidents(Services(login_failing_since=since), now=NOW)] == [
        Cause.LOGIN
    ] * expected
    assert [each.cause for each in service_incidents(Services(api_failing_since=since), now=NOW)] == [
        Cause.API
    ] * expected


def test_changes_that_were_missed_concern_the_thermostats_that_are_listened_to() -> None:
    (found,) = missed_push_incidents([pushing("a1"), pushing("a2")], {"a2", "gone"}, since=NOW - DAY)

    assert (found.cause, found.module_ids, found.since) == (Cause.PUSHES_THINNED, ("a2",), NOW - DAY)
    assert missed_push_incidents([pushing("a1")], {"gone"}, since=NOW - DAY) == []
    assert missed_push_incidents([pushing("a1")], {"a1"}, since=None) == [], "nothing is suspected any more"


def test_what_goes_on_has_the_same_cause_and_one_of_the_same_thermostats() -> None:
    (before,) = thermostat_incidents([pushing("a1"), silent("a2")], WELL, now=NOW)

    assert is_ongoing(before, thermostat_incidents([pushing("a1"), silent("a2"), silent("a3")], WELL, now=NOW + HOUR))
    assert not is_ongoing(before, thermostat_incidents([silent("a1"), pushing("a2"), pushing("a3")], WELL, now=NOW))
    assert not is_ongoing(before, thermostat_incidents([silent("a1"), silent("a2")], WELL, now=NOW)), (
        "now it is the home"
    )
    (ill,) = service_incidents(Services(api_failing_since=NOW - DAY), now=NOW)
    assert is_ongoing(ill, service_incidents(Services(api_failing_since=NOW - DAY), now=NOW + HOUR))
    assert not is_ongoing(ill, service_incidents(Services(login_failing_since=NOW - DAY), now=NOW))


@pytest.mark.parametrize("cause", Cause)
def test_only_who_is_not_heard_is_told_apart_by_the_thermostats(cause: Cause) -> None:
    """Any other cause is there once at most: it goes on when others are concerned by it."""
    before = Incident(cause=cause, since=NOW - DAY, module_ids=("a1", "a2"))
    same, others = replace(before, module_ids=("a2", "a3")), replace(before, module_ids=("a3",))

    assert is_ongoing(before, [same])
    assert is_ongoing(before, [others]) == (cause not in SILENCE_CAUSES)


KINDS = st.sampled_from([pushing, silent, answering, lambda name: answering(name, changed=True)])


@given(st.dictionaries(st.sampled_from(["a1", "a2", "a3", "b1", "b2", "c1"]), KINDS, min_size=1), st.randoms())
def test_a_thermostat_is_in_one_silence_at_most_and_the_order_does_not_matter(
    kinds: dict[str, object], dice: object
) -> None:
    """And one that pushes is in none."""
    observations = [kind(name) for name, kind in kinds.items()]  # type: ignore[operator]
    shuffled = list(observations)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]

    found = thermostat_incidents(observations, WELL, now=NOW)

    concerned = [each for incident in found for each in incident.module_ids]
    assert len(concerned) == len(set(concerned))
    assert not set(concerned) & {each.module_id for each in observations if each.pushes}
    assert {each.module_id for each in observations if each.silent} <= set(concerned)
    again = thermostat_incidents(shuffled, WELL, now=NOW)
    assert {(each.cause, frozenset(each.module_ids)) for each in again} == {
        (each.cause, frozenset(each.module_ids)) for each in found
    }
