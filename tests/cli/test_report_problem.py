"""`smarther report-problem`: a file with what is needed to find a fault, and nothing secret or personal."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smarther.domain.account.legrand_answers import Reason, Service, classify
from smarther.domain.keeper.keeper_memory import Memory
from smarther.domain.keeper.keeper_report import ModuleClock, PersonNeeded, PlantState, Report, SilentModule
from smarther.domain.keeper.provider_watch import ProviderMemory, ProviderSigns, ProviderState
from smarther.store.keeper_items import KeeperNotes
from smarther_cli import problem
from tests.cli.conftest import CLIENT_ID, CLIENT_SECRET, NOW, REGION, STACK, SUBSCRIPTION_KEY, report
from tests.e2e.secret_search import hits

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Home, Run

PLANT, MODULE = "b5e48d6f-cbad-2711-e053-27182d0ad74c", "1ee68d6f-46b7-8f11-e053-27182d0a846a"
PERSONAL = {
    "plant": [PLANT],
    "thermostat": [MODULE],
    "name": ["Casa della famiglia Rossi", "Cameretta di Giulia"],
    "mail": ["giulia.rossi@example.org"],
    "address": ["https://heating.rossi.example/x", "https://rossi-proxy.example/smarther"],
    "token": ["eyJhbGciOiJSUzI1NiIsImtpZCI6Ing1"],
    "webhook": ["w" * 43],
    "credentials": [CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY],
}
EVERYWHERE = " ".join(text for texts in PERSONAL.values() for text in texts)


def strange_answers() -> ProviderSigns:
    """Answers of every operation that say all of it, as values and as keys."""
    said = {
        "id": EVERYWHERE,
        EVERYWHERE: {"name": EVERYWHERE},
        **{text: 1 for texts in PERSONAL.values() for text in texts},
    }
    body = json.dumps({"plants": [said, [said]], "data": said}).encode()
    signs = ProviderSigns()
    for operation in ("token", "list", "plants", "topology", "subscribe", "unsubscribe", "status", EVERYWHERE):
        service = Service.LOGIN if operation == "token" else Service.API
        signs.note_answer(service, operation, classify(service, 418, {}, body, now=NOW), body)
    return signs


def planted_report() -> Report:
    """A report in every text of which stands all of it."""
    return report(
        outcome="needs_person",
        person=(PersonNeeded(reason=EVERYWHERE, do=EVERYWHERE), PersonNeeded(reason="provider_changed", do=EVERYWHERE)),
        troubles=(EVERYWHERE, f"list: {EVERYWHERE}", "list: strange (200)", f"{EVERYWHERE}: transient"),
        plants=(PlantState(plant_id=PLANT, name=EVERYWHERE, subscription="missing"),),
        actions=(
            f"subscription_created {PLANT}",
            f"gap_filled {MODULE}",
            EVERYWHERE,
            f"subscription_removed {PLANT} {PLANT}",
        ),
        silent=(
            SilentModule(
                plant_id=PLANT, module_id=MODULE, name=EVERYWHERE, since="2026-01-30T00:00:00Z", poll="failed"
            ),
        ),
        clocks=(ModuleClock(plant_id=PLANT, module_id=MODULE, name=EVERYWHERE, told=EVERYWHERE, at=EVERYWHERE),),
        left_out={EVERYWHERE: 3, "plants": 2},
        client_secret_ends_on="2026-12-01",
        provider=ProviderState(gone={EVERYWHERE: EVERYWHERE}, changed=(EVERYWHERE, "list"), announced=True),
    )


@pytest.fixture
def planted(home: Home) -> Home:
    """A stack with secrets, ids, names and addresses wherever one can stand."""
    home.configured()
    home.thermostat(MODULE, PERSONAL["name"][1], plant_id=PLANT, plant=PERSONAL["name"][0])
    home.stack.parameters |= {
        "PlantIds": PLANT,
        "AlarmEmail": PERSONAL["mail"][0],
        "PublicBaseUrl": PERSONAL["address"][0],
        "LegrandApiUrl": PERSONAL["address"][1],
        "GradualDeploys": "true",
        "AwsEndpointUrl": "",
    }
    provider = ProviderMemory().after(strange_answers(), NOW)
    KeeperNotes(home.table).keep_report(planted_report())
    KeeperNotes(home.table).remember(Memory(provider=provider, asked_through=PLANT, hosts=(EVERYWHERE, EVERYWHERE)))
    return home


@pytest.mark.shows("answer that nobody knows")
def test_nothing_secret_or_personal_is_in_it(planted: Home, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "problem.json"

    result = run("report-problem", "--output", str(path))

    assert result.exit_code == 0, result.output
    written = path.read_bytes()
    assert hits(PERSONAL, [("the file", written), ("the screen", result.stdout.encode())]) == []
    for word in (b"Rossi", b"rossi", b"Giulia", STACK.encode(), b"Cameretta"):
        assert word not in written.replace(b'"smarther-recorder": "', b"")


def test_the_search_would_find_it(planted: Home) -> None:
    found = KeeperNotes(planted.table).report()
    assert found is not None
    assert hits(PERSONAL, [("the report", found.model_dump_json().encode())])


def test_it_holds_what_mends_a_problem(planted: Home, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    run("report-problem", "--output", str(path))
    told = json.loads(path.read_text())

    assert told["versions"].keys() == {"smarther-recorder", "python", "system"}
    assert (told["stack"]["region"], told["thermostats"]) == (REGION, 1)
    parameters = told["stack"]["parameters"]
    assert parameters["KeeperRateMinutes"] == "30"
    assert parameters["GradualDeploys"] == "true"
    assert (parameters["AlarmEmail"], parameters["AwsEndpointUrl"]) == ("given", "empty")
    assert told["report"]["person"] == ["other", "provider_changed"]
    assert told["report"]["troubles"] == ["other", "list: other", "list: strange (200)", "other"]
    assert told["report"]["actions"] == [
        "subscription_created plant 1",
        "gap_filled thermostat 1",
        "other thermostat 1 other",
        "subscription_removed plant 1 other",
    ]
    assert told["report"]["plants"] == [{"plant": "plant 1", "subscription": "missing"}]
    assert told["report"]["provider"]["changed"] == ["other", "list"]
    assert told["metrics"]["SubscriptionsMissing"] == 1
    assert told["answers"].keys() == {
        *("token", "list", "plants", "topology", "subscribe", "unsubscribe", "status", "other")
    }
    form = json.loads(told["answers"]["list"]["form"])
    assert form["plants"][0]["id"] == "text"
    assert told["answers"]["list"]["status"] == 418


def test_a_stack_that_has_not_run_has_one_too(home: Home, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    told = json.loads(run("report-problem", "--json", "--output", str(path)).stdout)
    assert told["file"] == str(path)
    assert told["problem"] == json.loads(path.read_text())
    assert told["problem"]["report"] is None


def test_a_file_that_is_there_is_left_alone(home: Home, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    path.write_text("mine")
    result = run("report-problem", "--output", str(path))
    assert result.exit_code == 2
    assert path.read_text() == "mine"


MARK = "Zanzibar9"
TEXTS = st.sampled_from(
    [MARK, f"list: {MARK}", f"{MARK}: transient", f"gap_filled {MARK}", f"tokens_renewed {MARK} {MARK}"]
)
REASONS = st.sampled_from([*Reason, MARK])


@given(
    troubles=st.lists(TEXTS, max_size=3),
    actions=st.lists(TEXTS, max_size=3),
    reason=REASONS,
    text=TEXTS,
    silent=st.booleans(),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_report_says_of_its_own_is_told_as_other(
    *, troubles: list[str], actions: list[str], reason: str, text: str, silent: bool
) -> None:
    said: Any = report(
        NOW - timedelta(hours=1),
        troubles=tuple(troubles),
        actions=tuple(actions),
        person=(PersonNeeded(reason=reason, do=text),),
        plants=(PlantState(plant_id=text, name=text, subscription="healthy"),),
        silent=(SilentModule(plant_id=text, module_id=text, since=text, poll="before"),) if silent else (),
        paused_until=text,
        client_secret_ends_on="2026-12-01",
    )
    assert MARK not in json.dumps(problem.report_part(said), default=str)
