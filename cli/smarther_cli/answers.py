"""The answers file, `.smarther.toml`: the answers given to `make deploy`, for its next run and for `smarther`.

It is in the project's folder, git ignores it, and it holds nothing secret:

    stack = "smarther-recorder"
    region = "eu-west-1"
    profile = "home"            # left out: the machine's usual credentials

    [parameters]                # of template.yaml, any of them
    Timezone = "Europe/Rome"
    AlarmEmail = "you@example.org"
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from smarther_cli.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Path = Path(__file__).resolve().parents[2] / ".smarther.toml"

_HEAD: Final = """\
# What `make deploy` was answered. The next one takes it from here without asking (`make deploy ASK=1` asks again), and
# `smarther` looks for the stack here. [parameters] may hold any parameter of template.yaml.
"""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLACE: Final = ("stack", "region", "profile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Where the stack of a folder is, and the parameters that were chosen for it."""

    stack: str
    region: str
    profile: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


def read() -> Answers | None:
    """The answers of the last deploy from this folder, if there was one. Raises WrongUse for a file that is broken."""
    try:
        text = FILE.read_text()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise broken(str(error)) from None
    try:
        return parsed(text)
    except ValueError as error:
        raise broken(str(error)) from None


def write(answers: Answers) -> None:
    """Write the answers file, atomically."""
    new = FILE.with_name(FILE.name + ".new")
    new.write_text(text_of(answers))
    new.replace(FILE)


def parsed(text: str) -> Answers:
    """The answers in a file's text. Raises ValueError with what is wrong with it."""
    told = tomllib.loads(text)
    parameters = told.pop("parameters", {})
    if unknown := sorted(told.keys() - set(_PLACE)):
        raise ValueError(f"it holds {unknown[0]!r}, which means nothing here")
    for name in _PLACE:
        if name in told and not (isinstance(told[name], str) and told[name]):
            raise ValueError(f"{name} is to be a text in quotes")
    if missing := [name for name in ("stack", "region") if name not in told]:
        raise ValueError(f"it does not say the {missing[0]}")
    if not isinstance(parameters, dict):
        raise ValueError("[parameters] is to be a table of names and values")  # noqa: TRY004 - of a file's text
    return Answers(**told, parameters={name: _value(name, value) for name, value in parameters.items()})


def text_of(answers: Answers) -> str:
    """The file's text; `parsed` reads the same answers from it."""
    place = [
        f"{name} = {_quoted(value)}\n"
        for name, value in (("stack", answers.stack), ("region", answers.region), ("profile", answers.profile))
        if value is not None
    ]
    parameters = [
        f"{name if _BARE.fullmatch(name) else _quoted(name)} = {_quoted(value)}\n"
        for name, value in answers.parameters.items()
    ]
    return "".join([_HEAD, *place, "\n[parameters]\n", *parameters])


def broken(why: str) -> WrongUse:
    """The error for an answers file that cannot be used."""
    return WrongUse(
        f"{FILE} cannot be used: {why}.",
        "Correct it, or remove it: then `make deploy` asks again, and takes what it can from the stack.",
    )


def _value(name: str, value: Any) -> str:
    """A parameter's value as text, as CloudFormation takes it: `true` is `"true"`, `365` is `"365"`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise ValueError(f"{name} is to be a text in quotes, a whole number, true or false")


def _quoted(text: str) -> str:
    """A basic string of TOML: a string of JSON, except for the one character that only JSON allows unescaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
