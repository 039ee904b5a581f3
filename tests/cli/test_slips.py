"""Slips of a hand, through every command: each gets a sentence, never a traceback or a vendor's exception."""

from __future__ import annotations

import errno
import os
from copy import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from smarther.domain.readings.notification import Reject
from smarther.store.keeper_items import KeeperNotes
from smarther.store.quarantine import Quarantine
from smarther.store.readings import Readings
from smarther_cli.app import app
from tests.cli.cloud import Stack
from tests.cli.conftest import NOW, SPOKE, STACK, report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.cli.conftest import Home, Run

NOT_FOR_OWNERS: Final = ("Traceback", "Exception", "ValidationError", "Error:", "botocore", "boto3", "errno", "Errno")
"""What a sentence for an owner does not hold."""

COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "configure": ("configure", "--client-id", "0f9d8c7b-6a5e-4d3c-8b2a-1f0e9d8c7b6a"),
    "authorize": ("authorize", "--no-browser"),
    "status": ("status",),
    "report-problem": ("report-problem",),
    "doctor": ("doctor",),
    "keeper run": ("keeper", "run"),
    "rotate-webhook": ("rotate-webhook",),
    "history": ("history",),
    "export": ("export",),
    "import": ("import", "past.csv"),
    "plot": ("plot", "--module", "kitchen", "--output", "k.svg"),
    "quarantine list": ("quarantine", "list"),
    "quarantine show": ("quarantine", "show", "3f9ac21b07de"),
    "quarantine delete": ("quarantine", "delete", "3f9ac21b07de", "--yes"),
    "redrive": ("redrive",),
    "rollup": ("rollup", "--from", "2026-01-01"),
    "republish": ("republish", "--since", "3d"),
}
"""Every command, called as somebody would who means well."""

TIMES: Final = (
    "",
    " ",
    "soon",
    "-5d",
    "7",
    "7 fortnights",
    "9" * 400 + "d",
    "2026-13-01",
    "2026-02-30",
    "2026-01-31T25:00",
    "31.01.2026",
    "01/31/2026",
    "2026-1-31",
    "٣d",
    "1e3d",
    "--",
    "\x1b[31m",
    "\udcff",
)
"""What is no time."""

TIME_OPTIONS: Final = {
    "history": ("--since", "--until"),
    "export": ("--since", "--until"),
    "plot": ("--since", "--until"),
    "redrive": ("--log-since",),
    "rollup": ("--from", "--to"),
    "republish": ("--since", "--until"),
}
PERIODS: Final = {
    "history": ("--since", "--until"),
    "history of hours": ("--every=hour", "--since", "--until"),
    "history of days": ("--every=day", "--since", "--until"),
    "export": ("--since", "--until"),
    "export of one": ("--module=kitchen", "--since", "--until"),
    "plot": ("--since", "--until"),
    "rollup": ("--from", "--to"),
    "republish": ("--since", "--until"),
}
FILES: Final = {
    "a folder that is not there": "nowhere/r.{}",
    "a folder": "folder",
    "a file in a file": "file/r.{}",
    "a file that is there": "there.{}",
    "a name that is too long": "r" * 300 + ".{}",
    "no name": "",
    "an ending of nothing": "r",
    "an ending of another program": "r.xlsx",
    "an ending of JSON": "r.json",
    "an ending of something compressed": "r.csv.gz",
    "a device": "/dev/full/r.{}",
}
NAMES: Final = ("", " ", "nobody", "k*", "%", "'", "\\", "\x1b[2J", "\udcff", "x" * 5_000, "[bold]")
"""Thermostats that there are not."""


@pytest.fixture(autouse=True)
def filled(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A home in which there is something of everything, and a folder to slip in."""
    home.configured()
    KeeperNotes(home.table).keep_report(report())
    home.keeper_answers(report())
    home.cloud.functions[f"{STACK}-rollup"] = lambda _: {"hours_written": 0, "days_written": 0, "to": "x"}
    home.cloud.stacks[f"{STACK}-events"] = Stack({"PublisherFunctionName": "publisher"}, {})
    home.cloud.functions["publisher"] = lambda _: {"published": 0, "left_out": 0, "behind": None}
    home.thermostat("module-1", "Kitchen")
    home.thermostat("module-2", "Kitchenette")
    Readings(home.table).store(SPOKE, received_at=NOW, source="push")
    Readings(home.table).store(replace(SPOKE, time=NOW - timedelta(hours=2)), received_at=NOW, source="push")
    Quarantine(home.table).keep(b"odd", [Reject("body", "odd")], received_at=NOW)
    folder = tmp_path / "hand"
    (folder / "folder").mkdir(parents=True)
    for name in ("file", "there.csv", "there.svg"):
        (folder / name).write_text("mine")
    (folder / "past.csv").write_text("module_id,time\nmodule-1,2026-01-30T10:00:00Z\n")
    monkeypatch.chdir(folder)
    before = sorted(folder.rglob("*"))
    yield
    assert sorted(folder.rglob("*")) == before, "something was left behind"
    assert (folder / "there.csv").read_text() == "mine"


def slips(run: Run, *words: str, stdin: str | None = None, statuses: Sequence[int] = (2,)) -> str:
    """Run it, and see that it is told in a sentence; returns what was told."""
    result = run(*words, stdin=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), (words, repr(result.exception))
    assert result.exit_code in statuses, (words, result.output)
    told = [word for word in NOT_FOR_OWNERS if word in result.output.replace("Error ─", "")]
    assert not told, (words, result.output)
    assert result.stderr.strip(), words
    return result.stderr


def test_every_command_is_here() -> None:
    commands = [each.name or each.callback.__name__ for each in app.registered_commands if each.callback]
    of_groups = [
        f"{group.name} {each.name}"
        for group in app.registered_groups
        if group.typer_instance
        for each in group.typer_instance.registered_commands
    ]
    assert set(COMMANDS) == {*commands, *of_groups}


@pytest.mark.parametrize(
    ("command", "option"), [(command, option) for command, options in TIME_OPTIONS.items() for option in options]
)
def test_what_is_no_time_is_told_with_what_is_one(run: Run, command: str, option: str) -> None:
    words = (command,) if option == "--from" else COMMANDS[command]
    for text in TIMES:
        told = slips(run, *words, f"{option}={text}")
        assert "2026-01-31" in told, (text, told)


@pytest.mark.parametrize("command", PERIODS)
@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-01-20", "2026-01-10"),
        ("1d", "2d"),
        ("2026-12-01", "2026-11-01"),
        ("2026-12-01", None),
        ("2026-01-10T12:00", "2026-01-10T12:00"),
    ],
)
def test_a_period_that_is_none_is_told(run: Run, command: str, since: str, until: str | None) -> None:
    *more, first, last = PERIODS[command]
    words = [f"{first}={since}", *([] if until is None else [f"{last}={until}"])]
    base = ["rollup"] if command == "rollup" else COMMANDS[command.partition(" ")[0]]

    if command.startswith("export") and until is None:  # there may be readings of a clock that is ahead
        assert "no such readings" in slips(run, *base, *more, *words, statuses=(4,))
    else:
        assert "period" in slips(run, *base, *more, *words)


@pytest.mark.parametrize("slip", FILES)
@pytest.mark.parametrize("command", ["export", "plot"])
def test_a_file_that_cannot_be_made_is_told_and_nothing_is_left_behind(run: Run, command: str, slip: str) -> None:
    name = FILES[slip].format("csv" if command == "export" else "svg")
    words = ("plot", "--module", "kitchen") if command == "plot" else ("export",)

    slips(run, *words, "--output", name, statuses=(1, 2))


def test_an_unknown_thermostat_is_told(run: Run) -> None:
    more = {"history": [], "export": [], "plot": ["--output", "k.svg"], "republish": ["--since=3d"]}
    for command, needed in more.items():
        for name in NAMES:
            words = [command, *needed]
            slips(run, *words, f"--module={name}", statuses=(2, 4))


def test_two_thermostats_for_a_picture_of_one_are_told(run: Run) -> None:
    slips(run, "plot", "-m", "kitchen", "-m", "kitchenette", "-o", "k.svg")


@pytest.mark.parametrize("identifier", ["", "3f9", "xyz!", "0" * 65, "3f9ac21b07de", "\udcff", "٣٣٣٣"])
def test_an_unknown_body_is_told(run: Run, identifier: str) -> None:
    slips(run, "quarantine", "show", identifier, statuses=(2, 4))
    slips(run, "quarantine", "delete", "--yes", identifier, statuses=(2, 4))


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", str(10**12), str(10**30)])
@pytest.mark.parametrize("command", [("history",), ("history", "--every", "day"), ("quarantine", "list")])
def test_a_limit_that_is_none_is_told(run: Run, command: tuple[str, ...], limit: str) -> None:
    slips(run, *command, "--limit", limit)


@pytest.mark.parametrize(
    "stdin",
    ["", "{", "[]", "null", '{"client_id": 7}', "\x00", '{"client_secret": "a\\nb"}', '{"client_secret": "  "}'],
)
def test_credentials_that_are_none_are_told(run: Run, stdin: str) -> None:
    slips(run, "configure", "--stdin", stdin=stdin)


@pytest.mark.parametrize("command", COMMANDS)
def test_words_that_mean_nothing_are_told(run: Run, command: str) -> None:
    slips(run, *COMMANDS[command], "--no-such-option")
    if command not in {"quarantine delete", "import"}:  # which take several
        slips(run, *COMMANDS[command], "and", "another", "word")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_that_is_none_is_told_by_every_command(
    home: Home, run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    words = COMMANDS[command]
    for place, statuses in (
        (("--stack", "no such stack!"), (2,)),
        (("--stack", "1st"), (2,)),
        (("--stack", "s" * 200), (2,)),
        (("--stack", "another"), (4,)),
        (("--region", "not a region"), (2,)),
        (("--profile", "nobody"), (2,)),
        (("--sandbox",), (1,)),
        (("--sandbox", "--region", "eu-south-1"), (2,)),
    ):
        slips(run, *words, *place, statuses=statuses)
    home.cloud.fault = ("AccessDenied", "User is not authorized to perform: cloudformation:DescribeStacks on x")
    slips(run, *words, statuses=(1,))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    slips(run, *words, statuses=(1,))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    slips(run, *words, statuses=(1, 2))


@pytest.mark.parametrize("command", [("export", "--output", "r.csv"), ("export", "--output", "r.parquet")])
def test_a_full_disk_under_a_file_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setattr("smarther_cli.formats.unfinished.os.fsync", _no_space)
    assert "No space left" in slips(run, *command, statuses=(1,))
    for each in Path().glob("r.*.part"):  # to be taken up again
        each.unlink()


def test_a_full_disk_under_a_picture_leaves_the_old_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "replace", _no_space)
    words = ("plot", "--module", "kitchen", "--output", "there.svg", "--overwrite")
    assert "No space left" in slips(run, *words, statuses=(1,))
    assert Path("there.svg").read_text() == "mine"


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_is_said_of_a_slip_is_one_short_line_and_then_what_helps(run: Run) -> None:
    """Whatever was typed is quoted so that a terminal obeys none of it."""
    for words in chain(
        (("history", f"--since={text}") for text in TIMES), (("history", f"--module={name}") for name in NAMES)
    ):
        told = slips(run, *words, statuses=(0, 2, 4))
        assert "\x1b" not in told


def test_a_broken_answers_file_is_told_by_every_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".smarther.toml").write_text("stack = ")
    for words in COMMANDS.values():
        slips(run, *words)
