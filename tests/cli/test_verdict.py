"""The one rule of whether all is well, and that every command goes by it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.keeper.incidents import Cause, Incident
from smarther.domain.keeper.keeper_report import PersonNeeded, PlantState, Report, SilentModule, TokenState
from smarther.store.keeper_items import KeeperNotes
from smarther_cli.commands.account import authorize
from smarther_cli.doctor.examination import CHECKS
from smarther_cli.doctor.facts import LastReport
from smarther_cli.doctor.finding import worst
from smarther_cli.errors import Status
from smarther_cli.verdict import Backlog, Health, judge
from tests.cli.conftest import NOW, Home, Run, report

if TYPE_CHECKING:
    from smarther_cli.doctor.finding import Finding

MISSING: Final = PlantState(plant_id="plant-1", name="Home", subscription="missing")
UNKNOWN: Final = PlantState(plant_id="plant-1", name="Home", subscription="unknown")
SILENT: Final = SilentModule(
    plant_id="plant-1", module_id="m", name="Attic", since="2026-01-01T00:00:00Z", poll="no_news"
)


def needs(*reasons: Reason, **told: Any) -> Report:
    person = tuple(PersonNeeded(reason=each.value, do=each.remedy) for each in reasons)
    return report(outcome="needs_person", person=person, **told)


def happened(cause: Cause, *module_ids: str, changed: bool = False) -> Incident:
    return Incident(
        cause=cause,
        since=NOW - timedelta(days=1),
        plant_ids=("plant-1",) if module_ids else (),
        module_ids=module_ids,
        of=4,
        changed=changed,
    )


STATES: Final = {
    "nothing is wrong": (report(), Status.FINE),
    "newly subscribed": (report(plants=(MISSING.model_copy(update={"subscription": "created"}),)), Status.FINE),
    "a plant is not subscribed": (report(outcome="degraded", plants=(MISSING,)), Status.FAILED),
    "nobody could look": (report(outcome="degraded", plants=(UNKNOWN,)), Status.FAILED),
    "no plant is known": (report(plants=()), Status.FAILED),
    "a call came to nothing": (report(outcome="degraded", troubles=("list: transient (500)",)), Status.FAILED),
    "calls are paused": (report(outcome="degraded", paused_until="2026-02-01T00:00:00Z"), Status.FAILED),
    "a thermostat is silent": (report(silent=(SILENT,)), Status.FAILED),
    **{
        f"an incident: {cause}": (report(incidents=(happened(cause, "m"),), silent=(SILENT,)), Status.FAILED)
        for cause in Cause
    },
    "Legrand lists no plant": (needs(Reason.NO_PLANT, plants=()), Status.PERSON_NEEDED),
    "consent has ended": (needs(Reason.CONSENT_EXPIRED), Status.PERSON_NEEDED),
    "a birthday comes near": (needs(Reason.CLIENT_SECRET_BIRTHDAY), Status.PERSON_NEEDED),
}
STATE: Final = pytest.mark.parametrize(("told", "status"), STATES.values(), ids=STATES)


@STATE
def test_the_rule(told: Report, status: Status) -> None:
    assert judge(told).status is status


@STATE
def test_each_command_leaves_with_the_status_of_the_rule(
    home: Home, run: Run, monkeypatch: pytest.MonkeyPatch, told: Report, status: Status
) -> None:
    """The verdict on a report is the same for status, keeper run and authorize."""
    consented = told.model_copy(update={"consent": "accepted"})
    monkeypatch.setattr(authorize, "wait_for", lambda *_: consented)
    home.configured()
    KeeperNotes(home.table).keep_report(told)
    home.keeper_answers(told)
    # Whom the report calls silent is in the directory; by the table that thermostat never spoke.
    for module in told.silent:
        home.thermostat(module.module_id, module.name or "")

    for command in (("status",), ("keeper", "run"), ("authorize",)):
        for form in ((), ("--json",)):
            result = run(*command, *form)
            assert result.exit_code == status, (command, result.output)


@STATE
def test_the_doctor_goes_by_the_rule_too(told: Report, status: Status) -> None:
    found: list[Finding] = [
        each.judge(LastReport(report=told)) for each in CHECKS if each.question.__name__ == "standing"
    ]
    assert found
    # 1 goes before 3 there, because it asks how the stack is.
    assert worst(found) in ({status} if status is not Status.PERSON_NEEDED else {status, Status.FAILED})


@pytest.mark.parametrize("waiting", [Backlog(quarantine=1), Backlog(quarantine=6), Backlog(dead_letters=1)])
def test_what_waits_outside_the_table_is_not_well(waiting: Backlog) -> None:
    assert judge(report(), waiting=waiting).status is Status.FAILED
    assert judge(None, waiting=waiting).status is Status.FAILED


REPORTS = st.builds(
    Report,
    at=st.just(NOW.isoformat()),
    outcome=st.sampled_from(["healthy", "degraded", "needs_person", "busy"]),
    person=st.lists(st.builds(PersonNeeded, reason=st.sampled_from(list(Reason)), do=st.just("x")), max_size=2),
    troubles=st.lists(st.just("list: 500"), max_size=1),
    plants=st.lists(
        st.builds(
            PlantState,
            plant_id=st.sampled_from(["a", "b"]),
            name=st.sampled_from([None, "Home", "\x1b[2J"]),
            subscription=st.sampled_from(["healthy", "created", "remade", "missing", "unknown"]),
        ),
        max_size=3,
    ),
    tokens=st.sampled_from([None, TokenState(expires_at=1)]),
    silent=st.sampled_from([(), (SILENT,)]),
)


@given(told=REPORTS, quarantine=st.integers(0, 2), dead_letters=st.integers(0, 2))
def test_nothing_that_is_not_as_it_should_be_is_called_well(told: Report, quarantine: int, dead_letters: int) -> None:
    verdict = judge(told, waiting=Backlog(quarantine=quarantine, dead_letters=dead_letters))

    recorded = bool(told.plants) and all(each.subscription in {"healthy", "created", "remade"} for each in told.plants)
    faultless = told.outcome in {"healthy", "needs_person"} and not (told.person or told.troubles or told.silent)
    if verdict.word is Health.WELL:
        assert faultless
        assert recorded or told.tokens is None
        assert not quarantine + dead_letters
    assert (verdict.word is Health.PERSON_NEEDED) == bool(told.person)
    assert len(verdict.reasons) == len(verdict.person) + len(verdict.problems)
    assert all(each.do and each.says for each in verdict.problems)
    assert "\n" not in verdict.text()


# ---- whose fault it is


def test_what_many_share_is_told_once_with_its_evidence_and_what_to_do() -> None:
    """And the silence of each of them is not told beside it."""
    told = judge(
        report(incidents=(happened(Cause.PUSHES_STOPPED, "m", "n", changed=True),), silent=(SILENT,)),
    )

    (problem,) = told.problems
    assert told.text() == "not all is well: Legrand has stopped pushing"
    assert problem.evidence.startswith("2 of 4 thermostats have pushed nothing since ")
    assert problem.evidence.endswith(" Thermostats that were asked had changed without a push.")
    assert problem.do.startswith("Nothing: wait.")
    assert told.document()["incidents"] == [
        {
            "cause": "pushes_stopped",
            "since": NOW - timedelta(days=1),
            "plant_ids": ["plant-1"],
            "module_ids": ["m", "n"],
            "says": "Legrand has stopped pushing",
            "evidence": problem.evidence,
            "do": problem.do,
        }
    ]


def test_an_api_that_is_out_of_order_explains_what_came_to_nothing() -> None:
    """One remedy and not three: the keeper's last run had troubles, and found no subscription."""
    told = judge(
        report(
            incidents=(happened(Cause.API),), outcome="degraded", troubles=("list: transient (503)",), plants=(UNKNOWN,)
        )
    )

    assert told.reasons == ("api",)


def test_a_thermostat_that_was_heard_after_the_keepers_run_is_no_longer_at_fault() -> None:
    said = report(incidents=(happened(Cause.THERMOSTAT, "m"),), silent=(SILENT,))

    assert judge(said).reasons == ("silent",)
    assert judge(said, silent={}).word is Health.WELL
    assert judge(said, silent={"m": "Attic"}).text() == "not all is well: Attic is not heard"
    assert judge(said, silent={"n": "Bath"}).reasons == ("silent",)
