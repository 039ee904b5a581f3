"""The template's parameters, with checks of their values before anything is built."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smarther_cli.deploy import answer_rules
from smarther_cli.deploy.answer_rules import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BEYOND_THE_TEMPLATE: Mapping[str, Callable[[str], str]] = {
    "Timezone": answer_rules.zone,
    "AlarmEmail": answer_rules.email,
}
"""Checks of values that CloudFormation would accept although they are wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter as the template declares it; a limit that it does not have is None."""

    name: str
    default: str
    pattern: str | None = None
    allowed: tuple[str, ...] | None = None
    number: bool = False
    least: int | None = None
    most: int | None = None
    words: str = ""

    def checked(self, value: str) -> str:
        """The value, where CloudFormation will accept it. Raises Wrong."""
        if (further := _BEYOND_THE_TEMPLATE.get(self.name)) is not None:
            value = further(value)
        if self.allowed is not None and value not in self.allowed:
            raise Wrong(f"{self.name} is one of {', '.join(self.allowed)}, and not {value!r}.")
        if self.number and not self._in_range(value):
            raise Wrong(f"{self.name} is a whole number{self._range()}, such as {self.default}, and not {value!r}.")
        if self.pattern is not None and re.search(self.pattern, value) is None:
            example = f", such as {self.default}" if self.default else ""
            raise Wrong(f"{self.name} is {self.words or 'of another form'}{example}, and not {value!r}.")
        return value

    def _in_range(self, value: str) -> bool:
        if re.fullmatch(r"-?\d+", value, re.ASCII) is None:
            return False
        return (self.least is None or int(value) >= self.least) and (self.most is None or int(value) <= self.most)

    def _range(self) -> str:
        return "" if self.least is None or self.most is None else f" from {self.least} to {self.most}"


type Parameters = Mapping[str, Parameter]


def declared(template: Mapping[str, Any]) -> Parameters:
    """The parameters of a template."""
    return {name: _parameter(name, told) for name, told in template["Parameters"].items()}


def checked(values: Mapping[str, str], parameters: Parameters) -> dict[str, str]:
    """The values, where all parameters exist and accept them. Raises Wrong for the first that does not."""
    return {name: _of(name, parameters).checked(value) for name, value in values.items()}


def assigned(text: str) -> dict[str, str]:
    """Parse `NAME=value NAME=value` with the shell's quoting; `NAME=@file` is what is in the file. Raises Wrong."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = [""]
    pairs = [word.partition("=") for word in words]
    if any(not name or not equals for name, equals, _ in pairs):
        raise Wrong(f"Parameters are given as NAME=value, such as RetentionDays=365, and not {text!r}.")
    return {name: _from_file(value[1:]) if value.startswith("@") else value for name, _, value in pairs}


def _from_file(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"The value is to come from the file {path!r}, which cannot be read: {error}.") from None


def _of(name: str, parameters: Parameters) -> Parameter:
    return parameters[answer_rules.one_of(name, parameters, "parameter")]


def _parameter(name: str, told: Mapping[str, Any]) -> Parameter:
    allowed = told.get("AllowedValues")
    return Parameter(
        name=name,
        default=str(told.get("Default", "")),
        pattern=told.get("AllowedPattern"),
        allowed=None if allowed is None else tuple(map(str, allowed)),
        number=told["Type"] == "Number",
        least=_whole(told.get("MinValue")),
        most=_whole(told.get("MaxValue")),
        words=told.get("ConstraintDescription", ""),
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
