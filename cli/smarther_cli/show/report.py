"""The keeper's report in words for the owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from rich.text import Text

from smarther.domain.account.legrand_answers import Reason
from smarther.domain.account.quota import Quota
from smarther.domain.keeper.keeper_report import Report
from smarther.drawing.text import ago_text, clock_error_text
from smarther_cli.errors import Failure
from smarther_cli.show import screen
from smarther_cli.show.actions import OPERATIONS, actions, troubles
from smarther_cli.show.times import ahead_text, local_text
from smarther_cli.verdict import Health, bodies, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from smarther.domain.keeper.keeper_report import PlantState
    from smarther.domain.keeper.provider_watch import ProviderState
    from smarther_cli.verdict import Backlog, Verdict

_OUTCOMES: Final = {
    "healthy": ("everything worked", "green"),
    "degraded": ("not everything worked; the next run tries again", "yellow"),
    "needs_person": ("a person is needed", "bold red"),
    "busy": ("another run is under way", "yellow"),
}
_SUBSCRIPTIONS: Final = {
    "healthy": ("subscribed", "green"),
    "created": ("newly subscribed", "green"),
    "remade": ("subscribed again, as nothing had come", "green"),
    "missing": ("not subscribed", "bold red"),
    "unknown": ("not known", "yellow"),
}
_SERVICES: Final = {"api": "API", "login": "login"}
_MISSING: Final = {
    "gone": "is gone for good, as it says itself,",
    "not_found": "is not found at its address",
    "no_host": "has no host: its name does not resolve",
}
_VERDICTS: Final = {Health.WELL: "green", Health.NOT_WELL: "yellow", Health.PERSON_NEEDED: "bold red"}


def read_report(payload: bytes) -> Report:
    """The report that the keeper returned. Raises Failure if it is not a report."""
    try:
        return Report.model_validate_json(payload)
    except ValidationError:
        raise Failure(
            "The keeper's answer is not a report.", "Deploy the version of the stack that belongs to this command line."
        ) from None


def report_document(report: Report) -> dict[str, Any]:
    """The report for programs: as it is stored, but with epoch seconds as instants."""
    told = report.model_dump(mode="json", exclude_none=True)
    for name in ("expires_at", "refresh_expires_at"):
        if name in told.get("tokens", {}):
            told["tokens"][name] = _instant(told["tokens"][name])
    return told


def outcome_text(outcome: str) -> Text:
    """The outcome in words."""
    return Text(*_OUTCOMES[outcome])


def verdict_text(verdict: Verdict) -> Text:
    """Whether all is well, in one line."""
    return Text(screen.plain(verdict.text()), style=_VERDICTS[verdict.word])


def show_verdict(verdict: Verdict) -> None:
    """Show what a person is to do, and the remedies for everything else; nothing if all is well."""
    if verdict.word is not Health.WELL:
        screen.say()
    for each in verdict.person:
        screen.say(f"A person is needed: {each.reason.replace('_', ' ')}", style="bold red")
        screen.say(f"  {each.do}")
    for do in dict.fromkeys(problem.do for problem in verdict.problems):
        for problem in verdict.problems:
            if problem.do == do:
                screen.say(problem.says, style="yellow")
                if problem.evidence:
                    screen.say(f"  {problem.evidence}")
        screen.say(f"  {do}")


def waiting_facts(waiting: Backlog) -> Mapping[str, str | Text]:
    """One line for each place where notifications wait outside the table; empty if none do."""
    facts = {}
    if waiting.quarantine:
        facts["quarantine"] = Text(
            screen.advice(f"{bodies(waiting.quarantine)} (`smarther quarantine list`)"), style="yellow"
        )
    if waiting.dead_letters:
        facts["dead letters"] = Text(screen.advice(f"{waiting.dead_letters} (`smarther redrive`)"), style="yellow")
    return facts


def show_plants(plants: Iterable[PlantState], *, left_out: int = 0) -> None:
    """Show each plant and its subscription, and how many plants are left out; nothing if there are none."""
    rows = [
        (each.name or each.plant_id, Text(*_SUBSCRIPTIONS[each.subscription]), each.plant_id if each.name else "")
        for each in plants
    ]
    if rows:
        screen.show_table(("Plant", "Subscription", "Id"), rows, fold=("Plant",))
    if left_out:
        screen.say(f"and {left_out:,} more plants")


def tokens_text(report: Report, now: datetime) -> str:
    """When the tokens expire; or that they are no longer good, where Legrand said so."""
    tokens = report.tokens
    if any(each.reason == Reason.CONSENT_EXPIRED for each in report.person):
        return "no longer good: the consent has ended"
    if tokens is None:
        return "none yet"
    access = f"access {ahead_text(_instant(tokens.expires_at), now)}"
    if tokens.refresh_expires_at is None:
        return access
    return f"{access}, renewal {ahead_text(_instant(tokens.refresh_expires_at), now)}"


def provider_text(provider: ProviderState) -> str:
    """How it stands with Legrand's API where that is not as it is known."""
    since = "" if provider.gone_since is None else f" since {local_text(provider.gone_since)}"
    told = [
        f"its {_SERVICES.get(service, service)} {_MISSING.get(how, how)}{since}"
        for service, how in provider.gone.items()
    ]
    told += [f"{OPERATIONS.get(call, call)}: for a day an answer that nobody knows" for call in provider.changed]
    if provider.announced:
        on = "" if provider.deprecated_on is None else f" as of {provider.deprecated_on}"
        ends = "no day is named" if provider.ends_on is None else f"it ends on {provider.ends_on}"
        told.append(f"announces that this API is deprecated{on}; {ends}")
    return "\n".join(told)


def client_secret_text(report: Report) -> str:
    """When the client secret expires, counted from when it was stored; or what Legrand said of it instead."""
    reasons = {each.reason for each in report.person}
    if Reason.CLIENT_SECRET_EXPIRED in reasons:
        return "expired"
    if Reason.CREDENTIALS_REFUSED in reasons:
        return "refused"
    return f"good until about {report.client_secret_ends_on}"


def calls_text(report: Report, made: int | None, *, projected: int | None = None) -> str:
    """Calls to Legrand today of those that it grants, how many they will be, and what stands in the way of more."""
    quota = report.calls_quota
    told = ["not known" if made is None else f"{made:,}" + ("" if quota is None else f" of {quota:,}")]
    if projected is not None:
        told.append(f"about {projected:,} by the end of the day (UTC)")
    if quota is not None:
        told.append(f"{Quota(quota).reserved:,} reserved for tokens and subscriptions")
    if report.calls_granted is not None:
        told.append(f"after {report.calls_granted:,} of ours Legrand said that it grants no more today")
    if report.rested:
        told.append("none in the last run, to spare them")
    if report.paused_until:
        told.append(f"paused until {local_text(datetime.fromisoformat(report.paused_until))}")
    return "; ".join(told)


def show_run(report: Report, now: datetime) -> None:
    """Show one run: its outcome, its actions and its troubles."""
    verdict = judge(report)
    facts: dict[str, str | Text] = {
        "verdict": verdict_text(verdict),
        "outcome": outcome_text(report.outcome),
        "tokens": tokens_text(report, now) + (" (renewed)" if report.tokens and report.tokens.refreshed else ""),
        "calls today": calls_text(report, report.calls_today),
    }
    if report.webhook is not None:
        facts["webhook"] = {
            "steady": "its secret stays",
            "settling": "a new secret is being introduced; the next runs finish it",
            "rotated": "its secret was replaced",
        }[report.webhook]
    if report.actions:
        facts["done"] = "\n".join(map(screen.plain, actions(report)))
    if report.provider is not None:
        facts["Legrand"] = Text(provider_text(report.provider), style="yellow")
    if report.troubles:
        facts["troubles"] = "\n".join(map(screen.plain, troubles(report)))
    for module in report.silent:
        since = ago_text(datetime.fromisoformat(module.since), now)
        facts[f"silent: {screen.plain(module.name or module.module_id)}"] = f"last word {since}"
    for clock in report.clocks:
        ahead = datetime.fromisoformat(clock.told) - datetime.fromisoformat(clock.at)
        facts[f"clock: {screen.plain(clock.name or clock.module_id)}"] = f"wrong, {clock_error_text(ahead)}"
    screen.show_facts(facts)
    if report.plants:
        screen.say()
    show_plants(report.plants, left_out=report.left_out.get("plants", 0))
    show_verdict(verdict)


def age_text(report: Report, now: datetime) -> str:
    """When the run was."""
    return ago_text(datetime.fromisoformat(report.at), now)


def _instant(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, tz=UTC)
