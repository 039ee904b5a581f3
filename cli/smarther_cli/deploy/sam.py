"""The real `sam`: builds what is deployed, and deploys it."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from samtranslator.yaml_helper import yaml_parse

from smarther_cli.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smarther_cli.place import Place

PROJECT: Final = Path(__file__).resolve().parents[3]
TEMPLATE: Final = PROJECT / "template.yaml"
BUILT: Final = PROJECT / ".aws-sam"
"""Where `sam` builds, and where the logs of its runs are."""

_BUILT_TEMPLATE: Final = BUILT / "build" / "template.yaml"
_LAST_LINES: Final = 15


def template() -> dict[str, Any]:
    """The template as written."""
    parsed: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return parsed


def build(processor: str, *, log: Path | None = None) -> None:
    """Build functions and layers for a processor, and a template that can be deployed for no other.

    `sam` prints to the log, where one is given. Raises Failure.
    """
    command = ["build", "--cached", "--parallel", "--parameter-overrides", f"Architecture={processor}"]
    run(command, {"ARCHITECTURE": processor}, log, "Nothing was deployed.")
    _BUILT_TEMPLATE.write_text(for_one_processor(_BUILT_TEMPLATE.read_text(), processor))


def for_one_processor(built: str, processor: str) -> str:
    """A built template whose parameter allows only the processor that it was built for.

    Packages for one processor and functions declared for the other would deploy without an error, and fail at import.
    """
    parsed = yaml_parse(built)
    parsed["Parameters"]["Architecture"] |= {"Default": processor, "AllowedValues": [processor]}
    written: str = yaml.safe_dump(parsed, sort_keys=False, width=120)
    return written


@dataclass(frozen=True, slots=True)
class Deploying:
    """A running `sam deploy`, and the log of its output."""

    process: subprocess.Popen[bytes]
    log: Path

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end, but not longer."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        return self.process.returncode == 0

    def error(self) -> str:
        """Its error message, on one line."""
        return error_in(self.log)


def error_in(log: Path) -> str:
    """The error message of a run of `sam`, on one line: from its last `Error:` to the end, or its last three lines."""
    lines = log.read_text(errors="replace").strip().splitlines()
    begins = max((at for at, line in enumerate(lines) if line.startswith("Error:")), default=max(0, len(lines) - 3))
    return " ".join(" ".join(lines[begins:]).removeprefix("Error:").split())


@contextmanager
def deploying(place: Place, parameters: Mapping[str, str]) -> Iterator[Deploying]:
    """Deploy what was built, with these parameters; all others keep their values, or get their defaults.

    All other options are in samconfig.toml. The `with` block runs while `sam` does, and ends after it. In a terminal
    Ctrl-C ends both.
    """
    given = BUILT / "parameters.yaml"  # on its command line `sam` reads quotes and spaces in its own way
    given.write_text(json.dumps(dict(parameters)))
    command = [
        *("deploy", "--stack-name", place.stack, "--region", str(place.region)),
        *(("--profile", place.profile) if place.profile else ()),
        *("--parameter-overrides", f"file://{given}", "--no-confirm-changeset", "--no-progressbar"),
    ]
    log = BUILT / "deploy.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own tool
            [_executable(), *command],
            cwd=PROJECT,
            env=_environment({}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        yield Deploying(process, log)


def run(command: list[str], variables: Mapping[str, str], log: Path | None, aftermath: str) -> None:
    """Run `sam`, with these variables besides the environment's. It prints to the log, where one is given.

    Raises Failure with the end of what it printed, and with the `aftermath`.
    """
    if log is None:
        ran = subprocess.run([_executable(), *command], cwd=PROJECT, env=_environment(variables), check=False)  # noqa: S603
        if ran.returncode:
            raise Failure(f"sam {command[0]} failed.", aftermath)
        return
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        ran = subprocess.run(  # noqa: S603 - our own tool
            [_executable(), *command],
            cwd=PROJECT,
            env=_environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if ran.returncode:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])
        raise Failure(f"sam {command[0]} failed:\n{last}", f"{aftermath} All of it is in {log.relative_to(PROJECT)}.")


def _executable() -> str:
    return str(PROJECT / ".venv-sam" / "bin" / "sam")


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    # The layers' makefiles call `python3.13`, and there is one beside `sam`.
    path = f"{PROJECT / '.venv-sam' / 'bin'}:{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0", **variables}
