"""The examination: every check with its question, and the finding for a question that AWS does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from smarther_cli.doctor import checks
from smarther_cli.doctor.finding import bad, not_answered, not_told
from smarther_cli.doctor.questions import LayerUnreadableError, Questions
from smarther_cli.errors import ADAPTER_ERRORS, DENIED, GONE, Failure, denied_action, vendors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from smarther_cli.doctor.finding import Finding

UNKNOWN: Final = frozenset(
    {
        "InvalidAction",
        "NotImplemented",
        "NotImplementedException",
        "UnknownAction",
        "UnknownOperation",
        "UnknownOperationException",
        "UnsupportedOperation",
        "UnsupportedOperationException",
    }
)
"""The error codes of a cloud that does not know an operation."""


class Group(StrEnum):
    """Checks that belong together, as a person reads them."""

    STACK = "The stack"
    ANSWERS = "Calls to the real address, as the keeper makes and times them from inside AWS"
    RUNS = "What runs by itself"
    KEPT = "What is kept"
    TOLD = "Who is told"
    ACCOUNT = "The account's limits, and the last day"


@dataclass(frozen=True, slots=True)
class Check[Fact]:
    """A line of the result: its group and name, the question, and the judgement of its answer."""

    group: Group
    name: str
    question: Callable[[Questions], Fact]
    judge: Callable[[Fact], Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a check found."""

    group: Group
    name: str
    finding: Finding


CHECKS: Final[tuple[Check[Any], ...]] = (
    Check(Group.STACK, "deploy", Questions.stack, checks.stack),
    Check(Group.STACK, "functions", Questions.functions, checks.functions),
    Check(Group.STACK, "live version", Questions.live_version, checks.live_version),
    Check(Group.STACK, "processor", Questions.processors, checks.processor),
    Check(Group.ANSWERS, "genuine calls", Questions.answers, checks.genuine_calls),
    Check(Group.ANSWERS, "answer time", Questions.answers, checks.answer_time),
    Check(Group.ANSWERS, "cold start", Questions.answers, checks.cold_start),
    Check(Group.ANSWERS, "strangers", Questions.answers, checks.strangers),
    Check(Group.RUNS, "schedules", Questions.schedules, checks.schedules),
    Check(Group.RUNS, "keeper's last run", Questions.keepers_last_run, checks.last_run),
    Check(Group.RUNS, "credentials", Questions.standing, checks.credentials),
    Check(Group.RUNS, "subscriptions", Questions.standing, checks.subscriptions),
    Check(Group.RUNS, "thermostats", Questions.standing, checks.thermostats),
    Check(Group.RUNS, "last statistics", Questions.rollups_last_run, checks.last_run),
    Check(Group.RUNS, "redriver", Questions.redriver, checks.redriver),
    Check(Group.KEPT, "table", Questions.table, checks.table),
    Check(Group.KEPT, "expiry", Questions.expiry, checks.expiry),
    Check(Group.KEPT, "recovery", Questions.recovery, checks.recovery),
    Check(Group.KEPT, "spill queue", Questions.spilled, checks.spilled),
    Check(Group.KEPT, "given up", Questions.given_up, checks.given_up),
    Check(Group.KEPT, "quarantine", Questions.quarantined, checks.quarantine),
    Check(Group.KEPT, "failed runs", Questions.failed_runs, checks.failed_runs),
    Check(Group.KEPT, "logs", Questions.logs, checks.logs),
    Check(Group.TOLD, "alarms", Questions.alarms, checks.alarms),
    Check(Group.TOLD, "ringing", Questions.alarms, checks.ringing),
    Check(Group.TOLD, "subscriber", Questions.subscribers, checks.subscriber),
    Check(Group.TOLD, "dashboard", Questions.dashboard, checks.dashboard),
    Check(Group.ACCOUNT, "concurrency", Questions.concurrency, checks.concurrency),
    Check(Group.ACCOUNT, "receiver's share", Questions.functions, checks.reserved),
    Check(Group.ACCOUNT, "throttle", Questions.throttle, checks.throttle),
    Check(Group.ACCOUNT, "turned away", Questions.day, checks.turned_away),
    Check(Group.ACCOUNT, "failed answers", Questions.day, checks.failed_answers),
    Check(Group.ACCOUNT, "spilled", Questions.day, checks.spilled_in_a_day),
)


def examine(
    questions: Questions, asked: Iterable[Check[Any]], *, progress: Callable[[str], None] = lambda _: None
) -> Iterator[Result]:
    """The results of the checks, in order; a question that several have in common is asked once.

    Checks are independent: a question that fails is a finding of its own.
    """
    answers: dict[Callable[[Questions], Any], tuple[Any, Finding | None]] = {}
    for check in asked:
        if check.question not in answers:
            progress(check.name)
            answers[check.question] = _answer(questions, check.question)
        fact, refusal = answers[check.question]
        yield Result(group=check.group, name=check.name, finding=refusal or check.judge(fact))


def _answer(questions: Questions, question: Callable[[Questions], Any]) -> tuple[Any, Finding | None]:
    try:
        return question(questions), None
    except Failure as failure:
        return None, bad(str(failure), failure.remedy)
    except (ClientError, BotoCoreError, LayerUnreadableError, *ADAPTER_ERRORS) as error:
        return None, refused(error)


def refused(error: Exception) -> Finding:
    """The finding for a question that AWS did not answer."""
    cause = vendors(error)
    if not isinstance(cause, ClientError):
        return not_answered(f"could not be asked: {' '.join(str(error).split())}", "Try again.")
    told = cause.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    if code in DENIED:
        return not_answered(
            f"you may not ask: it needs {denied_action(cause)}",
            "Use a profile that may, or have the permission added: docs/owner/command-line.md lists them.",
        )
    if code in UNKNOWN or (code.isdigit() and not message):
        return not_told(f"this cloud does not tell ({cause.operation_name})")
    if code in GONE:
        return bad(f"it is gone ({cause.operation_name}: {code})", checks.BY_HAND)
    return not_answered(f"AWS answered {code} to {cause.operation_name}", "Try again; if it stays so, look into it.")
