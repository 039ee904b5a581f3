"""`smarther redrive`: stores the notifications that wait outside the table."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from smarther.receiver.record import Recorder
from smarther.store.digests import Digests
from smarther.store.quarantine import Quarantine
from smarther_cli.call import Call, ended, this_call
from smarther_cli.commands.waiting.replay import Replay, Tally, in_dead_letters, in_log, in_quarantine
from smarther_cli.commands.waiting.replay import Waiting as Notification
from smarther_cli.deployment import Deployment
from smarther_cli.errors import Status
from smarther_cli.show import screen
from smarther_cli.show.times import TIMES, instant
from smarther_cli.verdict import Backlog, bodies, judge

if TYPE_CHECKING:
    from collections.abc import Iterator


class Origin(StrEnum):
    """Where notifications wait."""

    QUARANTINE = "quarantine"
    DEAD_LETTERS = "dead-letters"
    LOG = "log"


_WORDS: Final = {
    Origin.QUARANTINE: "Quarantine",
    Origin.DEAD_LETTERS: "Dead-letter queue",
    Origin.LOG: "Receiver's log",
}


def redrive(
    context: typer.Context,
    *,
    origin: Annotated[
        list[Origin] | None,
        typer.Option(
            "--from",
            metavar="PLACE",
            help="Only what waits in quarantine, dead-letters or log; repeatable.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what waits, and whether it can be read now.")
    ] = False,
    log_since: Annotated[
        str | None, typer.Option(metavar="TIME", help=f"Read the log only from here on: {TIMES}.", show_default=False)
    ] = None,
) -> None:
    """Take into the table what waits outside it, once the cause is repaired.

    Three places are gone through: the quarantine, whose bodies a newer version may be able to read; the dead-letter
    queue, in which notifications end that could not be stored for hours; and the receiver's log, which keeps those that
    nothing else took. Each keeps the time of its arrival. Doing it again changes nothing; what cannot be stored stays
    where it is, and the exit status is 1.
    """
    call = this_call(context)
    since = None if log_since is None else instant(log_since, now=call.at)
    tallies = {each: _gone_through(call.deployment, each, since, dry_run=dry_run) for each in origin or tuple(Origin)}
    unreadable = sum(tally.unreadable for tally in tallies.values())
    failed = sum(tally.failed for tally in tallies.values())
    verdict = judge(None, waiting=Backlog(quarantine=unreadable, dead_letters=failed))
    if call.json:
        told = {each.value: _document(tally) for each, tally in tallies.items()}
        screen.show_json({"dry_run": dry_run, "verdict": verdict.document(), **told})
    else:
        _show(call, tallies, dry_run=dry_run)
        if unreadable:
            screen.remark(
                f"{bodies(unreadable)} {'cannot' if dry_run else 'could not'} be read, and"
                f" {'stays' if unreadable == 1 else 'stay'} in quarantine: `smarther quarantine list`.",
                style="yellow",
            )
    if verdict.status is not Status.FINE:
        raise ended(verdict.status)


def _gone_through(deployment: Deployment, origin: Origin, since: datetime | None, *, dry_run: bool) -> Tally:
    tally = Tally()
    recorder = Recorder.of(deployment.table, retention_days=deployment.retention_days)
    replay = Replay(recorder, Digests(deployment.table), rehearsal=dry_run)
    with screen.remarks().status(_WORDS[origin]) as spinner:
        for waiting in _waiting(deployment, origin, since):
            replay.take(waiting, tally)
            spinner.update(f"{_WORDS[origin]}: {tally.found}")
    return tally


def _waiting(deployment: Deployment, origin: Origin, since: datetime | None) -> "Iterator[Notification]":
    match origin:
        case Origin.QUARANTINE:
            return in_quarantine(Quarantine(deployment.table))
        case Origin.DEAD_LETTERS:
            return in_dead_letters(deployment.sqs, deployment.dead_letters_url)
        case Origin.LOG:
            return in_log(deployment.logs, deployment.receivers_log, since=since)


def _show(call: Call, tallies: dict[Origin, Tally], *, dry_run: bool) -> None:
    done = "Can be stored" if dry_run else "Done"
    columns = ("", "Found", done, "Unreadable", "Refused", "Failed", "New", "Known")
    screen.show_table(
        columns,
        [(_WORDS[origin], *(str(number) for number in _numbers(tally))) for origin, tally in tallies.items()],
        right=columns[1:],
        fold=("",),
    )
    for failure in sorted({failure for tally in tallies.values() for failure in tally.failures}):
        screen.remark(f"Not stored this time: {failure}", style="yellow")


def _numbers(tally: Tally) -> tuple[int, ...]:
    return (
        tally.found,
        tally.done,
        tally.unreadable,
        tally.refused,
        tally.failed,
        tally.stored,
        tally.duplicates,
    )


def _document(tally: Tally) -> dict[str, Any]:
    names = ("found", "done", "unreadable", "refused", "failed", "readings_new", "readings_known")
    return dict(zip(names, _numbers(tally), strict=True)) | {"failures": sorted(tally.failures)}
