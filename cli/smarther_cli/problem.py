"""Builds the report of a problem: enough to find the cause, and nothing secret or personal.

It does not copy a report and remove parts, but is built from what is known to be harmless: counts, instants, our words.
Any other word, in any field, becomes `OTHER`. Plants and thermostats are numbered in the order of the report; their
names are not in it.
"""

from __future__ import annotations

import platform
import re
from datetime import datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final, get_args

from smarther.domain.account.legrand_answers import Kind, Reason, Service
from smarther.domain.keeper.incidents import Cause
from smarther.domain.keeper.provider_watch import Missing
from smarther.telemetry import metrics_of
from smarther_cli.show.actions import ACTIONS, OPERATIONS, REMOVAL_REASONS, action_parts, trouble_parts
from smarther_cli.verdict import ProblemName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smarther.domain.keeper.keeper_memory import Memory
    from smarther.domain.keeper.keeper_report import Report
    from smarther.domain.keeper.provider_watch import ProviderState
    from smarther_cli.verdict import Backlog

OTHER: Final = "other"
_PLAIN_VALUE: Final = re.compile(r"true|false|arm64|x86_64|[0-9]{1,6}")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-[0-9]")
_STACK_STATUS: Final = re.compile(r"(CREATE|UPDATE|ROLLBACK|DELETE|IMPORT|REVIEW)(_[A-Z]+){0,5}")
_KINDS: Final = frozenset({*Kind, "forbidden, and not for the quota"})
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LISTS: Final = frozenset({"plants", "incidents", "silent", "clocks", "actions"})
_HOW: Final = frozenset(get_args(Missing.__value__))
_REASONS: Final = frozenset({*ProblemName, *Reason, *Cause})


def versions() -> dict[str, str]:
    """What runs here."""
    return {
        "smarther-recorder": metadata.version("smarther-recorder"),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def stack_part(parameters: Mapping[str, str], *, region: str | None, status: str) -> dict[str, Any]:
    """The stack without a name or an address: of parameters numbers and switches, of all else whether it is given."""
    return {
        "region": _word(region or "", _REGION),
        "status": _word(status, _STACK_STATUS),
        "parameters": {name: _parameter(value) for name, value in sorted(parameters.items())},
    }


def report_part(report: Report) -> dict[str, Any]:
    """The keeper's last report, its plants and thermostats by number."""
    plants = _Numbers("plant", (each.plant_id for each in report.plants))
    modules = _Numbers("thermostat", [each.module_id for each in report.silent])
    tokens = report.tokens
    return {
        "at": _instant(report.at),
        "outcome": report.outcome,
        "person": reasons_part(each.reason for each in report.person),
        "troubles": [_trouble(each) for each in report.troubles],
        "actions": [_action(each, plants, modules) for each in report.actions],
        "plants": [{"plant": plants.of(each.plant_id), "subscription": each.subscription} for each in report.plants],
        "silent": [
            {
                "thermostat": modules.of(each.module_id),
                "plant": plants.of(each.plant_id),
                "since": _instant(each.since),
                "poll": each.poll,
            }
            for each in report.silent
        ],
        "incidents": [
            {
                "cause": each.cause,
                "since": each.since,
                "plants": [plants.of(plant_id) for plant_id in each.plant_ids],
                "thermostats": [modules.of(module_id) for module_id in each.module_ids],
                "of": each.of,
                "changed": each.changed,
            }
            for each in report.incidents
        ],
        "clocks": [
            {"thermostat": modules.of(each.module_id), "told": _instant(each.told), "at": _instant(each.at)}
            for each in report.clocks
        ],
        "tokens": None if tokens is None else tokens.model_dump(),
        "consent": report.consent,
        "webhook": report.webhook,
        "unheard": report.unheard,
        "left_out": {key: each for key, each in report.left_out.items() if key in _LISTS},
        "paused_until": None if report.paused_until is None else _instant(report.paused_until),
        "client_secret_ends_on": _word(report.client_secret_ends_on or "", _DAY),
        "provider": None if report.provider is None else _provider(report.provider),
    }


def metrics_part(report: Report) -> dict[str, float | None]:
    """What the report gives to metrics, by their names."""
    return {metric.value: value for metric, value in metrics_of(report).items()}


def answers_part(memory: Memory) -> dict[str, Any]:
    """The answers that could not be read, or not wholly: when, their status, and their form."""
    return {
        _word_of(operation, OPERATIONS): {"at": each.at, "status": each.status, "form": each.form}
        for operation, each in memory.provider.shapes.items()
    }


def waiting_part(waiting: Backlog) -> dict[str, int]:
    """How much waits outside the table."""
    return {"quarantine": waiting.quarantine, "dead_letters": waiting.dead_letters}


def reasons_part(reasons: Iterable[str]) -> list[str]:
    """Reasons by their names."""
    return [_word_of(each, _REASONS) for each in reasons]


class _Numbers:
    """Ordinals for ids, in the order in which they are met."""

    def __init__(self, sort: str, ids: Iterable[str]) -> None:
        self._sort = sort
        self._numbers: dict[str, int] = {}
        for each in ids:
            self.of(each)

    def __contains__(self, any_id: str) -> bool:
        return any_id in self._numbers

    def of(self, any_id: str) -> str:
        return f"{self._sort} {self._numbers.setdefault(any_id, len(self._numbers) + 1)}"


def _provider(found: ProviderState) -> dict[str, Any]:
    return {
        "gone": {_word_of(service, frozenset(Service)): _word_of(how, _HOW) for service, how in found.gone.items()},
        "gone_since": found.gone_since,
        "changed": [_word_of(each, OPERATIONS) for each in found.changed],
        "announced": found.announced,
        "deprecated_on": found.deprecated_on,
        "ends_on": found.ends_on,
    }


def _trouble(trouble: str) -> str:
    parts = trouble_parts(trouble)
    if parts is None:
        return OTHER
    call, how, status = parts
    return f"{call}: {_word_of(how, _KINDS)}{status}"


def _action(action: str, plants: _Numbers, modules: _Numbers) -> str:
    what, whose, why = action_parts(action)
    told = [_word_of(what, ACTIONS)]
    if whose:
        told.append(plants.of(whose) if whose in plants else modules.of(whose))
    if why:
        told.append(_word_of(why, REMOVAL_REASONS))
    return " ".join(told)


def _parameter(value: str) -> str:
    if not value:
        return "empty"
    return value if _PLAIN_VALUE.fullmatch(value) else "given"


def _word_of(text: str, known: Iterable[str]) -> str:
    return text if text in known else OTHER


def _word(text: str, form: re.Pattern[str]) -> str:
    return text if form.fullmatch(text) else OTHER


def _instant(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return OTHER
