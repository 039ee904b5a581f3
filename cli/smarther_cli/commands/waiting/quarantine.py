"""`smarther quarantine`: lists, shows and deletes the bodies in quarantine."""

import base64
import re
import sys
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from smarther.store.quarantine import Quarantine, Quarantined
from smarther_cli.call import OwnersCommand, epilog, this_call
from smarther_cli.errors import Failure, NotFound, WrongUse
from smarther_cli.show import screen
from smarther_cli.show.times import local_text
from smarther_cli.verdict import bodies

quarantine = typer.Typer(no_args_is_help=True, help="Notifications that could not be read, kept whole.")

SHOWN_DIGITS: Final = 12
MOST: Final = 1_000_000
"""The most bodies that can be listed."""
_PREFIX: Final = re.compile(r"[0-9a-f]{4,64}", re.IGNORECASE)


@quarantine.command("list", cls=OwnersCommand, epilog=epilog("quarantine list --limit 10"))
def list_bodies(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=MOST, metavar="N", help="Show at most this many, the newest.")] = 50,
) -> None:
    """List the bodies in quarantine, newest first."""
    call = this_call(context)
    bodies = sorted(Quarantine(call.deployment.table).bodies(), key=lambda each: each.received_at, reverse=True)
    newest = bodies[:limit]
    if call.json:
        screen.show_json({"count": len(bodies), "bodies": [_document(each) for each in newest]})
        return
    if not newest:
        screen.say("The quarantine is empty.", style="green")
        return
    screen.show_table(
        ("Id", "Received", "Statuses", "Reason"),
        [
            (
                each.digest[:SHOWN_DIGITS],
                local_text(datetime.fromisoformat(each.received_at)),
                "–" if each.rejected is None else str(each.rejected),
                each.reason,
            )
            for each in newest
        ],
        right=("Statuses",),
        fold=("Reason",),
    )
    if len(bodies) > len(newest):
        screen.remark(f"These are the newest {len(newest)} of {len(bodies)}; --limit shows more.", style="yellow")


@quarantine.command("show", cls=OwnersCommand, epilog=epilog("quarantine show 3f9ac21b07de"))
def show(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The id as `list` shows it, or how it begins.")],
    *,
    raw: Annotated[bool, typer.Option("--raw", help="Only the body, byte for byte as it was received.")] = False,
) -> None:
    """Show one body as it was received, and why it could not be read."""
    call = this_call(context)
    kept = Quarantine(call.deployment.table)
    found = _one(kept, identifier)
    try:
        body = kept.body(found.digest)
    except ValueError as incomplete:
        raise Failure(f"{found.digest[:SHOWN_DIGITS]}: {incomplete}.", "It may expire at this moment.") from incomplete
    if raw:
        sys.stdout.buffer.write(body)
    elif call.json:
        screen.show_json(_document(found) | _content(body))
    else:
        screen.show_facts(
            {
                "id": found.digest,
                "received": local_text(datetime.fromisoformat(found.received_at)),
                "reason": found.reason,
                "bytes": str(len(body)),
            }
        )
        screen.say()
        screen.say(body.decode(errors="replace"))


@quarantine.command("delete", cls=OwnersCommand, epilog=epilog("quarantine delete 3f9ac21b07de"))
def delete(
    context: typer.Context,
    identifiers: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids as `list` shows them.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete bodies for good: those that no version will ever be able to read.

    What is deleted is nowhere else. `smarther quarantine show ID --raw` writes one to a file before, and `smarther
    redrive` takes up what can be read by now.
    """
    call = this_call(context)
    kept = Quarantine(call.deployment.table)
    found = {each.digest: each for each in (_one(kept, identifier) for identifier in identifiers)}
    if not yes:
        if not screen.can_ask():
            raise WrongUse("There is no terminal to ask at whether they may go for good.", "Say --yes.")
        for each in found.values():
            screen.remark(f"{each.digest[:SHOWN_DIGITS]}  {each.reason}")
        if not typer.confirm(f"Delete {bodies(len(found))} for good?", err=True):
            raise Failure("Nothing was deleted.")
    for each in found.values():
        kept.forget(each)
    if call.json:
        screen.show_json({"deleted": list(found)})
    else:
        screen.say(f"{bodies(len(found))} deleted.", style="green")


def _one(kept: Quarantine, identifier: str) -> Quarantined:
    """The only body whose id begins with `identifier`. Raises WrongUse for several or an invalid id, else NotFound."""
    if _PREFIX.fullmatch(identifier) is None:
        raise WrongUse(
            f"{identifier!r} is no id: it has 4 to 64 hexadecimal digits.", "`smarther quarantine list` shows the ids."
        )
    found = list(kept.bodies(identifier.lower()))
    if not found:
        raise NotFound(
            f"Nothing in quarantine begins with {identifier!r}.", "`smarther quarantine list` shows the ids."
        )
    if len(found) > 1:
        raise WrongUse(f"{identifier!r} could be any of these:", "\n".join(f"  {each.digest}" for each in found))
    return found[0]


def _document(found: Quarantined) -> dict[str, Any]:
    told = {
        "id": found.digest,
        "received_at": found.received_at,
        "reason": found.reason,
        "parts": found.parts,
        "rejected": found.rejected,
    }
    return {name: value for name, value in told.items() if value is not None}


def _content(body: bytes) -> dict[str, str]:
    try:
        return {"encoding": "text", "body": body.decode()}
    except UnicodeDecodeError:
        return {"encoding": "base64", "body": base64.b64encode(body).decode()}
