"""`smarther report-problem`: a file to attach to a report, with nothing secret or personal in it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from smarther.store.keeper_items import KeeperNotes
from smarther_cli import problem
from smarther_cli.call import Call, this_call
from smarther_cli.commands.status import observe
from smarther_cli.errors import WrongUse
from smarther_cli.show import screen
from smarther_cli.show.decimals import json_value


def report_problem(
    context: typer.Context,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The file to write [default: smarther-problem-DATE.json]."),
    ] = None,
) -> None:
    """Write a file to attach to a report of a problem.

    It holds versions, what the stack's numbers and switches are set to, what the keeper's last run found, and the form
    of answers of Legrand that could not be read: their keys and types, without a value. There is nothing secret in it
    and nothing of your home: plants and thermostats have numbers instead of names and ids. Look at it before you send
    it.
    """
    call = this_call(context)
    path = output or Path(f"smarther-problem-{call.at:%Y-%m-%d}.json")
    document = _document(call)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=2, ensure_ascii=True, default=json_value) + "\n")
    except FileExistsError:
        raise WrongUse(f"{path} is there already.", "Choose another name with --output, or remove it.") from None
    if call.json:
        screen.show_json({"file": str(path), "problem": document})
    else:
        screen.say(f"Written: {path}")
        screen.say("Nothing secret or personal is in it. Look at it, then attach it to your report.")


def _document(call: Call) -> dict[str, Any]:
    deployment = call.deployment
    condition = observe(deployment, call.at)
    report = condition.report
    return {
        "at": call.at,
        "versions": problem.versions(),
        "stack": problem.stack_part(deployment.parameters, region=deployment.place.region, status=deployment.status),
        "verdict": {
            "word": condition.verdict.word.value,
            "reasons": problem.reasons_part(condition.verdict.reasons),
        },
        "thermostats": len(condition.thermostats),
        "waiting": problem.waiting_part(condition.waiting),
        "metrics": {} if report is None else problem.metrics_part(report),
        "report": None if report is None else problem.report_part(report),
        "answers": problem.answers_part(KeeperNotes(deployment.table).memory()),
    }
