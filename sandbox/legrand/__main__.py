"""`python -m sandbox.legrand`: the stand-in in a process of its own."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sandbox.legrand.account.quota import DAILY_CALLS, TOKEN_CALLS
from sandbox.legrand.home.weather import Season
from sandbox.legrand.http.app import create_app
from sandbox.legrand.http.server import listen, server, url_of
from sandbox.legrand.provider.provider import Settings
from sandbox.legrand.pushes.dispatch import ANSWER_LIMIT_MS
from sandbox.legrand.variants import described

EPILOG = (
    "Login at URL/authorize and URL/token, the API at URL/smarther/v2.0, the control plane at URL/_control "
    "(its operations are listed in sandbox/legrand/http/control.py). Ends with Ctrl-C or SIGTERM."
)


def main(  # noqa: PLR0913, PLR0917 - one parameter per option
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same days.")] = 1,
    home: Annotated[
        Path | None,
        typer.Option(
            help='JSON file {"plants": [{"name": "...", "modules": ["room", ...]}]} instead of invented homes.',
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    plants: Annotated[int, typer.Option(help="How many homes to invent.", min=1)] = 2,
    modules: Annotated[int, typer.Option(help="How many thermostats they share.", min=1)] = 5,
    daily_calls: Annotated[int, typer.Option(help="API calls a day before 403.", min=0)] = DAILY_CALLS,
    token_calls: Annotated[int, typer.Option(help="Token calls a minute before 429.", min=0)] = TOKEN_CALLS,
    world: Annotated[
        str,
        typer.Option(
            help="What is not known of the real provider: usual, drawn:SEED, or question=answer,… "
            "(sandbox/legrand/variants.py has them)."
        ),
    ] = "usual",
    season: Annotated[
        Season,
        typer.Option(help="The season in which homes begin: now, summer, winter. In summer every other one cools."),
    ] = "now",
    limit_ms: Annotated[int, typer.Option(help="How long an endpoint may take to answer.", min=1)] = ANSWER_LIMIT_MS,
    concurrency: Annotated[int, typer.Option(help="Notifications on their way at once.", min=1)] = 2,
) -> None:
    """Stand in for Legrand's cloud on this machine. Prints one line of JSON, {"url": ...}, once it can be called."""
    try:
        settings = Settings(
            seed=seed,
            plants=plants,
            modules=modules,
            home=home,
            daily_calls=daily_calls,
            token_calls=token_calls,
            variants=described(world),
            season=season,
            limit_ms=limit_ms,
            concurrency=concurrency,
        )
        app = create_app(settings)
        listener = listen(port)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error

    def announce() -> None:
        sys.stdout.write(json.dumps({"url": url_of(listener)}) + "\n")
        sys.stdout.flush()

    server(app, announce).run(sockets=[listener])


if __name__ == "__main__":
    application = typer.Typer(add_completion=False)
    application.command(epilog=EPILOG)(main)
    application()
