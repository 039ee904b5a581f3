"""`smarther republish`: has the add-on `events` tell stored readings again."""

import json
from typing import Annotated

import typer

from smarther.domain.readings.reading import instant_text
from smarther.store.listings import Listings
from smarther_cli.call import this_call
from smarther_cli.commands.readings.completion import ModuleNames
from smarther_cli.commands.readings.thermostats import chosen
from smarther_cli.errors import Failure
from smarther_cli.show import screen
from smarther_cli.show.times import TIMES, period

ADD_ON = "events"
_PUBLISHER = "PublisherFunctionName"
"""The output of the add-on's stack; its request and answer are in addons/events/README.md."""


def republish(
    context: typer.Context,
    *,
    since: Annotated[str, typer.Option(metavar="TIME", help=f"From when on: {TIMES}.")],
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Up to when [default: now].", show_default=False)
    ] = None,
    module: ModuleNames = None,
) -> None:
    """Tell stored readings on the event bus again, thermostat by thermostat, in the order of their own times.

    For when something was lost behind the bus, or the add-on `events` was away for more than a day: what is younger it
    tells by itself. Each event has the id that it had the first time, and says that it is `republished`. Imported
    readings are left out.
    """
    call = this_call(context)
    start, end = period(since, until, now=call.at)
    published: dict[str, int] = {}
    left_out = 0
    call.deployment.add_on_outputs(ADD_ON)  # fails here, with a hint, if the add-on is not deployed
    for thermostat in chosen(module or [], Listings(call.deployment.table).thermostats()):
        asked: dict[str, object] = {
            "module_id": thermostat.module_id,
            "since": instant_text(start),
            "until": instant_text(end),
        }
        published[thermostat.module_id] = 0
        with screen.remarks().status(f"Telling again: {screen.plain(thermostat.name)}"):
            while True:
                answer = json.loads(call.deployment.invoke_add_on(ADD_ON, _PUBLISHER, {"republish": asked}))
                published[thermostat.module_id] += answer["published"]
                left_out += answer["left_out"]
                behind = answer["behind"]
                if behind is None:
                    break
                if behind == asked.get("behind"):
                    raise Failure("The publisher does not get on.", "Ask for a shorter period, or read its log.")
                asked["behind"] = behind
    if call.json:
        screen.show_json({"since": instant_text(start), "until": instant_text(end), "published": published})
    else:
        screen.say(f"{sum(published.values())} readings were told again.", style="green")
    screen.remark_left_out(left_out)
