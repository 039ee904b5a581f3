"""The directory: each thermostat once, wherever it hangs, under a name that can be shown, whatever an answer lacks."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.legrand.account.faults import Fault
from sandbox.legrand.pushes import wire
from smarther.domain.readings.names import LONGEST
from smarther.keeper.plants import Plants
from smarther.keeper.thermostats.silent_thermostats import SilenceCheck
from smarther.keeper.webhook.repair_subscriptions import Subscriptions
from smarther.store.keeper_items import KeeperNotes
from smarther.store.listings import Listings
from smarther.store.past.history import History
from smarther.store.table import Table
from tests.support import deployed
from tests.support.world import World

if TYPE_CHECKING:
    from smarther.domain.readings.latest import StoredReading

INPUTS = Path(__file__).resolve().parents[3] / "shared" / "inputs"
DAY = timedelta(days=1)
LACKING: list[dict[str, Any]] = [
    {"place": ("plant", "modules"), "value": []},
    {"place": ("plant", "modules"), "value": None},
    {"place": ("plant", "modules"), "missing": True},
    {"status": 204, "body": ""},
    {"status": 404},
]


@pytest.fixture(autouse=True)
def _no_network(socket_disabled: None) -> None:
    """One process is enough."""


@pytest.fixture
def world() -> World:
    """A deployment that nobody has touched; each thermostat of its two plants said something lately."""
    return World(in_memory=True)


@pytest.fixture
def home(world: World) -> World:
    """Configured, consented, subscribed."""
    world.configure()
    assert world.consent().outcome == "healthy"
    return world


def newest_reading(home: World, module_id: str) -> StoredReading | None:
    """What a thermostat said last, by its own clock."""
    return next(iter(History(Table(home.dynamodb, deployed.TABLE)).newest(module_id, limit=1)), None)


def spoil(world: World, operation: str, status: int | None = None, **more: Any) -> None:
    world.provider.faults.add(Fault(operation, status, **more))


def asked(world: World) -> list[str]:
    """The plants for whose topology the stand-in is asked in a run."""
    world.effects.names.clear()
    world.run()
    return [name.split("/")[-2] for name in world.effects.names if name.endswith("/topology")]


def whereabouts(world: World) -> dict[str, str]:
    """Each thermostat's plant."""
    return {module.module_id: module.plant_id for module in Listings(world.table).directory().modules.values()}


def truth(world: World) -> dict[str, str]:
    return {module.id: plant.id for plant in world.provider.homes.plants.values() for module in plant.modules}


def names(world: World) -> dict[str, str | None]:
    return {module.module_id: module.name for module in Listings(world.table).directory().modules.values()}


def a_day_later(world: World) -> Any:
    """The run in which names are due; everybody has spoken meanwhile."""
    world.later(DAY)
    for module_id, plant_id in whereabouts(world).items():
        speak(world, plant_id, module_id)
    return world.run()


def speak(world: World, plant_id: str, module_id: str) -> None:
    now = world.clock.now()
    item = {"pk": f"MODULE#{module_id}", "sk": f"READING#{now.isoformat()}", "plant_id": plant_id, "source": "push"}
    item |= {"module_id": module_id, "time": now.isoformat(), "received_at": now.isoformat()}
    world.dynamodb.put_item(TableName="readings", Item={name: {"S": value} for name, value in item.items()})


# ---- a thermostat


@pytest.mark.shows("thermostat moves")
@pytest.mark.parametrize("old", [0, 1])
@pytest.mark.parametrize("others_stay", [True, False])
def test_a_thermostat_that_moves_is_in_its_new_plant_at_once_and_leaves_the_old_one(
    old: int, *, others_stay: bool
) -> None:
    home = World(modules=4, in_memory=True)
    home.configure()
    home.consent()
    plants = [home.provider.homes.plants[each] for each in home.plant_ids]
    moved = plants[old].modules if not others_stay else plants[old].modules[:1]
    for module in moved:
        home.provider.homes.move(module.id, plants[1 - old].id)

    assert a_day_later(home).outcome == "healthy"
    assert whereabouts(home) == truth(home)
    home.later()
    assert asked(home) == [plants[old].id]
    assert {(plant, module) for module, plant in truth(home).items()} == set(Listings(home.table).directory().listed)
    home.later()
    assert asked(home) == []


def test_a_thermostat_that_moves_away_and_back_is_where_it_was(home: World) -> None:
    first, second = (home.provider.homes.plants[each] for each in home.plant_ids)
    for plant in (second, first):
        home.provider.homes.move(first.modules[0].id, plant.id)
        a_day_later(home)
        for _ in range(2):
            home.later()
            home.run()
        assert set(Listings(home.table).directory().listed) == {
            (plant, module) for module, plant in truth(home).items()
        }


def test_a_thermostat_that_two_plants_list_is_one_and_stays_where_it_appeared_last(home: World) -> None:
    first, second = (home.provider.homes.plants[each] for each in home.plant_ids)
    twice = wire.topology_answer(first)
    twice["plant"]["modules"] += wire.topology_answer(second)["plant"]["modules"]
    spoil(home, "topology", 200, body=twice, about=first.id, times=None)

    for _ in range(3):
        assert a_day_later(home).outcome == "healthy"
        home.later()
        assert asked(home) == []
        assert set(whereabouts(home).values()) == {first.id}
        assert len(whereabouts(home)) == 3


def test_one_that_is_no_longer_listed_goes_when_it_is_missing_twice(home: World) -> None:
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) > 1)
    gone = plant.modules[0].id
    spoil(home, "topology", place=("plant", "modules", 0), missing=True, about=plant.id, times=2)

    a_day_later(home)
    assert gone in whereabouts(home)
    home.later()
    assert asked(home) == [plant.id]
    assert gone not in whereabouts(home)
    home.later()
    assert asked(home) == []


def test_of_a_plant_that_leaves_nothing_is_remembered(home: World) -> None:
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) > 1)
    spoil(home, "topology", place=("plant", "modules", 0), missing=True, about=plant.id)
    a_day_later(home)
    assert plant.id in KeeperNotes(home.table).memory().absent_modules
    home.provider.remove_plant(plant.id)
    for _ in range(3):
        home.later()
        home.run()

    memory = KeeperNotes(home.table).memory()
    assert plant.id not in memory.absent_modules
    assert not {plant.id} & (memory.ask_again | memory.absent_plants)


def test_one_that_is_missing_once_stays(home: World) -> None:
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) > 1)
    for _ in range(3):
        spoil(home, "topology", place=("plant", "modules", 0), missing=True, about=plant.id)
        a_day_later(home)
        home.later()
        assert asked(home) == [plant.id]
        assert whereabouts(home) == truth(home)


def test_a_rename_is_heard_within_a_day(home: World) -> None:
    plant = home.provider.homes.plants[home.plant_ids[0]]
    home.provider.homes.rename(plant.id, "Nuovo nome")
    home.provider.homes.rename(plant.modules[0].id, "Studio")

    a_day_later(home)

    assert Listings(home.table).directory().plants[plant.id].name == "Nuovo nome"
    assert names(home)[plant.modules[0].id] == "Studio"


def test_what_an_earlier_version_left_listed_twice_is_cleaned_up(home: World) -> None:
    """It knew a thermostat by its id alone, and never took the old listing of one that had moved away."""
    first, second = (home.provider.homes.plants[each] for each in home.plant_ids)
    stale = first.modules[0].id
    item = {"pk": "DIRECTORY", "sk": f"MODULE#{second.id}#{stale}", "plant_id": second.id, "module_id": stale}
    item |= {"name": "Bagno", "device": "chronothermostat", "known_since": "2025-11-01T06:30:00Z"}
    home.dynamodb.put_item(TableName="readings", Item={name: {"S": value} for name, value in item.items()})

    assert whereabouts(home) == truth(home)
    a_day_later(home)
    home.later()
    home.run()
    assert (second.id, stale) not in Listings(home.table).directory().listed
    assert whereabouts(home) == truth(home)


# ---- ids in another case


def test_ids_of_a_topology_may_change_their_case_from_day_to_day(home: World) -> None:
    plant = home.provider.homes.plants[home.plant_ids[0]]
    before = Listings(home.table).directory().listed
    for spelling in (str.upper, str.title, str.lower):
        odd = wire.topology_answer(plant)
        odd["plant"]["id"] = spelling(plant.id)
        for module in odd["plant"]["modules"]:
            module["id"] = spelling(module["id"])
        spoil(home, "topology", 200, body=odd, about=plant.id)
        assert a_day_later(home).outcome == "healthy"
        assert Listings(home.table).directory().listed == before
        home.later()
        assert asked(home) == []


def test_ids_of_plants_may_have_any_case_in_any_list(home: World) -> None:
    before, directory = home.provider.subscriptions.all(), Listings(home.table).directory()
    plants = [{"id": each.upper(), "name": home.provider.homes.plants[each].name} for each in home.plant_ids]
    entries = [{**entry.listed, "plantId": entry.plant_id.upper()} for entry in before]
    for operation, body in (("plants", {"plants": plants}), ("plants", {"plants": plants * 2}), ("list", entries)):
        spoil(home, operation, 200, body=body, times=3)
        for _ in range(3):
            home.later()
            report = home.run()
            assert (report.outcome, report.actions) in {("healthy", ()), ("healthy", ("tokens_renewed",))}
    assert home.provider.subscriptions.all() == before
    assert Listings(home.table).directory() == directory


@pytest.mark.shows("thermostat moves")
def test_a_thermostat_in_two_plants_under_two_spellings_is_one(home: World) -> None:
    first, second = (home.provider.homes.plants[each] for each in home.plant_ids)
    home.provider.homes.move(second.modules[0].id, first.id)
    odd = wire.topology_answer(home.provider.homes.plants[first.id])
    odd["plant"]["modules"][-1]["id"] = second.modules[0].id.upper()
    spoil(home, "topology", 200, body=odd, about=first.id, times=None)

    a_day_later(home)
    assert {module.casefold(): plant for module, plant in whereabouts(home).items()} == truth(home)


def test_a_thermostat_whose_readings_have_another_case_than_its_plants_list_is_found_by_its_readings(
    world: World,
) -> None:
    plant = next(iter(world.provider.homes.plants.values()))
    module_id = plant.modules[0].id
    odd = wire.topology_answer(plant)
    odd["plant"]["modules"][0]["id"] = module_id.upper()
    spoil(world, "topology", 200, body=odd, about=plant.id, times=None)
    world.configure()
    world.consent()
    assert module_id.upper() in whereabouts(world)

    speak(world, plant.id, module_id)
    for pause in (timedelta(minutes=30), DAY, DAY):
        world.later(pause)
        world.run()
        assert whereabouts(world) == truth(world)


def test_a_silent_thermostat_may_answer_in_another_case(home: World) -> None:
    plant = home.provider.homes.plants[home.plant_ids[0]]
    module_id = plant.modules[0].id
    spelled = ("chronothermostats", 0, "sender", "plant", "module", "id")
    spoil(home, "status", place=spelled, value=module_id.upper(), about=module_id)
    home.later(DAY)
    home.run()

    last = newest_reading(home, module_id)
    assert last is not None
    assert not last.pushed


# ---- an answer that lacks something


@pytest.mark.shows("topology without thermostats")
@pytest.mark.parametrize("lacking", LACKING, ids=str)
def test_an_answer_that_lacks_everything_lets_nothing_go_and_that_plant_is_asked_again(
    home: World, lacking: dict[str, Any]
) -> None:
    plant_id, before = home.plant_ids[0], Listings(home.table).directory()
    spoil(home, "topology", about=plant_id, **lacking)

    report = a_day_later(home)

    assert report.outcome == "degraded"
    assert any(trouble.startswith("topology: ") for trouble in report.troubles)
    assert Listings(home.table).directory().listed == before.listed
    assert Listings(home.table).directory().plants == before.plants
    home.later()
    assert asked(home) == [plant_id]
    home.later()
    assert asked(home) == []


@pytest.mark.parametrize("lacking", LACKING, ids=str)
def test_at_the_first_consent_it_costs_half_an_hour(world: World, lacking: dict[str, Any]) -> None:
    spoil(world, "topology", about=world.plant_ids[0], **lacking)
    world.configure()

    assert world.consent().outcome == "degraded"
    assert set(whereabouts(world).values()) == {world.plant_ids[1]}
    world.later()
    assert world.run().outcome == "healthy"
    assert whereabouts(world) == truth(world)


@pytest.mark.shows("topology without thermostats")
@pytest.mark.parametrize("lacking", LACKING, ids=str)
def test_one_that_lacks_it_again_and_again_lets_nothing_go_and_costs_a_call_a_day(
    home: World, lacking: dict[str, Any]
) -> None:
    plant_id = home.plant_ids[0]
    spoil(home, "topology", about=plant_id, times=None, **lacking)
    a_day_later(home)
    calls = [asked(home) for _ in range(5)]

    assert calls == [[plant_id], [], [], [], []]
    for _ in range(3):
        a_day_later(home)
        home.later()
        assert asked(home) == []
    assert whereabouts(home) == truth(home)


def test_a_plant_that_has_no_thermostats_is_no_trouble_once_that_is_known(home: World) -> None:
    plant = home.provider.add_plant("Box", [])
    assert home.run().outcome == "degraded"
    assert asked(home) == [plant.id]
    assert a_day_later(home).outcome == "healthy"
    assert asked(home) == []


@pytest.mark.shows("plant refuses")
@pytest.mark.parametrize(
    "refusal", [{"status": 500}, {"status": 403, "body": {"error": {}}}, {"status": 200, "body": "<html>"}], ids=str
)
def test_one_plant_that_refuses_makes_no_run_ask_for_the_others(home: World, refusal: dict[str, Any]) -> None:
    plant_id, other = home.plant_ids
    home.provider.homes.rename(home.provider.homes.plants[other].modules[0].id, "Studio")
    spoil(home, "topology", about=plant_id, times=None, **refusal)

    report = a_day_later(home)

    assert report.outcome == "degraded"
    assert {plant.subscription for plant in report.plants} == {"healthy"}
    assert "Studio" in names(home).values()
    for _ in range(3):
        home.later()
        assert set(asked(home)) == {plant_id}
    home.provider.faults.clear()
    home.later()
    assert (asked(home), asked(home)) == ([plant_id], [])


def test_a_part_that_cannot_be_read_takes_no_other_along(home: World) -> None:
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) > 1)
    home.provider.homes.rename(plant.modules[1].id, "Studio")
    spoil(home, "topology", place=("plant", "modules", 0, "id"), value={"odd": True}, about=plant.id, times=5)

    a_day_later(home)
    for _ in range(4):
        home.later()
        report = home.run()
        assert report.troubles == ("topology: a part of the answer cannot be read",)
    assert whereabouts(home) == truth(home)
    assert names(home)[plant.modules[1].id] == "Studio"
    home.later()
    assert home.run().outcome == "healthy"


def test_a_list_of_plants_of_which_a_part_cannot_be_read_lets_no_plant_go(home: World) -> None:
    before = home.provider.subscriptions.all()
    spoil(home, "plants", place=("plants", 0, "id"), value=None, times=4)
    for _ in range(4):
        home.later()
        report = home.run()
        assert report.troubles == ("plants: a part of the answer cannot be read",)
    assert home.provider.subscriptions.all() == before
    assert whereabouts(home) == truth(home)


def test_plants_and_thermostats_keep_their_names_when_an_answer_tells_none(home: World) -> None:
    before = Listings(home.table).directory()
    for plant_id in home.plant_ids:
        for place in (("plant", "name"), ("plant", "modules", 0, "name"), ("plant", "modules", 0, "device")):
            spoil(home, "topology", place=place, missing=True, about=plant_id)
    spoil(home, "plants", place=("plants", 0, "name"), missing=True, times=9)
    for _ in range(3):
        assert a_day_later(home).outcome == "healthy"
        assert Listings(home.table).directory().plants == before.plants
        assert Listings(home.table).directory().listed == before.listed


@pytest.mark.parametrize("device", ["odd", "", -1, [None]])
def test_a_thermostat_stays_one_whatever_an_answer_calls_it(home: World, device: Any) -> None:
    """Seed 42505: one odd answer, and for a day nobody was told that the thermostat is silent."""
    plant = home.provider.homes.plants[home.plant_ids[0]]
    spoil(home, "topology", place=("plant", "modules", 0, "device"), value=device, about=plant.id)
    home.later(DAY)

    silent = {each.module_id for each in home.run().silent}

    assert plant.modules[0].id in silent


@pytest.mark.parametrize("device", ["odd", "gateway"])
def test_what_is_no_thermostat_is_not_listened_to_and_becomes_one_when_an_answer_says_so(
    world: World, device: str
) -> None:
    plant = world.provider.homes.plants[world.plant_ids[0]]
    spoil(world, "topology", place=("plant", "modules", 0, "device"), value=device, about=plant.id, times=2)
    world.configure()
    world.consent()
    found = []
    for _ in range(2):
        world.later(DAY)
        found.append(plant.modules[0].id in {each.module_id for each in world.run().silent})

    assert found == [False, True]


def test_the_answer_about_another_plant_moves_nothing(home: World) -> None:
    first, second = (home.provider.homes.plants[each] for each in home.plant_ids)
    before = Listings(home.table).directory()
    spoil(home, "topology", 200, body=wire.topology_answer(second), about=first.id)

    report = a_day_later(home)

    assert report.troubles == ("topology: the answer is about another plant",)
    assert (Listings(home.table).directory().listed, Listings(home.table).directory().plants) == (
        before.listed,
        before.plants,
    )
    home.later()
    assert asked(home) == [first.id]


# ---- a name


@pytest.mark.shows("odd name")
@pytest.mark.parametrize(
    ("name", "shown"),
    [("Cucina \ud83d", "Cucina"), ("a\u2028b\x00\ufffe", "a b"), ("\u202eollaw", "ollaw"), ("x" * 400, "x" * 99 + "…")],
)
def test_any_name_is_stored_as_it_can_be_shown(world: World, name: str, shown: str) -> None:
    plant = next(iter(world.provider.homes.plants.values()))
    for any_id in (plant.id, plant.modules[0].id):
        world.provider.homes.rename(any_id, name)
    world.configure()

    report = world.consent()

    assert report.outcome == "healthy"
    assert KeeperNotes(world.table).report() == report
    assert shown in {each.name for each in report.plants}
    assert names(world)[plant.modules[0].id] == shown


@pytest.mark.parametrize("name", ["", " \t", "\ud83d", "\u200b"])
def test_a_name_that_shows_nothing_is_none(home: World, name: str) -> None:
    plant = home.provider.homes.plants[home.plant_ids[0]]
    for any_id in (plant.id, plant.modules[0].id):
        home.provider.homes.rename(any_id, name)

    assert a_day_later(home).outcome == "healthy"
    assert names(home)[plant.modules[0].id] is None
    assert Listings(home.table).directory().plants[plant.id].name is None


def test_a_name_is_written_once_and_not_every_day(home: World) -> None:
    plant = home.provider.homes.plants[home.plant_ids[0]]
    home.provider.homes.rename(plant.modules[0].id, "Cucina \ud83d")
    a_day_later(home)
    written: list[str] = []
    put = home.dynamodb.put_item

    def watched(*, Item: Any, **rest: Any) -> Any:  # noqa: N803 - AWS's name
        written.append(Item["sk"]["S"])
        return put(Item=Item, **rest)

    home.dynamodb.put_item = watched
    home.later(DAY)
    home.run()
    assert not [key for key in written if key.startswith(("MODULE#", "PLANT#"))]


# ---- a fault of our own


def broken(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, when: Any) -> None:
    """Have a method fail as no method should, for some of its calls."""
    work = getattr(owner, name)

    def failing(self: Any, *arguments: Any, **named: Any) -> Any:
        if when(*arguments):
            raise KeyError("planted")
        return work(self, *arguments, **named)

    monkeypatch.setattr(owner, name, failing)


@pytest.mark.shows("fault of our own in a run")
def test_a_fault_of_ours_with_one_plant_costs_neither_the_others_nor_the_report(
    home: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = home.plant_ids
    for entry in home.ours:
        home.provider.subscriptions.remove(entry.plant_id, entry.id)
    studio = home.provider.homes.plants[second].modules[0].id
    home.provider.homes.rename(studio, "Studio")
    broken(monkeypatch, Plants, "_learn", lambda _, plant: plant.plant_id == first)
    broken(monkeypatch, Subscriptions, "_subscribe", lambda plant_id: plant_id == first)
    broken(monkeypatch, SilenceCheck, "_store_news", lambda module, *_: module.plant_id == first)
    issued = home.provider.login.newest_refresh_token
    home.later(DAY)

    with pytest.raises(ExceptionGroup, match="faults of the recorder itself") as raised:
        home.run()

    assert {type(fault) for fault in raised.value.exceptions} == {KeyError}
    report = KeeperNotes(home.table).report()
    assert report is not None
    assert report.at == f"{home.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert report.outcome == "degraded"
    assert {trouble for trouble in report.troubles if "fault of the recorder" in trouble} == {
        f"{what}: a fault of the recorder itself (KeyError)" for what in ("topology", "subscribe", "status")
    }
    subscription_states = {plant.plant_id: plant.subscription for plant in report.plants}
    assert subscription_states == {first: "missing", second: "created"}
    assert names(home)[studio] == "Studio"
    assert newest_reading(home, studio) is not None
    assert issued != home.provider.login.newest_refresh_token == home.tokens()["refresh_token"]
    monkeypatch.undo()
    home.later()
    assert home.run().outcome == "healthy"
    assert whereabouts(home) == truth(home)


@pytest.mark.shows("fault of our own in a run")
@pytest.mark.parametrize("name", ["wanted", "refresh"])
def test_a_fault_of_ours_anywhere_leaves_a_report_and_the_tokens(
    home: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    broken(monkeypatch, Plants, name, lambda *_: True)
    home.later(DAY)

    with pytest.raises(ExceptionGroup):
        home.run()

    report = KeeperNotes(home.table).report()
    assert report is not None
    assert (report.outcome, report.actions[:1]) == ("degraded", ("tokens_renewed",))
    assert home.provider.login.newest_refresh_token == home.tokens()["refresh_token"]
    monkeypatch.undo()
    assert home.run().outcome == "healthy"


# ---- the inputs


@pytest.fixture
def given() -> Path:
    if not INPUTS.is_dir():
        pytest.skip("the inputs are not beside the project")
    return INPUTS


def test_the_input_of_a_thermostat_that_moved_ends_with_one_in_its_new_plant(world: World, given: Path) -> None:
    document = json.loads((given / "topology-moved.json").read_text())
    after = document["plants in the order of the keeper (by id)"]
    module_id, old = document["before"].split()[0], document["before"].split()[-1]
    plants = [{"id": plant_id, "name": answer["plant"]["name"]} for plant_id, answer in after.items()]
    spoil(world, "plants", 200, body={"plants": plants}, times=None)
    spoil(world, "subscribe", 201, body={"subscriptionId": "x"}, times=None)
    for plant in plants:
        here = [{"device": "chronothermostat", "id": module_id, "name": "Bagno"}] if plant["id"] == old else []
        spoil(world, "topology", 200, body={"plant": {**plant, "modules": here}}, about=plant["id"])
    world.configure()
    world.consent()
    assert whereabouts(world) == {module_id: old}
    for plant_id, answer in after.items():
        spoil(world, "topology", 200, body=answer, about=plant_id, times=None)

    (new,) = after.keys() - {old}
    a_day_later(world)
    assert whereabouts(world) == {module_id: new}
    for _ in range(2):
        world.later()
        world.run()
    assert list(Listings(world.table).directory().listed) == [(new, module_id)]


def test_the_input_of_an_empty_topology_lets_nothing_go(home: World, given: Path) -> None:
    body = json.loads((given / "topology-empty-once.json").read_text())
    spoil(home, "topology", 200, body=body, about=home.plant_ids[0])

    assert a_day_later(home).outcome == "degraded"
    assert whereabouts(home) == truth(home)
    home.later()
    assert asked(home) == [home.plant_ids[0]]


def test_the_input_of_half_an_emoji_is_a_thermostat_with_a_name(home: World, given: Path) -> None:
    body = json.loads((given / "topology-half-emoji.json").read_text())
    plant = next(plant for plant in home.provider.homes.plants.values() if len(plant.modules) == 1)
    module_id = plant.modules[0].id
    body["plant"]["id"], body["plant"]["modules"][0]["id"] = plant.id, module_id
    spoil(home, "topology", 200, body=body, about=plant.id)

    report = a_day_later(home)

    assert KeeperNotes(home.table).report() == report
    assert names(home)[module_id] == "Cucina"


def test_each_name_of_the_inputs_is_stored_and_reported(home: World, given: Path) -> None:
    odd = json.loads((given / "names.json").read_text())
    plant = home.provider.homes.plants[home.plant_ids[0]]
    for name in odd.values():
        home.provider.homes.rename(plant.id, name)
        home.provider.homes.rename(plant.modules[0].id, name)
        report = a_day_later(home)
        assert report.outcome == "healthy"
        assert KeeperNotes(home.table).report() == report
        stored = names(home)[plant.modules[0].id]
        assert stored is None if not name.strip() else 0 < len(stored or "") <= LONGEST


def test_the_inputs_of_headers_and_refusals_pause_for_minutes(home: World, given: Path) -> None:
    forbidden = json.loads((given / "forbidden-not-quota.json").read_text())
    header = (given / "retry-after.txt").read_text().split("Retry-After: ")[1].strip()
    for fault in (Fault("list", 403, forbidden), Fault("list", 503, headers={"Retry-After": header}, times=2)):
        home.provider.faults.add(fault)
        report = home.run()
        assert report.outcome == "degraded"
        assert report.paused_until is not None
        assert {plant.subscription for plant in report.plants} == {"unknown"}
        home.provider.faults.clear()
        home.later(timedelta(minutes=61))
        assert home.run().outcome == "healthy"
