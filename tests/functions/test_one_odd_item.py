"""Whatever one item of the table holds, it costs no more than itself: the statistics and the cards of all other
thermostats are what they are without it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.memory_table import MemoryTable
from tests.support.odd_home import NOW, ODD, OTHERS, odd_homes, values

if TYPE_CHECKING:
    from tests.functions.conftest import Apps
    from tests.support.odd_home import OddHome

# ---- the rollup


def rolled_up(apps: Apps, table: MemoryTable) -> MemoryTable:
    """The table after a run."""
    apps.at(NOW).rollup.client = table
    apps.rollup.handler({}, Mock(**{"get_remaining_time_in_millis.return_value": 900_000}))
    return table


@pytest.mark.shows("odd item in the table")
@settings(max_examples=200, deadline=None)
@given(home=odd_homes())
def test_the_statistics_of_all_others_are_what_they_are_without_it(apps: Apps, home: OddHome) -> None:
    before, after = (rolled_up(apps, table) for table in home.tables())
    for module_id in OTHERS:
        assert after.partition(f"MODULE#{module_id}") == before.partition(f"MODULE#{module_id}"), home.what
    assert after.partition("ROLLUP") == before.partition("ROLLUP"), home.what


@settings(max_examples=100, deadline=None)
@given(
    home=odd_homes(),
    place=st.sampled_from(["ran_at", "complete_through", "late_through"]),
    value=st.none() | values,
)
def test_a_state_that_cannot_be_read_lets_nothing_be_missing(apps: Apps, home: OddHome, place: str, value: Any) -> None:
    state = {
        "pk": {"S": "ROLLUP"},
        "sk": {"S": "STATE"},
        "ran_at": {"S": (NOW - timedelta(hours=1)).isoformat()},
        "complete_through": {"S": (NOW - timedelta(hours=1, minutes=30)).isoformat()},
        "late_through": {"S": (NOW - timedelta(hours=1)).isoformat()},
    }
    odd = {name: one for name, one in state.items() if name != place} | ({} if value is None else {place: value})
    before, after = (rolled_up(apps, MemoryTable.of([*home.items, each])).items for each in (state, odd))
    assert before.keys() <= after.keys()
    assert after["ROLLUP", "STATE"] == before["ROLLUP", "STATE"]


# ---- the widget


def page(apps: Apps, table: MemoryTable, period: timedelta, module_id: str | None = None) -> str:
    """What the widget answers for a period that ends now."""
    apps.at(NOW).widget.client = table
    start, end = (round(instant.timestamp() * 1000) for instant in (NOW - period, NOW))
    context = {"timezone": {"offsetISO": "+01:00"}, "timeRange": {"start": start, "end": end}, "width": 1180}
    event = {"widgetContext": context} | ({} if module_id is None else {"module": module_id})
    answer: str = apps.widget.handler(event, Mock(invoked_function_arn="arn:aws:lambda:eu-south-1:1:function:w"))
    return answer


def cards(drawn: str) -> list[str]:
    """The cards of a page."""
    return re.findall(r'<section class="sm-card.*?</section>', drawn, re.DOTALL)


def card_of(drawn: str, module_id: str) -> str:
    (found,) = [card for card in cards(drawn) if f'"module": "{module_id}"' in card]
    return without_plant(found)


def without_plant(drawn: str) -> str:
    """Names stand with their plant's where there are several plants, and an odd id of a plant makes two of one."""
    return re.sub(r'<span class="sm-plant">.*?</span>', "", drawn, flags=re.DOTALL)


PERIODS = st.sampled_from([timedelta(hours=6), timedelta(days=1), timedelta(days=7), timedelta(days=90)])


@pytest.mark.shows("odd item in the table")
@settings(max_examples=200, deadline=None)
@given(home=odd_homes(), period=PERIODS)
def test_the_cards_of_all_others_are_what_they_are_without_it(apps: Apps, home: OddHome, period: timedelta) -> None:
    without, with_it = home.tables()
    drawn = page(apps, with_it, period)
    if len(cards(drawn)) < 3:  # no thermostat any more, so that the others have more room
        without.forget("DIRECTORY", f"MODULE#plant-1#{ODD}")
    expected = page(apps, without, period)
    assert len(cards(drawn)) == len(cards(expected))
    for module_id in OTHERS:
        assert card_of(drawn, module_id) == card_of(expected, module_id), home.what
        alone = [without_plant(page(apps, table, period, module_id)) for table in (with_it, without)]
        assert alone[0] == alone[1], home.what
    page(apps, with_it, period, ODD)
