"""`smarther keeper run` and `smarther rotate-webhook`: run the keeper now."""

import typer

from smarther_cli.call import Call, OwnersCommand, ended, epilog, this_call
from smarther_cli.errors import Failure, Status
from smarther_cli.show import screen
from smarther_cli.show.report import read_report, report_document, show_run
from smarther_cli.verdict import judge

keeper = typer.Typer(no_args_is_help=True, help="The keeper, which keeps tokens and subscriptions alive by itself.")


@keeper.command("run", cls=OwnersCommand, epilog=epilog("keeper run"))
def run(context: typer.Context) -> None:
    """Run the keeper now, and show its report.

    It runs by itself every half hour; run it by hand after you have repaired something and do not want to wait.
    """
    _run(this_call(context), {}, "The keeper is at work")


def rotate_webhook(context: typer.Context) -> None:
    """Replace the secret in the webhook's address now.

    No notification is refused on the way: old and new address are both good until the old one is no longer used. The
    keeper does this by itself every WebhookRotationDays; do it by hand when the address may have become known.
    """
    _run(this_call(context), {"rotate_webhook": True}, "The keeper is introducing a new secret")


def _run(call: Call, event: dict[str, object], words: str) -> None:
    with screen.remarks().status(words):
        report = read_report(call.deployment.invoke_keeper(event))
    if call.json:
        screen.show_json(report_document(report))
    elif report.outcome == "busy":
        raise Failure("Another run of the keeper is under way.", "Try again in a minute or two.")
    else:
        show_run(report, call.at)
    if (status := judge(report).status) is not Status.FINE:
        raise ended(status)
