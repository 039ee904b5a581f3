"""`smarther rollup`: makes statistics of hours and days anew."""

import json
from datetime import datetime
from typing import Annotated

import typer

from smarther.domain.summaries.rollup_window import RollupRequestError, asked_for
from smarther.store.listings import Listings
from smarther_cli.call import this_call
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
    """Make hourly and daily statistics anew.

    The rollup does so by itself: of each hour and day when it is over, and once a day of the last week again. This is
    for readings that came later than that, such as those that `smarther redrive` has stored. Only what differs is
    written.
    """
    call = this_call(context)
    zone = call.deployment.zone
    first = bound(since, now=call.at, zone=zone)
    event = {"from": first, **({} if until is None else {"to": bound(until, now=call.at, zone=zone, last=True)})}
    try:
        asked_for(event, now=call.at, zone=zone)
    except RollupRequestError as senseless:
        raise WrongUse(
            f"This period makes no sense: {senseless}.", "--from lies before --to, and before now."
        ) from None
    hours = days = 0
    failed: set[str] = set()
    with screen.remarks().status("Making statistics") as spinner:
        while True:
            answer = json.loads(call.deployment.invoke_rollup(event))
            hours, days = hours + answer["hours_written"], days + answer["days_written"]
            failed |= set(answer.get("failed", []))
            reached = answer.get("continue_from")
            if reached is None:
                break
            if reached == event["from"]:
                raise Failure("The rollup does not get on with this range.", "Ask for fewer days at once.")
            event["from"] = reached
            spinner.update(f"Making statistics: {reached[:10]}")
    if call.json:
        done = {"from": first, "to": datetime.fromisoformat(answer["to"]), "hours_written": hours, "days_written": days}
        screen.show_json({**done, "failed": sorted(failed)})
    else:
        screen.say(f"{hours} hours and {days} days were written anew.", style="green")
    if failed:
        names = [one.name for one in Listings(call.deployment.table).thermostats() if one.module_id in failed]
        raise Failure(
            f"Not all could be made of {', '.join(names) or 'some thermostats'}.",
            "The rollup's log says what went wrong (`statistics_failed`); docs/running/runbook.md has a chapter on it.",
        )
