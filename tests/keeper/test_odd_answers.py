"""One odd thing in one answer of the provider costs nothing that stands beside it.

Two worlds alike from the same dice live the same days; in one of them one answer is odd in one place: any JSON there,
or nothing, any status, any header, any name. What is about other plants and thermostats, about tokens and about
subscriptions is the same in both, a report is always written, and a day later nothing tells the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from sandbox.legrand.account.faults import KNOWN, Fault
from sandbox.legrand.pushes import wire
from smarther.keeper.thermostats.program_names import MOST_ASKED
from smarther.store.keeper_items import KeeperNotes
from smarther.store.listings import Listings
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sandbox.legrand.account.faults import JsonPath
    from smarther.domain.keeper.keeper_report import Report

DAY = timedelta(days=1)

TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
"""Halves of emoji, control characters and noncharacters among it."""
ODD_TEXT = st.one_of(
    TEXT,
    st.sampled_from(["", " ", "null", "None", "\ud83d", "a\x00b", "\u202eollaw", "\ufffe", "x" * 3000, "../..", "#"]),
)
ODD_NUMBER = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -1, 0, 2**63, 1e308]))
ODD_JSON = st.one_of(
    st.none(),
    st.booleans(),
    ODD_NUMBER,
    ODD_TEXT,
    st.sampled_from([[], {}, [[]], [{}], [None], {"": None}, {"id": {}}]),
    st.recursive(st.none() | ODD_TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner)),
)
ODD_HEADER = st.one_of(
    st.sampled_from(
        [
            "9223372036854775807",
            "9" * 400,
            "-5",
            "1.5",
            "1e400",
            "nan",
            "soon",
            "",
            "0",
            "3600",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Fri, 31 Dec 9999 23:59:59 -2359",
            "Mon, 01 Jan 0001 00:00:00 +2359",
            "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
            "Wed, 14 Jan 2026 06:31:30 GMT",
            "@1767225600",
            "@999999999999999",
            "true",
        ]
    ),
    st.integers().map(str),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=12),
)
SHARED_LIMIT = 429
"""What it says of one call it says of all, so the others wait as well."""
HEADERS = ("Retry-After", "Deprecation", "Sunset")
FORBIDDEN_STATUS = 403
FORBIDDEN = {"error": {"code": 2, "message": "Invalid access token"}}
KEY_REFUSED = KNOWN["key_suspended"].body


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """One process is enough."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that both worlds' next run makes: what it is about, and its true answer."""

    operation: str
    about: str | None
    answer: Any


def calls_of(world: World) -> list[Call]:
    """Every call of a run on a day on which names are due and all thermostats are silent."""
    homes = world.provider.homes
    plants = list(homes.plants.values())
    calls = [
        Call("plants", None, wire.plants_answer(plants)),
        Call("list", None, [entry.listed for entry in world.provider.subscriptions.all()]),
        Call("token", None, dict.fromkeys(("access_token", "expires_in", "expires_on", "token_type", "scope"), "")),
    ]
    calls += [Call("topology", plant.id, wire.topology_answer(plant)) for plant in plants]
    calls += [
        Call("status", module.id, wire.status_answer(homes.snapshot(plant.id, module.id, homes.now), homes.zone))
        for plant in plants
        for module in plant.modules
    ]
    through = KeeperNotes(world.table).memory().programs_asked_through or ""
    modules = sorted((module.id, plant.id) for plant in plants for module in plant.modules if module.id > through)
    calls += [
        Call("programlist", module_id, wire.programs_answer(plant_id, module_id, homes.programs(plant_id, module_id)))
        for module_id, plant_id in modules[:MOST_ASKED]
    ]
    return calls


def places(document: Any, here: JsonPath = ()) -> Iterator[JsonPath]:
    """Every place of a document, the whole of it first."""
    yield here
    match document:
        case dict():
            inside = list(document.items())
        case list():
            inside = list(enumerate(document))
        case _:
            inside = []
    for step, value in inside:
        yield from places(value, (*here, step))


@st.composite
def faults(draw: st.DrawFn, world: World, operation: str) -> Fault:
    """One answer, odd in one place, in its status, or in a header."""
    call = draw(st.sampled_from([call for call in calls_of(world) if call.operation == operation]))
    kind = draw(st.sampled_from(["place", "place", "missing", "status", "header", "body"]))
    if kind in {"place", "missing"}:
        somewhere = [place for place in places(call.answer) if place or (kind == "place" and call.operation != "token")]
        place = draw(st.sampled_from(somewhere))
        value = None if kind == "missing" else draw(ODD_JSON)
        return Fault(call.operation, place=place, value=value, missing=kind == "missing", about=call.about)
    headers = draw(st.sampled_from([{}, *({name: draw(ODD_HEADER)} for name in HEADERS)]))
    if kind == "header":
        return Fault(call.operation, headers={"Retry-After": "soon", **headers}, about=call.about)
    status = draw(
        st.sampled_from([204, 301, 400, 401, 403, 404, 408, 409, 410, 418, 429, 430, 469, 470, 486, 500, 503, 599])
    )
    body = draw(
        st.sampled_from([FORBIDDEN, KEY_REFUSED, "", "<html>", "null", "{", "\ud83d"])
        | ODD_JSON.filter(lambda j: j is not None)
    )
    if kind == "body" and call.operation != "token":
        status = 200
    if call.operation == "token" and status < 400:
        status = 500
    return Fault(call.operation, status, body, headers, about=call.about, times=draw(st.integers(1, 2)))


def changed_by(fault: Fault, world: World) -> set[str]:
    """The ids of the plants and thermostats that an odd answer is about."""
    place = fault.place or ()
    plants = list(world.provider.homes.plants.values())
    match fault.operation, place:
        case "topology", ("plant", "modules", int(step), *_):
            modules = next(plant for plant in plants if plant.id == fault.about).modules
            return {fault.about or "", modules[step].id}
        case "plants", ("plants", int(step), *_):
            return {plants[step].id}
        case "list", (int(step), *_):
            return {world.provider.subscriptions.all()[step].plant_id}
        case "status" | "programlist", _:
            holder = next(plant for plant in plants for module in plant.modules if module.id == fault.about)
            return {holder.id, fault.about or ""}
        case _:
            return {fault.about or ""}


def told_of_modules(world: World, but: Collection[str] = ()) -> dict[str, Any]:
    modules = Listings(world.table).directory().modules.values()
    return {each.module_id: (each.plant_id, each.name, each.device) for each in modules if each.module_id not in but}


def told_of_programs(world: World, but: Collection[str] = ()) -> dict[Any, str]:
    modules = Listings(world.table).directory().modules.values()
    return {
        (each.module_id, number): name
        for each in modules
        if each.module_id not in but
        for number, name in each.programs.items()
    }


def told_of_plants(world: World, but: Collection[str] = ()) -> dict[str, Any]:
    plants = Listings(world.table).directory().plants.values()
    return {each.plant_id: each.name for each in plants if each.plant_id not in but}


def subscribed(world: World) -> list[tuple[str, str]]:
    return sorted((entry.plant_id, entry.url) for entry in world.provider.subscriptions.all())


def subscription_states(report: Report, but: Collection[str] = ()) -> dict[str, str]:
    return {plant.plant_id: plant.subscription for plant in report.plants if plant.plant_id not in but}


def keeps_its_tokens(world: World) -> bool:
    """The newest refresh token is in Secrets Manager, pending or in force."""
    newest = world.provider.login.newest_refresh_token
    return any(each["refresh_token"] == newest for each in world.secrets.written["tokens"][-1:])


def within(part: dict[str, Any], whole: dict[str, Any]) -> bool:
    return part.items() <= whole.items()


def begun(names: list[str], seed: int, size: int) -> World:
    """A world in which all are subscribed and named, and a day has gone by in silence."""
    world = World(plants=2 + seed % 2, modules=size, seed=seed, in_memory=True)
    ids = [plant.id for plant in world.provider.homes.plants.values()]
    ids += [module.id for plant in world.provider.homes.plants.values() for module in plant.modules]
    for any_id, name in zip(ids, names, strict=False):
        world.provider.homes.rename(any_id, name)
    world.configure()
    assert world.consent().outcome == "healthy"
    world.later(DAY)
    return world


@pytest.mark.shows("odd answer")
@pytest.mark.parametrize("operation", ["token", "list", "plants", "topology", "status", "programlist"])
@given(data=st.data(), names=st.lists(ODD_TEXT, max_size=6), seed=st.integers(0, 99), size=st.integers(3, 5))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_one_odd_answer_costs_nothing_that_stands_beside_it(
    operation: str, data: st.DataObject, names: list[str], seed: int, size: int
) -> None:
    world, twin = begun(names, seed, size), begun(names, seed, size)
    before = told_of_modules(world), subscribed(world)
    fault = data.draw(faults(world, operation))
    event(f"{fault.operation} {'status' if fault.place is None else 'missing' if fault.missing else 'place'}")
    touched = changed_by(fault, world)
    world.provider.faults.add(fault)

    report, ordinary = world.run(), twin.run()

    assert KeeperNotes(world.table).report() == report
    assert keeps_its_tokens(world)
    assert world.provider.subscriptions.foreign_deleted == 0
    assert subscribed(world) == before[1]
    assert told_of_modules(world).keys() >= before[0].keys()
    assert within(told_of_modules(twin, touched), told_of_modules(world))
    assert within(told_of_plants(twin, touched), told_of_plants(world))
    if fault.operation == "programlist" and fault.place is not None:
        assert within(told_of_programs(twin, touched), told_of_programs(world))
    if fault.operation in {"topology", "status", "plants", "programlist"} and fault.status != SHARED_LIMIT:
        assert within(subscription_states(ordinary, touched), subscription_states(report))

    for each in (world, twin):
        each.provider.faults.clear()
        each.later(DAY + timedelta(hours=2))
        for _ in range(4):
            last = each.run()
            each.later()
        assert last.outcome == "healthy", last
    assert told_of_modules(world) == told_of_modules(twin)
    assert told_of_plants(world) == told_of_plants(twin)
    assert within(told_of_programs(twin), told_of_programs(world))
    assert subscribed(world) == subscribed(twin)
    assert keeps_its_tokens(world)


@pytest.mark.shows("plant refuses")
@given(
    status=st.none()
    | st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 409, 410, 418, 430, 469, 470, 486, 500, 503]),
    body=ODD_JSON,
    header=ODD_HEADER,
    times=st.integers(1, 4),
    after_effect=st.booleans(),
    seed=st.integers(0, 99),
    pick=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_plant_that_is_not_subscribed_well_costs_the_others_nothing(  # noqa: PLR0913 - what is drawn
    *, status: int | None, body: Any, header: str, times: int, after_effect: bool, seed: int, pick: int
) -> None:
    assume(status != FORBIDDEN_STATUS or (body is not None and str(body).strip()))  # without words it is the quota's
    world = begun([], seed, 4)
    for entry in world.ours:
        world.provider.subscriptions.remove(entry.plant_id, entry.id)
    odd = world.plant_ids[pick % len(world.plant_ids)]
    others = [plant_id for plant_id in world.plant_ids if plant_id != odd]
    more: dict[str, Any] = {"times": times, "after_effect": after_effect, "about": odd, "drop": status is None}
    world.provider.faults.add(Fault("subscribe", status, body, {"Retry-After": header}, **more))

    report = world.run()

    assert KeeperNotes(world.table).report() == report
    assert keeps_its_tokens(world)
    assert world.provider.subscriptions.foreign_deleted == 0
    assert {entry.plant_id for entry in world.ours} >= set(others)
    assert {subscription_states(report)[plant_id] for plant_id in others} == {"created"}
    world.provider.faults.clear()
    for _ in range(3):
        world.later()
        last = world.run()
    assert last.outcome == "healthy", last
    assert sorted((entry.plant_id, entry.url) for entry in world.ours) == [
        (plant_id, world.webhook_url) for plant_id in world.plant_ids
    ]
