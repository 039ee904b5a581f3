"""`smarther rollup`: makes statistics of hours and days again."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from smarther.domain.summaries.rollup_window import RollupRequestError, requested_hours
from smarther.store.listings import Listings
from smarther_cli.call import Call, this_call
from smarther_cli.errors import Failure, WrongUse
from smarther_cli.show import screen
from smarther_cli.show.times import bound


def rollup(
    context: typer.Context,
    *,
    since: Annotated[
        str, typer.Option("--from", metavar="DAY", help="The first day: 2026-01-01, 2026-01, yesterday, 7d; or a time.")
    ],
    until: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="The last day, included [default: up to now].", show_default=False),
    ] = None,
) -> None:
    """Make hourly and daily statistics again.

    The rollup does so by itself: of each hour and day when it is over, and once a day of the last week again. This is
    for readings that came later than that, such as those that `smarther redrive` has stored. Only what differs is
    written.
    """
    call = this_call(context)
    zone = call.deployment.zone
    first = bound(since, now=call.at, zone=zone)
    event = {"from": first, **({} if until is None else {"to": bound(until, now=call.at, zone=zone, last=True)})}
    try:
        requested_hours(event, now=call.at, zone=zone)
    except RollupRequestError as senseless:
        raise WrongUse(
            f"This period makes no sense: {senseless}.", "--from lies before --to, and before now."
        ) from None
    made = make_anew(call, event)
    if call.json:
        done = {"from": first, "to": made.to, "hours_written": made.hours, "days_written": made.days}
        screen.show_json({**done, "failed": sorted(made.failed)})
    else:
        screen.say(f"{made.hours} hours and {made.days} days were written again.", style="green")
    if made.failed:
        raise not_all_made(call, made.failed)


@dataclass(frozen=True, slots=True)
class Made:
    """Statistics that were made: so many were written, up to when, and of which thermostats not all could be made."""

    hours: int
    days: int
    to: datetime
    failed: frozenset[str]


def make_anew(call: Call, event: Mapping[str, str]) -> Made:
    """Run the rollup for a range, as often as it needs. Raises Failure if it makes no progress."""
    hours = days = 0
    failed: set[str] = set()
    asked = dict(event)
    with screen.remarks().status("Making statistics") as spinner:
        while True:
            answer = json.loads(call.deployment.invoke_rollup(asked))
            hours, days = hours + answer["hours_written"], days + answer["days_written"]
            failed |= set(answer.get("failed", []))
            reached = answer.get("continue_from")
            if reached is None:
                return Made(hours, days, datetime.fromisoformat(answer["to"]), frozenset(failed))
            if reached == asked["from"]:
                raise Failure("The rollup does not get on with this range.", "Ask for fewer days at once.")
            asked["from"] = reached
            spinner.update(f"Making statistics: {reached[:10]}")


def not_all_made(call: Call, failed: Collection[str]) -> Failure:
    """What is said where the statistics of some thermostats could not be made."""
    names = [one.name for one in Listings(call.deployment.table).thermostats() if one.module_id in failed]
    return Failure(
        f"Not all could be made of {', '.join(names) or 'some thermostats'}.",
        "The rollup's log says what went wrong (`statistics_failed`); docs/running/runbook.md has a chapter on it.",
    )
