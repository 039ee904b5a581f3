"""The metrics that graphs and alarms name: in the template, rendered, or in a deployed stack."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PLACE = re.compile(r"\$\{([^}!]+)\}")


@dataclass(frozen=True, slots=True)
class Named:
    """A metric with its dimensions; `where` says which graph or alarm names it."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    where: str = field(compare=False)

    def __str__(self) -> str:
        dimensions = ", ".join(f"{name}={value}" for name, value in sorted(self.dimensions))
        return f"{self.namespace} {self.name} {{{dimensions}}} in {self.where!r}"


def in_dashboard(body: Mapping[str, Any]) -> Iterator[Named]:
    """The metrics of a dashboard's graphs, each written out in full; what is reckoned from these is none of its own."""
    for widget in body["widgets"]:
        properties = widget["properties"]
        for row in properties.get("metrics", []):
            if "expression" in row[-1]:
                continue
            namespace, name, *dimensions = [part for part in row if not isinstance(part, dict)]
            assert not {namespace, name, *dimensions} & {".", "..."}, f"shorthand in {properties['title']!r}"
            pairs = frozenset(zip(dimensions[::2], dimensions[1::2], strict=True))
            yield Named(namespace, name, pairs, properties["title"])


def in_alarms(alarms: Iterable[Mapping[str, Any]]) -> Iterator[Named]:
    """The metric of each alarm, as CloudFormation and CloudWatch both describe it."""
    for alarm in alarms:
        pairs = frozenset((each["Name"], each["Value"]) for each in alarm.get("Dimensions", []))
        yield Named(alarm["Namespace"], alarm["MetricName"], pairs, alarm["AlarmName"])


def rendered(value: Any, conditions: Mapping[str, bool]) -> Any:
    """A part of a template with its functions carried out; a resource stands as `<LogicalId>` or `<LogicalId.Att>`.

    A condition that is not given is false.
    """
    match value:
        case {"Ref": name} | {"Fn::GetAtt": str(name)}:
            done: Any = f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            done = f"<{name}.{attribute}>"
        case {"Fn::If": [condition, then, otherwise]}:
            done = rendered(then if conditions.get(condition) else otherwise, conditions)
        case {"Fn::Sub": str(text)}:
            done = _PLACE.sub(r"<\1>", text)
        case {"Fn::Sub": [text, variables]}:
            known = rendered(variables, conditions)
            done = _PLACE.sub(lambda found: known.get(found[1], f"<{found[1]}>"), text)
        case dict():
            done = {name: rendered(part, conditions) for name, part in value.items()}
        case list():
            done = [rendered(part, conditions) for part in value]
        case _:
            done = value
    return done
