"""Whatever a thermostat's clock says, and however late it is heard: keeper, dashboard and command line agree about it.

Lives of a thermostat are drawn, stored under the table's real keys, and looked at through all three at many instants.
What each has to find is known from how the life was drawn, by a model that looks at everything that was said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, currently_in_test_context, event, given, settings
from hypothesis import strategies as st

from labs.simulation.cloud import DynamoDB, Hand
from smarther.domain.readings.reading import Reading
from smarther.keeper.journal import Run
from smarther.keeper.thermostats.silent_thermostats import SilenceCheck
from smarther.store.keys import sort_key
from smarther.store.listings import Listings, Module, Plant
from smarther.store.readings import Readings
from smarther.store.table import Table
from smarther.widget.answer import Widget
from smarther_cli.commands.status import document, observe
from smarther_cli.verdict import Backlog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

TABLE, PLANT, MODULE, NAME = "readings", "plant", "module", "Soggiorno"
START = datetime(2026, 1, 14, 6, 30, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STALE_AFTER = DAY
DRIFT, LATE_AT_MOST, KNOWN_LATENESS, ODD_FOR = 15 * MINUTE, 36 * HOUR, 7 * DAY, HOUR
"""What the product says a clock may drift, a single push may be late, anything may be late, and an odd one may last."""
FIRST = datetime(1, 1, 2, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """What a thermostat said: the how manieth, when it was so, what its clock said, when it arrived."""

    number: int
    made: datetime
    told: datetime
    arrived: datetime
    pushed: bool = True

    @property
    def temperature(self) -> str:
        """No two of five hundred are the same, and a room can have each."""
        return f"{10 + self.number % 500 / 10:.1f}"

    @property
    def odd(self) -> bool:
        """Whether its clock must have been wrong, as far as anybody can know who sees it arrive."""
        return self.told - self.arrived > DRIFT or self.arrived - self.told > KNOWN_LATENESS

    @property
    def reading(self) -> Reading:
        """As the parser gives it."""
        return Reading(
            plant_id=PLANT,
            module_id=MODULE,
            time=self.told,
            load_state="ACTIVE",
            temperature_c=Decimal(self.temperature),
        )


@dataclass(frozen=True)
class View:
    """What somebody sees of the thermostat; what the keeper does not look at is left to the others."""

    silent: bool
    temperature: str | None
    clock_wrong: bool


def _client() -> Any:
    return Hand(DynamoDB(), lambda _, work: work())


class Home:
    """A table with one thermostat, and the three who look at it."""

    def __init__(self) -> None:
        self.client = _client()
        self.table = Table(self.client, TABLE)
        self.module = Module(PLANT, MODULE, NAME, "chronothermostat", START)
        Listings(self.table).keep_plant(Plant(PLANT, "Casa"))
        Listings(self.table).keep_module(self.module)

    def take(self, said: Said, arrived: datetime) -> bool:
        """It arrives, or arrives again."""
        return Readings(self.table).store(said.reading, received_at=arrived, source="push" if said.pushed else "poll")

    def keeper(self, now: datetime) -> tuple[View, str | None]:
        """What the keeper's report says, and since when it is silent. Nobody answers its questions."""
        dependencies: Any = SimpleNamespace(
            settings=SimpleNamespace(stale_after=STALE_AFTER, retention=None),
            table=self.table,
            clock=lambda: now,
        )
        in_time = SimpleNamespace(deadline=now + HOUR, is_over=False)
        nobody: Any = SimpleNamespace(status=lambda *_: b"", may_call=lambda _: True, transport=in_time)
        run = Run(dependencies, lease=cast("Any", None))
        SilenceCheck(run).check(nobody, [self.module])
        since = run.journal.silent[0].since if run.journal.silent else None
        return View(bool(run.journal.silent), None, bool(run.journal.clocks)), since

    def dashboard(self, now: datetime) -> View:
        """What stands on the card."""
        widget = Widget(self.table, home=ZoneInfo("Europe/Rome"), stale_after=STALE_AFTER, keeper_every=HOUR / 2)
        start, end = (round(instant.timestamp() * 1000) for instant in (now - HOUR, now))
        context = {"timeRange": {"mode": "relative", "start": start, "end": end}, "theme": "light", "width": 800}
        page = widget.answer({"widgetContext": context}, now=now, endpoint="arn:aws:lambda:eu-south-1:1:function:w")
        assert isinstance(page, str)
        shown = re.search(r'"sm-temperature">([-0-9.]+) °C<', page)
        assert ("1 silent" in page) == ("sm-card sm-stale" in page)
        return View("sm-card sm-stale" in page, shown[1] if shown else None, "Its clock is wrong" in page)

    def command_line(self, now: datetime) -> View:
        """What `smarther status` says."""
        deployment: Any = SimpleNamespace(
            table=self.table,
            secrets=SimpleNamespace(read=lambda _: None),
            credentials_arn="",
            outputs={},
            place=SimpleNamespace(stack="s", sandbox=False),
            parameter={"StaleAfterHours": str(STALE_AFTER // HOUR)}.__getitem__,
            keeper_minutes=30,
            waiting=Backlog(),
        )
        (told,) = document(observe(deployment, now))["thermostats"]
        temperature = None if told["last"] is None else f"{told['last']['temperature_c']:.1f}"
        return View(told["silent"], temperature, "wrong_clock" in told)


# ---- what is right


def silent_since(heard: Sequence[Said], now: datetime) -> datetime | None:
    """By arrivals alone."""
    last = max((said.arrived for said in heard), default=START)
    return last if now - last >= STALE_AFTER else None


def latest(heard: Sequence[Said]) -> Said | None:
    """The newest that is dated rightly, unless others have come for so long that its clock must have changed."""
    right = [said for said in heard if not said.odd]
    if not right:
        return max(heard, key=lambda said: said.arrived, default=None)
    newest = max(right, key=lambda said: sort_key(said.reading))
    for_long = [
        said for said in heard if said.arrived - newest.arrived > (ODD_FOR if said.odd else LATE_AT_MOST + DRIFT)
    ]
    return max(for_long, key=lambda said: said.arrived, default=newest)


def clock_wrong(heard: Sequence[Said]) -> bool:
    """Whether the thermostat's last word was by a wrong clock, or no word of a right one has come for so long."""
    right = [said for said in heard if not said.odd]
    if not right:
        return bool(heard)
    newest, shown = max(right, key=lambda said: sort_key(said.reading)), latest(heard)
    return shown is not newest or any(said.odd and said.arrived > newest.arrived for said in heard)


# ---- lives

CLOCKS = st.sampled_from(
    [
        "as before",
        "as before",
        "right",
        10 * MINUTE,
        HOUR,
        3 * DAY,
        30 * DAY,
        -10 * MINUTE,
        -2 * HOUR,
        -2 * DAY,
        -6 * DAY,
        -8 * DAY,
        -400 * DAY,
        datetime(2000, 1, 1, tzinfo=UTC),
        datetime(2041, 5, 21, 8, tzinfo=UTC),
        FIRST,
        LAST,
    ]
)
GAPS = st.sampled_from(
    [SECOND, 4 * MINUTE, 12 * MINUTE, 40 * MINUTE, 90 * MINUTE, 5 * HOUR, 13 * HOUR, 25 * HOUR, 4 * DAY]
)
LATENESS = st.sampled_from([SECOND, SECOND, SECOND, SECOND, 45 * MINUTE, 5 * HOUR, 18 * HOUR])
LOOKS = st.sampled_from([timedelta(0), 30 * MINUTE, 5 * HOUR, DAY - SECOND, DAY, 2 * DAY, 9 * DAY])


@dataclass(frozen=True)
class Life:
    """All that a thermostat said, what of it arrived again, and when somebody looks."""

    said: tuple[Said, ...]
    again: tuple[tuple[datetime, int], ...] = ()
    looks: tuple[datetime, ...] = ()


@st.composite
def lives(
    draw: DrawFn,
    clocks: st.SearchStrategy[Any] = CLOCKS,
    lateness: st.SearchStrategy[timedelta] = LATENESS,
    *,
    outages: bool = True,
    answers: bool = True,
) -> Life:
    """A life: the clock right, drifting, ahead, behind, reset, mended; pushes in time, late, held back, and answers."""
    now, ahead, held_until = START, timedelta(0), START
    said: list[Said] = []
    again, looks = [], []
    for number in range(draw(st.integers(1, 12))):
        now += draw(GAPS)
        match draw(clocks):
            case "as before":
                pass
            case "right":
                ahead = timedelta(0)
            case datetime() as set_to:
                ahead = set_to - now
            case timedelta() as set_to:
                ahead = set_to
        told = now + max(FIRST - now, min(LAST - now, ahead))
        pushed = not answers or draw(st.integers(0, 4)) > 0
        if outages and draw(st.integers(0, 15)) == 0:
            held_until = now + 2 * DAY
        arrived = now + (draw(lateness) if pushed else SECOND)
        arrived = max(arrived, held_until) if pushed else arrived
        said.append(Said(number, now, told, arrived + number * timedelta(milliseconds=1), pushed))
        if draw(st.integers(0, 7)) == 0:
            again.append((arrived + draw(LATENESS) + MINUTE, number))
        looks += [arrived + draw(LOOKS) + SECOND for _ in range(draw(st.integers(0, 2)))]
    return Life(tuple(said), tuple(again), tuple(sorted({*looks, said[-1].arrived + SECOND})))


def judge(life: Life) -> None:
    """Live it, and at each look hold what all three see against what is right."""
    home = Home()
    arrivals = sorted([(said.arrived, said.number) for said in life.said] + [(at, number) for at, number in life.again])
    heard: list[Said] = []
    for now in life.looks:
        while arrivals and arrivals[0][0] <= now:
            arrived, number = arrivals.pop(0)
            if home.take(life.said[number], arrived):
                heard.append(life.said[number])
        _look(home, heard, now)


def _look(home: Home, heard: list[Said], now: datetime) -> None:
    since, shown = silent_since(heard, now), latest(heard)
    right = View(since is not None, None if shown is None else shown.temperature, clock_wrong(heard))
    keeper, kept_since = home.keeper(now)
    assert (keeper.silent, keeper.clock_wrong) == (right.silent, right.clock_wrong), "keeper"
    assert home.command_line(now) == right, "command line"
    assert home.dashboard(now) == right, "dashboard"
    if since is not None and kept_since is not None:
        assert datetime.fromisoformat(kept_since) == since
    if shown is not None:
        late = [said for said in heard if said.made > shown.made]
        assert not [
            said for said in late if said.arrived - shown.arrived > (ODD_FOR if said.odd else LATE_AT_MOST + DRIFT)
        ]
    if currently_in_test_context():
        event(f"silent: {right.silent}, clock wrong: {right.clock_wrong}, shown: {_kind(heard, shown)}")


def _kind(heard: list[Said], shown: Said | None) -> str:
    if shown is None:
        return "nothing"
    if shown.odd:
        return "one with a wrong clock"
    newer = any(said.told > shown.told and not said.odd for said in heard)
    return "one of a clock that was set back" if newer else "the newest"


QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.shows("clock is wrong")
@given(lives())
@QUICK
def test_keeper_dashboard_and_command_line_agree_whatever_the_clock_says(life: Life) -> None:
    judge(life)


@given(
    lives(clocks=st.just("right"), outages=False)
    | lives(clocks=st.just("right"), lateness=st.just(SECOND), answers=False)
)
@QUICK
def test_the_newest_is_shown_while_the_clock_is_right_and_nothing_is_told_of_it(life: Life) -> None:
    """Hours late is late, and what was held back for two days and comes all at once is late too: neither is wrong."""
    judge(life)
    for now in life.looks:
        heard = [said for said in life.said if said.arrived <= now]
        assert not clock_wrong(heard)
        assert latest(heard) == max(heard, key=lambda said: said.made, default=None)


# ---- by name


def life(*said: tuple[timedelta, datetime | timedelta]) -> Life:
    """What was said how long after the start, and what the clock said then: an instant, or how far it was ahead."""
    words = []
    for number, (after, clock) in enumerate(said):
        made = START + after
        told = clock if isinstance(clock, datetime) else made + clock
        words.append(Said(number, made, told, made + SECOND))
    return Life(tuple(words))


def hourly(first: int, last: int, clock: timedelta) -> list[tuple[timedelta, timedelta]]:
    """A word each hour, from one hour to another, by a clock so far ahead."""
    return [(hour * HOUR, clock) for hour in range(first, last + 1)]


def seen(temperature: str, *but: str) -> View:
    """What is seen of a thermostat of which all is well, but for what is said."""
    return View("silent" in but, temperature, "clock wrong" in but)


RIGHT = timedelta(0)
YEARS_AHEAD = datetime(2041, 5, 21, 8, tzinfo=UTC) - START
YEARS_BEHIND = datetime(2000, 1, 1, tzinfo=UTC) - START
NAMED: dict[str, tuple[Life, timedelta, View]] = {
    # name: what was said, when somebody looks, what is to be seen
    "right": (life(*hourly(1, 30, RIGHT)), 30 * HOUR, seen("12.9")),
    "silent": (life(*hourly(1, 30, RIGHT)), 55 * HOUR, seen("12.9", "silent")),
    "fifteen years ahead": (life(*hourly(1, 30, YEARS_AHEAD)), 30 * HOUR, seen("12.9", "clock wrong")),
    "fifteen years ahead, and silent": (
        life(*hourly(1, 30, YEARS_AHEAD)),
        55 * HOUR,
        seen("12.9", "silent", "clock wrong"),
    ),
    "fifteen years ahead, mended": (
        life(*hourly(1, 30, YEARS_AHEAD), *hourly(31, 35, RIGHT)),
        35 * HOUR,
        seen("13.4"),
    ),
    "one word from the end of time among right ones": (
        life(*hourly(1, 30, RIGHT), (30.5 * HOUR, LAST), *hourly(31, 35, RIGHT)),
        35 * HOUR,
        seen("13.5"),
    ),
    "the end of time, then fifteen years ahead": (
        life((HOUR, LAST), *hourly(2, 30, YEARS_AHEAD)),
        30 * HOUR,
        seen("12.9", "clock wrong"),
    ),
    "the first and only word, from year 1": (life((HOUR, FIRST)), 2 * HOUR, seen("10.0", "clock wrong")),
    "reset to 2000 after a right life": (
        life(*hourly(1, 30, RIGHT), *hourly(31, 60, YEARS_BEHIND)),
        60 * HOUR,
        seen("15.9", "clock wrong"),
    ),
    "reset to 2000, a first word": (
        life(*hourly(1, 30, RIGHT), *hourly(31, 31, YEARS_BEHIND)),
        31.5 * HOUR,
        seen("12.9", "clock wrong"),
    ),
    "reset to 2000, mended": (
        life(*hourly(1, 30, RIGHT), *hourly(31, 60, YEARS_BEHIND), *hourly(61, 62, RIGHT)),
        62 * HOUR,
        seen("16.1"),
    ),
    "a month behind, in the middle of what was said then": (
        life(*hourly(1, 800, RIGHT), *hourly(801, 830, -30 * DAY)),
        830 * HOUR,
        seen("42.9", "clock wrong"),
    ),
    "two days behind, since a day": (
        life(*hourly(1, 30, RIGHT), *hourly(31, 54, -2 * DAY)),
        54 * HOUR,
        seen("12.9"),
    ),
    "two days behind, since two days": (
        life(*hourly(1, 30, RIGHT), *hourly(31, 77, -2 * DAY)),
        77 * HOUR,
        seen("17.6", "clock wrong"),
    ),
    "two days behind for long": (
        life(*hourly(1, 30, RIGHT), *hourly(31, 150, -2 * DAY)),
        150 * HOUR,
        seen("24.9"),
    ),
    "two days behind, mended": (
        life(*hourly(1, 30, RIGHT), *hourly(31, 60, -2 * DAY), *hourly(61, 61, RIGHT)),
        61 * HOUR,
        seen("16.0"),
    ),
    "a day ahead after a word two days late": (
        life((2 * SECOND, RIGHT), (2 * DAY, -2 * DAY), (2 * DAY + SECOND, DAY)),
        9 * DAY,
        seen("10.2", "silent", "clock wrong"),
    ),
    "six days behind after a word an hour ahead": (
        life((SECOND, RIGHT), (4 * DAY, HOUR), (4 * DAY + SECOND, -6 * DAY)),
        4 * DAY + 5 * HOUR,
        seen("10.2", "clock wrong"),
    ),
    "three days ahead and dead": (life(*hourly(1, 30, 3 * DAY)), 100 * HOUR, seen("12.9", "silent", "clock wrong")),
}


@pytest.mark.parametrize("name", NAMED)
def test_what_is_seen_of_a_clock_that_is(name: str) -> None:
    told, after, right = NAMED[name]
    judge(replace(told, looks=(START + after + MINUTE,)))
    home = Home()
    for said in told.said:
        home.take(said, said.arrived)
    assert home.dashboard(START + after + MINUTE) == right
