"""Whether all is well: the one rule that gives a verdict, its reasons and the exit status.

It judges the keeper's report, the silence of thermostats, and what waits outside the table. A caller that knows less,
as a single run of the keeper, gives less. A reason that needs a person comes first, because most other trouble ends
once that person has acted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from smarther.domain.keeper.incidents import SILENCE_CAUSES, Cause, without_recovered
from smarther.drawing.incident_text import incident_text
from smarther_cli.errors import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from smarther.domain.keeper.incidents import Incident
    from smarther.domain.keeper.keeper_report import PersonNeeded, Report

_KEEPER_TRIES: Final = "The keeper tries again by itself, within half an hour; `smarther keeper run` does so now."
_NO_ANSWER: Final = frozenset({Cause.LOGIN, Cause.API})
_NEWER_VERSION: Final = "Look for a newer version of the recorder: docs/running/runbook.md#the-provider-changes."
_BY_THEMSELVES: Final = "`smarther history` shows what they said last. Have they power, and their gateway a network?"


class ProblemName(StrEnum):
    """The names for programs of problems that are neither a `Reason` nor a `Cause`."""

    BUSY = "busy"
    CREDENTIALS_CHANGED = "credentials_changed"
    DEAD_LETTERS = "dead_letters"
    KEEPER_SILENT = "keeper_silent"
    NO_PLANT = "no_plant"
    NOT_SUBSCRIBED = "not_subscribed"
    PROVIDER_ENDS = "provider_ends"
    QUARANTINE = "quarantine"
    SILENT = "silent"
    SUBSCRIPTION_UNKNOWN = "subscription_unknown"
    TROUBLE = "trouble"


class Health(StrEnum):
    """The verdict as a word for programs."""

    WELL = "well"
    NOT_WELL = "not_well"
    PERSON_NEEDED = "person_needed"

    @property
    def status(self) -> Status:
        """The exit status of the verdict."""
        return _STATUSES[self]

    @property
    def words(self) -> str:
        """The verdict in words for people."""
        return _WORDS[self]


_STATUSES: Final = {
    Health.WELL: Status.FINE,
    Health.NOT_WELL: Status.FAILED,
    Health.PERSON_NEEDED: Status.PERSON_NEEDED,
}
_WORDS: Final = {
    Health.WELL: "all is well",
    Health.NOT_WELL: "not all is well",
    Health.PERSON_NEEDED: "a person is needed",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem: its name for programs (a `ProblemName` or a `Cause`), what is wrong, what to do, and the evidence."""

    reason: str
    says: str
    do: str
    evidence: str = ""
    incident: Incident | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits outside the table: bodies in quarantine, and dead letters."""

    quarantine: int = 0
    dead_letters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The reasons that need a person, and all other problems."""

    person: tuple[PersonNeeded, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def word(self) -> Health:
        """The verdict as a word."""
        if self.person:
            return Health.PERSON_NEEDED
        return Health.NOT_WELL if self.problems else Health.WELL

    @property
    def status(self) -> Status:
        """The exit status."""
        return self.word.status

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons, by their names for programs."""
        return (*(each.reason for each in self.person), *(each.reason for each in self.problems))

    def text(self) -> str:
        """In one line, for people."""
        told = [*(each.reason.replace("_", " ") for each in self.person), *(each.says for each in self.problems)]
        return self.word.words + (f": {'; '.join(told)}" if told else "")

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "word": self.word.value,
            "reasons": list(self.reasons),
            "incidents": [
                {
                    "cause": found.cause.value,
                    "since": found.since,
                    "plant_ids": list(found.plant_ids),
                    "module_ids": list(found.module_ids),
                    "says": each.says,
                    "evidence": each.evidence,
                    "do": each.do,
                }
                for each in self.problems
                if (found := each.incident) is not None
            ],
        }


def judge(
    report: Report | None,
    *,
    person: Iterable[PersonNeeded] | None = None,
    silent: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    waiting: Backlog | None = None,
) -> Verdict:
    """The verdict on what the caller knows.

    `person`, and `silent` (the names of silent thermostats, by id), are taken from the report unless newer ones are
    given. `names` has names of plants and thermostats, by id, that the report lacks.
    """
    if report is not None:
        person = report.person if person is None else person
        if silent is None:
            silent = {each.module_id: each.name or each.module_id for each in report.silent}
        else:
            heard = {each for incident in report.incidents for each in incident.module_ids} - silent.keys()
            report = report.model_copy(update={"incidents": without_recovered(report.incidents, heard)})
    silent = silent or {}
    told = set() if report is None else {each for incident in report.incidents for each in incident.module_ids}
    return Verdict(
        person=tuple(person or ()),
        problems=(
            *_of_incidents(report, {**silent, **(names or {})}),
            *_of_the_report(report),
            *_of_thermostats([name for module_id, name in silent.items() if module_id not in told]),
            *_of_what_waits(waiting or Backlog()),
        ),
    )


def _of_incidents(report: Report | None, names: Mapping[str, str]) -> Sequence[Problem]:
    if report is None:
        return ()
    known = {**report.plant_names, **names}
    found = []
    for incident in report.incidents:
        told = incident_text(incident, known, zone=None, now=datetime.fromisoformat(report.at))
        reason = ProblemName.SILENT if incident.cause in SILENCE_CAUSES else incident.cause
        found.append(Problem(reason, told.title, " ".join(told.steps), told.told, incident))
    return found


def _of_the_report(report: Report | None) -> Sequence[Problem]:
    """The problems of the keeper's last run, without its incidents.

    Where an incident says that Legrand does not answer, what follows from that is not told a second time.
    """
    if report is None:
        return ()
    if report.outcome == "busy":
        return (Problem(ProblemName.BUSY, "another run of the keeper was under way", "Try again in a minute or two."),)
    no_answer = any(each.cause in _NO_ANSWER for each in report.incidents)
    found = _of_plants(report, "missing", ProblemName.NOT_SUBSCRIBED, "not subscribed:")
    if not no_answer:
        unknown = "whether it is subscribed is not known of"
        found += _of_plants(report, "unknown", ProblemName.SUBSCRIPTION_UNKNOWN, unknown)
    if report.provider is not None and report.api_ends_soon:
        ends = f"Legrand ends this API on {report.provider.ends_on}"
        found.append(Problem(ProblemName.PROVIDER_ENDS, ends, _NEWER_VERSION))
    if report.tokens is not None and not report.plants and not report.person:
        found.append(Problem(ProblemName.NO_PLANT, "no plant is known yet, so nothing is recorded", _KEEPER_TRIES))
    unexplained = report.outcome == "degraded" and not found
    if (report.troubles or report.paused_until is not None or unexplained) and not no_answer:
        found.append(Problem(ProblemName.TROUBLE, "not everything worked in the keeper's last run", _KEEPER_TRIES))
    return found


def _of_plants(report: Report, subscription: str, name: ProblemName, words: str) -> list[Problem]:
    names = [each.name or each.plant_id for each in report.plants if each.subscription == subscription]
    return [Problem(name, f"{words} {', '.join(names)}", _KEEPER_TRIES)] if names else []


def _of_thermostats(silent: Sequence[str]) -> Sequence[Problem]:
    return (Problem(ProblemName.SILENT, f"silent: {', '.join(silent)}", _BY_THEMSELVES),) if silent else ()


def _of_what_waits(waiting: Backlog) -> Sequence[Problem]:
    found = []
    if waiting.quarantine:
        found.append(
            Problem(
                ProblemName.QUARANTINE,
                f"{bodies(waiting.quarantine)} in quarantine",
                "`smarther quarantine list` shows them, `smarther redrive` takes up what can be read by now, and"
                " `smarther quarantine delete` is for what never will be.",
            )
        )
    if waiting.dead_letters:
        many = waiting.dead_letters > 1
        found.append(
            Problem(
                ProblemName.DEAD_LETTERS,
                f"{waiting.dead_letters} notification{'s' if many else ''} that could not be stored",
                "Once the cause is repaired, `smarther redrive` stores what waits.",
            )
        )
    return found


def bodies(count: int) -> str:
    """A number of bodies, in words."""
    return "1 body" if count == 1 else f"{count} bodies"
