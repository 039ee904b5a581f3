"""`smarther doctor`: checks from outside that the deployed stack is as it should be."""

from collections import Counter
from collections.abc import Sequence
from textwrap import wrap
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from smarther_cli.call import Call, ended, this_call
from smarther_cli.doctor import checks
from smarther_cli.doctor.examination import CHECKS, Check, Group, Result, examine
from smarther_cli.doctor.finding import Mark, worst
from smarther_cli.doctor.questions import Questions
from smarther_cli.doctor.ring import ring
from smarther_cli.errors import Status
from smarther_cli.show import screen

_STYLES: Final = {Mark.GOOD: "green", Mark.LOOK: "yellow", Mark.BAD: "bold red", Mark.NOT_TOLD: "cyan"}
_VERDICTS: Final = {
    Status.FINE: ("All is well", "bold green"),
    Status.PERSON_NEEDED: ("It waits for you", "bold red"),
    Status.FAILED: ("Not all is well", "bold red"),
}
_INDENT: Final = 2
_MARK: Final = 10  # columns, the gap included
_NAME: Final = 19
_NARROWEST: Final = 30  # columns for what a check says


def doctor(
    context: typer.Context,
    *,
    drill: Annotated[
        bool,
        typer.Option(
            "--drill",
            help="Also set one alarm off and on again, so that you see its two mails arrive. Nothing is wrong then.",
        ),
    ] = False,
) -> None:
    """Ask whether the deployed stack is what it should be.

    `smarther status` asks how the home is; this asks how the recorder is, after a deploy or when something is odd. Each
    line has a mark: **good**; **look**, nothing fails but you should know; **bad**, it is not as it should be; **not
    told**, not yet, or this cloud does not say. At the end stands what to do, the worst first.

    The keeper calls the webhook's real address twenty times in a row and then several times at once, until a new
    container answers, and times every answer from inside AWS; what Legrand waits for is that and its way to AWS. The
    calls are handshakes that store nothing, and nothing secret comes to this machine. Everything else is only read.

    The exit status is 0 when nothing is bad, 1 when something is, or when you lack a permission for a question, and 3
    when all that is bad waits for you: credentials, consent, the confirmation of a mail address.
    """
    status = look(this_call(context), drill=drill)
    if status is not Status.FINE:
        raise ended(status)


def look(call: Call, *, drill: bool = False) -> Status:
    """Make all checks and show their results; returns the exit status."""
    deployment = call.deployment
    _ = deployment.outputs  # a missing stack is reported at once, and not by each check
    questions = Questions(deployment, call.at)
    asked: list[Check[Any]] = list(CHECKS)
    if drill:
        place = 1 + max(number for number, check in enumerate(CHECKS) if check.group is Group.TOLD)
        asked.insert(place, Check(Group.TOLD, "drill", lambda each: ring(deployment, each), checks.drill))
    with screen.remarks().status("Asking") as spinner:
        results = list(examine(questions, asked, progress=lambda name: spinner.update(f"Asking: {name}")))
    if call.json:
        screen.show_json(_document(call, results))
    else:
        _show(call, results)
    return worst(result.finding for result in results)


def _show(call: Call, results: Sequence[Result]) -> None:
    place = call.deployment.place
    where = "the sandbox" if place.sandbox else place.region or ""
    screen.say(f"{place.stack} in {where}")
    for group in Group:
        of_group = [each for each in results if each.group is group]
        screen.say()
        screen.say(group.value, style="bold")
        for each in of_group:
            _show_line(each)
    screen.say()
    _show_what_to_do(results)
    counts = Counter(each.finding.mark for each in results)
    verdict, style = _VERDICTS[worst(each.finding for each in results)]
    screen.say(f"{verdict}: " + ", ".join(f"{counts[mark]} {mark}" for mark in Mark if counts[mark]) + ".", style=style)


def _show_line(result: Result) -> None:
    mark = result.finding.mark
    head = Text(" " * _INDENT) + Text(mark.value.ljust(_MARK), style=_STYLES[mark]) + Text(result.name.ljust(_NAME))
    _show_wrapped(head, result.finding.says)


def _show_what_to_do(results: Sequence[Result]) -> None:
    """Show the remedies, the worst first, and each only once."""
    helped = [each for mark in (Mark.BAD, Mark.LOOK, Mark.NOT_TOLD) for each in results if each.finding.mark is mark]
    names: dict[str, list[Result]] = {}
    for each in helped:
        if each.finding.do:
            names.setdefault(each.finding.do, []).append(each)
    if not names:
        return
    screen.say("What to do", style="bold")
    for do, those in names.items():
        style = _STYLES[those[0].finding.mark]
        screen.results().print(
            Text(" " * _INDENT) + Text(", ".join(each.name for each in those), style=style), soft_wrap=True
        )
        _show_wrapped(Text(" " * 2 * _INDENT), do)
    screen.say()


def _show_wrapped(head: Text, words: str) -> None:
    """Show a text after a head, broken into lines with the same indent; a command is not broken."""
    console = screen.results()
    width = max(console.width - head.cell_len, _NARROWEST)
    lines = wrap(screen.plain(screen.advice(words)), width, break_long_words=False, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        console.print((head if number == 0 else Text(" " * head.cell_len)) + Text(line), soft_wrap=True)


def _document(call: Call, results: Sequence[Result]) -> dict[str, Any]:
    return {
        "at": call.at,
        "stack": call.deployment.place.stack,
        "checks": [
            {
                "group": each.group.name.lower(),
                "check": each.name,
                "mark": each.finding.mark.value.replace(" ", "_"),
                "says": each.finding.says,
                **({"do": each.finding.do} if each.finding.do else {}),
            }
            for each in results
        ],
    }
