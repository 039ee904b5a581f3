"""The options `--module` and `--plant`, and their shell completion: the stack's names, read when Tab is pressed."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from smarther.domain.readings.home import Thermostat
from smarther.store.listings import Listings
from smarther_cli.deployment import Deployment, place_of
from smarther_cli.errors import ADAPTER_ERRORS, Failure


def complete_module(context: typer.Context, incomplete: str) -> list[str]:
    """The names of thermostats that begin so."""
    return _beginning(incomplete, (one.name for one in _directory(context)))


def complete_plant(context: typer.Context, incomplete: str) -> list[str]:
    """The names of plants that begin so."""
    return _beginning(incomplete, (one.plant_name for one in _directory(context)))


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _directory(context: typer.Context) -> Sequence[Thermostat]:
    """The stack's thermostats; empty if it cannot be asked, since a shell that completes cannot show an error."""
    said = context.find_root().params
    try:
        place = place_of(
            stack=said.get("stack"),
            profile=said.get("profile"),
            region=said.get("region"),
            sandbox=bool(said.get("sandbox")),
        )
        return Listings(Deployment(place).table).thermostats()
    except (Failure, ClientError, BotoCoreError, OSError, *ADAPTER_ERRORS):
        return ()


ModuleNames = Annotated[
    list[str] | None,
    typer.Option(
        "--module",
        "-m",
        metavar="NAME",
        help="A thermostat by name or id, or how either begins; repeatable.",
        autocompletion=complete_module,
    ),
]
PlantNames = Annotated[
    list[str] | None,
    typer.Option(
        "--plant",
        "-p",
        metavar="NAME",
        help="Only those of this plant, by name or id, or how either begins; repeatable.",
        autocompletion=complete_plant,
    ),
]
