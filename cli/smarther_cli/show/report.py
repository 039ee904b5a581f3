"""The keeper's report as the owner reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from rich.text import Text

from smarther.domain.keeper_report import Report
from smarther.drawing.text import ago_text, clock_error_text
from smarther_cli.errors import Failure, Status
from smarther_cli.show import screen
from smarther_cli.show.times import ahead_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smarther.domain.keeper_report import PersonNeeded, PlantState, TokenState

_OUTCOMES: Final = {
    "healthy": ("all is well", "green"),
    "degraded": ("not everything worked; the next run tries again", "yellow"),
    "needs_person": ("a person is needed", "bold red"),
    "busy": ("another run is under way", "yellow"),
}
_SUBSCRIPTIONS: Final = {
    "healthy": ("subscribed", "green"),
    "created": ("newly subscribed", "green"),
    "remade": ("subscribed anew, as nothing had come", "green"),
    "missing": ("not subscribed", "bold red"),
    "unknown": ("not known", "yellow"),
}
_STATUSES: Final = {
    "healthy": Status.FINE,
    "degraded": Status.FAILED,
    "busy": Status.FAILED,
    "needs_person": Status.PERSON_NEEDED,
}


def read_report(payload: bytes) -> Report:
    """The report that the keeper returned. Raises Failure when it is none."""
    try:
        return Report.model_validate_json(payload)
    except ValidationError:
        raise Failure(
            "The keeper's answer is not a report.", "Deploy the version of the stack that belongs to this command line."
        ) from None


def status_of(report: Report) -> Status:
    """The exit status that says what the report says."""
    return Status.PERSON_NEEDED if report.person else _STATUSES[report.outcome]


def outcome_text(outcome: str) -> Text:
    """The outcome in words."""
    return Text(*_OUTCOMES[outcome])


def show_person(person: Iterable[PersonNeeded]) -> None:
    """What a person is to do; nothing when nobody is needed."""
    for each in person:
        screen.say(f"A person is needed: {each.reason.replace('_', ' ')}", style="bold red")
        screen.say(f"  {each.do}")


def show_plants(plants: Iterable[PlantState]) -> None:
    """Each plant and how it is subscribed; nothing when there are none."""
    rows = [
        (each.name or each.plant_id, Text(*_SUBSCRIPTIONS[each.subscription]), each.plant_id if each.name else "")
        for each in plants
    ]
    if rows:
        screen.show_table(("Plant", "Subscription", "Id"), rows, fold=("Plant",))


def tokens_text(tokens: TokenState | None, now: datetime) -> str:
    """How long the tokens last."""
    if tokens is None:
        return "none yet"
    access = f"access {ahead_text(_instant(tokens.expires_at), now)}"
    if tokens.refresh_expires_at is None:
        return access
    return f"{access}, renewal {ahead_text(_instant(tokens.refresh_expires_at), now)}"


def calls_text(report: Report, calls: int | None) -> str:
    """Calls to Legrand today, of the 500 that it grants."""
    paused = f"; paused until {report.paused_until}" if report.paused_until else ""
    return ("not known" if calls is None else f"{calls} of 500") + paused


def show_run(report: Report, now: datetime) -> None:
    """One run: its outcome, what it did, what is in the way."""
    facts: dict[str, str | Text] = {
        "outcome": outcome_text(report.outcome),
        "tokens": tokens_text(report.tokens, now) + (" (renewed)" if report.tokens and report.tokens.refreshed else ""),
        "calls today": calls_text(report, report.calls_today),
    }
    if report.webhook is not None:
        facts["webhook"] = {
            "steady": "its secret stays",
            "settling": "a new secret is being introduced; the next runs finish it",
            "rotated": "its secret was replaced",
        }[report.webhook]
    if report.actions:
        facts["done"] = "\n".join(screen.plain(action) for action in report.actions)
    if report.troubles:
        facts["troubles"] = "\n".join(screen.plain(trouble) for trouble in report.troubles)
    for module in report.silent:
        since = ago_text(datetime.fromisoformat(module.since), now)
        facts[f"silent: {screen.plain(module.name or module.module_id)}"] = f"last word {since}"
    for clock in report.clocks:
        ahead = datetime.fromisoformat(clock.told) - datetime.fromisoformat(clock.at)
        facts[f"clock: {screen.plain(clock.name or clock.module_id)}"] = f"wrong, {clock_error_text(ahead)}"
    screen.show_facts(facts)
    if report.plants or report.person:
        screen.say()
    show_plants(report.plants)
    show_person(report.person)


def age_text(report: Report, now: datetime) -> str:
    """When the run was."""
    return ago_text(datetime.fromisoformat(report.at), now)


def _instant(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, tz=UTC)
