"""What runs and days make of the provider's answers: gone, changed, announced, and over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.legrand_answers import NO_HOST, UNREACHABLE, ProviderAnswer, Reason, Service, classify
from smarther.domain.keeper.provider_watch import (
    ANNOUNCED_FOR,
    GONE_AFTER,
    ProviderMemory,
    ProviderSigns,
    ProviderState,
)

NOW = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
RUN = timedelta(minutes=30)
DAY = timedelta(days=1)
EVERYTHING = ("token", "list", "plants", "topology", "subscribe", "unsubscribe", "status", "programs")


def service(call: str) -> Service:
    return Service.LOGIN if call == "token" else Service.API


def heard(*answers: tuple[str, ProviderAnswer | int], headers: dict[str, str] | None = None) -> ProviderSigns:
    signs = ProviderSigns()
    for call, told in answers:
        answer = (
            told if isinstance(told, ProviderAnswer) else classify(service(call), told, headers or {}, b"", now=NOW)
        )
        signs.note_answer(service(call), call, answer, b"{}")
        if answer.status in range(200, 300):
            signs.note_body(call, 200, b"{}")
    return signs


def lived(
    *runs: tuple[timedelta, ProviderSigns], memory: ProviderMemory | None = None
) -> tuple[ProviderMemory, datetime]:
    """The memory after runs, each so long after the first instant; as it survives between two runs."""
    memory = memory or ProviderMemory()
    now = NOW
    for after, signs in runs:
        now = NOW + after
        memory = ProviderMemory.model_validate_json(memory.after(signs, now).model_dump_json(exclude_none=True))
    return memory, now


@pytest.mark.parametrize("call", ["list", "plants", "token"])
def test_410_of_the_base_is_gone_at_once_and_any_answer_of_its_own_ends_it(call: str) -> None:
    memory, now = lived((RUN, heard((call, 410))))
    assert memory.reasons(now) == (Reason.PROVIDER_GONE,)
    assert memory.state(now).gone == {service(call).value: "gone"}

    memory, now = lived((2 * RUN, heard((call, UNREACHABLE))), memory=memory)
    assert memory.reasons(now) == (Reason.PROVIDER_GONE,)  # nobody answered, so nothing else is known

    memory, now = lived((3 * RUN, heard((call, 200))), memory=memory)
    assert memory.state(now) == ProviderState()


@pytest.mark.shows("provider gone")
@pytest.mark.parametrize("missing", [404, NO_HOST])
@pytest.mark.parametrize("call", ["list", "token"])
def test_what_is_missing_is_gone_after_days_and_not_before(call: str, missing: ProviderAnswer | int) -> None:
    signs = heard((call, missing))
    memory, now = lived((timedelta(0), signs), (GONE_AFTER - RUN, signs))
    assert memory.reasons(now) == ()

    memory, now = lived((GONE_AFTER, signs), memory=memory)
    assert memory.reasons(now) == (Reason.PROVIDER_GONE,)
    assert memory.state(now).gone_since == NOW


def test_a_door_that_is_there_now_and_then_is_not_gone() -> None:
    away, there = heard(("list", 404)), heard(("list", 200))
    memory, now = lived(*((day * DAY, there if day % 2 else away) for day in range(20)))
    assert memory.reasons(now) == ()


@pytest.mark.parametrize("call", ["topology", "status", "subscribe", "unsubscribe", "programs"])
def test_a_404_of_one_thermostat_or_plant_means_that_a_gateway_is_offline(call: str) -> None:
    memory, now = lived(*((day * DAY, heard((call, 404))) for day in range(20)))
    assert memory.state(now) == ProviderState()


def test_plants_not_found_while_the_list_answers_are_a_change_and_no_end() -> None:
    memory, now = lived(*((day * DAY, heard(("list", 200), ("plants", 404))) for day in range(5)))
    assert memory.state(now) == ProviderState(changed=("plants",))


@pytest.mark.shows("answer that nobody knows")
@pytest.mark.parametrize("call", EVERYTHING)
@pytest.mark.parametrize("status", [302, 405, 418, 200])
def test_an_operation_with_unknown_answers_is_reported_after_a_day_with_their_form(call: str, status: int) -> None:
    def signs() -> ProviderSigns:
        found = ProviderSigns()
        answer = classify(service(call), status, {}, b'{"id": "secret"}', now=NOW)
        found.note_answer(service(call), call, answer, b'{"id": "secret"}')
        if status == 200:
            found.note_body(call, status, b'{"id": "secret"}', readable=False)
        return found

    memory, now = lived((timedelta(0), signs()), (DAY - RUN, signs()))
    assert memory.reasons(now) == ()
    assert (memory.shapes[call].status, memory.shapes[call].form) == (status, '{"id": "text"}')

    memory, now = lived((DAY, signs()), memory=memory)
    assert memory.reasons(now) == (Reason.PROVIDER_CHANGED,)
    assert memory.state(now).changed == (call,)

    memory, now = lived((DAY + RUN, heard((call, 200))), memory=memory)
    assert memory.state(now) == ProviderState()
    assert memory.shapes[call].form == '{"id": "text"}'  # kept, so that it can be reported still


def test_one_odd_answer_of_an_operation_that_is_not_called_again_is_forgotten_and_never_reported() -> None:
    memory, now = lived((timedelta(0), heard(("unsubscribe", 302))), (20 * DAY, heard(("list", 200))))
    assert memory.reasons(now) == ()
    assert memory.strange == {}


def test_an_operation_of_which_one_answer_can_be_read_is_known() -> None:
    odd = heard(("topology", 302), ("topology", 200), ("topology", 302))
    memory, now = lived(*((day * DAY, odd) for day in range(5)))
    assert memory.reasons(now) == ()


# ---- announcements

SUNSET = {"Deprecation": "@1767225600", "Sunset": "Wed, 30 Jun 2027 23:59:59 GMT"}


def test_an_announcement_is_reported_for_some_days_and_remembered_while_it_is_made() -> None:
    announcing = heard(("list", 200), headers=SUNSET)
    memory, now = lived(*((hour * RUN * 2, announcing) for hour in range(71)))
    assert memory.reasons(now) == (Reason.PROVIDER_CHANGED,)

    memory, now = lived((ANNOUNCED_FOR, announcing), memory=memory)
    assert memory.reasons(now) == ()
    assert memory.state(now) == ProviderState(announced=True, deprecated_on=date(2026, 1, 1), ends_on=date(2027, 6, 30))


def test_another_date_is_told_anew_and_one_that_is_withdrawn_is_over() -> None:
    memory, now = lived((timedelta(0), heard(("list", 200), headers=SUNSET)))
    sooner = {"Sunset": "Sun, 31 May 2026 00:00:00 GMT"}
    memory, now = lived((9 * DAY, heard(("list", 200), headers=sooner)), memory=memory)
    assert memory.reasons(now) == (Reason.PROVIDER_CHANGED,)
    assert memory.state(now).ends_on == date(2026, 5, 31)

    memory, now = lived((10 * DAY, heard(("list", 200))), memory=memory)
    assert memory.state(now) == ProviderState()


def test_of_several_announcements_the_earliest_dates_count_until_each_operation_is_silent() -> None:
    memory, now = lived((timedelta(0), heard(("list", 200), headers=SUNSET)))
    memory, now = lived(
        (RUN, heard(("topology", 200), headers={"Sunset": "Fri, 01 Jan 2027 00:00:00 GMT"})), memory=memory
    )
    assert memory.state(now).ends_on == date(2027, 1, 1)
    memory, now = lived((2 * RUN, heard(("topology", 200))), memory=memory)
    assert memory.state(now).ends_on == date(2027, 6, 30)
    memory, now = lived((9 * DAY, heard(("plants", 200))), memory=memory)  # nobody lists any more
    assert memory.state(now).ends_on is None


# ---- whatever comes

ANSWERS = st.tuples(
    st.sampled_from(EVERYTHING),
    st.sampled_from([200, 204, 302, 400, 401, 403, 404, 409, 410, 418, 429, 469, 500, 503, NO_HOST, UNREACHABLE]),
)
RUNS = st.lists(st.lists(ANSWERS, max_size=6), max_size=30)


@given(RUNS, st.sampled_from([RUN, DAY, 3 * DAY]))
def test_after_any_history_a_run_in_which_all_is_well_ends_everything(
    history: list[list[tuple[str, ProviderAnswer | int]]], apart: timedelta
) -> None:
    memory, _ = lived(*((number * apart, heard(*run)) for number, run in enumerate(history)))
    well = heard(*((call, 200) for call in EVERYTHING))
    memory, now = lived((len(history) * apart, well), memory=memory)
    assert memory.state(now) == ProviderState()
    assert memory.reasons(now) == ()


@given(RUNS)
def test_whoever_answers_at_every_run_is_never_gone(history: list[list[tuple[str, ProviderAnswer | int]]]) -> None:
    memory, now = lived(
        *((number * DAY, heard(*run, ("list", 200), ("token", 200))) for number, run in enumerate(history))
    )
    assert memory.state(now).gone == {}


@given(RUNS)
def test_what_is_remembered_is_bounded(history: list[list[tuple[str, ProviderAnswer | int]]]) -> None:
    memory, _ = lived(*((number * RUN, heard(*run)) for number, run in enumerate(history)))
    assert len(memory.model_dump_json()) < 20_000
