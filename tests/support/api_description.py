"""`docs/openapi.yaml` for tests: its operations, and whether an answer is as described."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator

from tests.support.deployed import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def description() -> dict[str, Any]:
    """The whole document."""
    document: dict[str, Any] = yaml.safe_load((PROJECT / "docs" / "openapi.yaml").read_text())
    return document


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path."""

    method: str
    path: str
    described: Mapping[str, Any]

    def is_called(self, method: str, path: str) -> bool:
        """Whether this method at this path calls it, with any parameters."""
        return method == self.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.path), path) is not None

    def parameters(self, place: str) -> dict[str, Any]:
        """The schemas of its parameters in the path or in the query, by name."""
        found = self.described.get("parameters", [])
        return {each["name"]: each["schema"] for each in found if each["in"] == place}

    def answers(self) -> dict[int, Mapping[str, Any]]:
        """Its answers by status."""
        return {int(status): _resolved(answer) for status, answer in self.described["responses"].items()}

    def complaints(self, status: int, headers: Mapping[str, str], content: Any) -> list[str]:
        """What is not as described in an answer; `content` is text or parsed JSON."""
        answer = self.answers().get(status)
        if answer is None:
            return [f"status {status}"]
        kind = headers.get("content-type", "")
        if kind not in answer["content"]:
            return [f"content of type {kind!r}"]
        wrong = _wrong("content", content, _resolved(answer["content"][kind]["schema"]))
        for name, header in answer.get("headers", {}).items():
            wrong += _wrong(name, headers.get(name), header["schema"]) if name in headers else [f"no {name}"]
        return wrong


def operations() -> dict[str, Operation]:
    """All operations, by id."""
    return {
        described["operationId"]: Operation(method.upper(), path, described)
        for path, methods in description()["paths"].items()
        for method, described in methods.items()
    }


def _wrong(what: str, value: Any, schema: Any) -> list[str]:
    return [f"{what}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)]


def _resolved(part: Any) -> Any:
    """The target of a reference; anything else unchanged."""
    if not isinstance(part, dict) or "$ref" not in part:
        return part
    found: Any = description()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found
